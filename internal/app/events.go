package app

import (
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/origin"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/signal"
)

// typeJSON is the content type of the values that rooms encode.
const typeJSON = "application/json"

// signalOutputs makes the records of signals. The id of a record is that of the
// signal and its revision, so a repeat is the same record.
func signalOutputs(source string, signals []signal.Signal) ([]stream.Output, error) {
	outs := make([]stream.Output, 0, len(signals))
	for _, s := range signals {
		data, err := signal.Encode(s)
		if err != nil {
			return nil, err
		}
		outs = append(outs, stream.Output{Topic: topicSignals, Event: stream.Event{
			ID: signal.ID("signal-record", s.ID, strconv.FormatUint(s.Revision, 10)), Source: source,
			Type: typeSignal, Subject: string(s.Subject), Time: s.End,
			Key: string(s.Subject), ContentType: typeJSON, Data: data,
		}})
	}
	return outs, nil
}

// originOutput makes the record by which a payment and its withdrawal meet.
func originOutput(r payments.Record, splitter *split.Splitter) (stream.Output, error) {
	e := stream.Event{Source: "vigil/payments", Type: "vigil.origin.v1", Time: r.At(), ContentType: origin.NoteType}
	if w := r.Withdrawal; w != nil {
		var everywhere bool
		e.Key, e.Data, everywhere = origin.OfWithdrawal(w)
		e.ID = signal.ID("withdrawal", string(e.Data))
		return stream.Output{Topic: topicOrigins, Event: e, Everywhere: everywhere}, nil
	}
	var err error
	e.ID = r.ID()
	e.Key, e.Data, err = origin.OfTransaction(r.Transaction, splitter.Split(r.Transaction))
	return stream.Output{Topic: topicOrigins, Event: e}, err
}

// transferOutputs makes the records of what a payment, or its withdrawal, led to.
func transferOutputs(r origin.Result) ([]stream.Output, error) {
	outs := make([]stream.Output, 0, len(r.Withdrawn)+len(r.Passed))
	out := func(id string, subject signal.Subject, at time.Time, data []byte) {
		outs = append(outs, stream.Output{Topic: topicTransfers, Event: stream.Event{
			ID: id, Source: "vigil/payments", Type: "vigil.transfer.v1", Subject: string(subject),
			Time: at, Key: string(subject), ContentType: typeJSON, Data: data,
		}})
	}
	for _, t := range r.Withdrawn {
		data, err := payments.EncodeTransfer(t)
		if err != nil {
			return nil, err
		}
		out(signal.ID("withdrawn", t.ID), t.Subject, t.At, data)
	}
	for _, p := range r.Passed {
		out(p.ID, p.Subject, p.At, p.Data)
	}
	return outs, nil
}

func caseOutputs(cases []correlate.Case) ([]stream.Output, error) {
	outs := make([]stream.Output, 0, len(cases))
	for _, c := range cases {
		data, err := correlate.Encode(c)
		if err != nil {
			return nil, err
		}
		outs = append(outs, stream.Output{Topic: topicCases, Event: stream.Event{
			ID: signal.ID("case-record", c.ID, strconv.FormatUint(c.Revision, 10)), Source: "vigil/correlate",
			Type: "vigil.case.v1", Subject: string(c.Subject), Time: c.Last,
			Key: c.ID, ContentType: typeJSON, Data: data,
		}})
	}
	return outs, nil
}

package app

import (
	"strconv"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
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

func transferOutput(t payments.Transfer) (stream.Output, error) {
	data, err := payments.EncodeTransfer(t)
	if err != nil {
		return stream.Output{}, err
	}
	return stream.Output{Topic: topicTransfers, Event: stream.Event{
		ID: t.ID, Source: "vigil/payments", Type: "vigil.transfer.v1", Subject: string(t.Subject),
		Time: t.At, Key: string(t.Subject), ContentType: typeJSON, Data: data,
	}}, nil
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

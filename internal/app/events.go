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
	for i := range signals {
		s := &signals[i]
		data, err := signal.Encode(*s)
		if err != nil {
			return nil, err
		}
		outs = append(outs, signalOutput(source, s.ID, s.Revision, s.Subject, s.End, data))
	}
	return outs, nil
}

func signalOutput(source, id string, revision uint64, subject signal.Subject, end time.Time, data []byte) stream.Output {
	return stream.Output{Topic: topicSignals, Event: stream.Event{
		ID: signal.ID("signal-record", id, strconv.FormatUint(revision, 10)), Source: source,
		Type: typeSignal, Subject: string(subject), Time: end,
		Key: string(subject), ContentType: typeJSON, Data: data,
	}}
}

// A draftWriter makes records of drafts of signals, of which there are many: their values
// lie one after the other in memory that it takes in large pieces, and the slice that it
// returns holds until its next call. It is for one goroutine.
type draftWriter struct {
	memory  []byte
	encoder signal.Encoder
	outs    []stream.Output
}

func (w *draftWriter) outputs(drafts []signal.Draft) ([]stream.Output, error) {
	const piece, most = 128 << 10, 8 << 10 // bytes, and those of most signals
	w.outs = w.outs[:0]
	for i := range drafts {
		d := &drafts[i]
		if cap(w.memory)-len(w.memory) < most {
			w.memory = make([]byte, 0, piece)
		}
		from := len(w.memory)
		all, err := w.encoder.AppendDraft(w.memory, d)
		if err != nil {
			return nil, err
		}
		w.memory = all
		w.outs = append(w.outs, signalOutput("vigil/payments", d.ID, d.Revision, d.Subject, time.Unix(d.End, 0).UTC(), all[from:len(all):len(all)]))
	}
	return w.outs, nil
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

package app

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"gocloud.dev/blob"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/origin"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// Each function below joins one room to its topics: what the record says goes
// in, what the room says goes out.

// A keeper says where the state of stateful loops is kept.
type keeper struct {
	dir         string
	checkpoints *blob.Bucket
	every       int64 // records between two checkpoints
}

func (k keeper) loop(name, topic string, handle stream.Handler) stream.Loop {
	return stream.Loop{Name: name, Topic: topic, Handle: handle, StateDir: k.dir, Checkpoints: k.checkpoints, CheckpointEvery: k.every}
}

func (k keeper) owned(name, topic string, open func(context.Context, stream.State) (stream.Owner, error)) stream.Loop {
	l := k.loop(name, topic, nil)
	l.Open = open
	return l
}

func detectLoops(k keeper, c Config, db *hashdb.DB, reg prometheus.Registerer, now func() time.Time) []stream.Loop {
	detector := detect.New(db, c.Matching.options())
	reg.MustRegister(newDetectMetrics(detector.Stats))
	return []stream.Loop{
		k.loop("detect-frames", topicFrames,
			func(ctx context.Context, m stream.Message, s stream.State) ([]stream.Output, error) {
				// The time of arrival lies in the record, and so is no clock.
				if err := notAhead(m.Time, func() time.Time { return m.Arrived }); err != nil {
					return nil, err
				}
				r, err := detector.Frame(ctx, s, detect.Frame{
					ID: m.ID, Stream: m.Ext["stream"], Platform: m.Ext["platform"], Subject: signal.Subject(m.Subject),
					At: m.Time, ContentType: m.ContentType, Data: m.Data,
				})
				if err != nil {
					return nil, err
				}
				outs, err := matchOutputs("vigil/detect", r.Signals)
				if r.Print != nil {
					outs = append(outs, printOutput(*r.Print))
				}
				return outs, err
			}),
		floodLoop(k, c),
		archiveLoop(k, c, db, reg),
		{Name: "detect-sessions", Topic: topicSessions, Handle: sessions(now)},
		{Name: "detect-flags", Topic: topicFlags, Handle: stateless("vigil/detect", detect.Flag, now)},
		{Name: "detect-scores", Topic: topicScores, Handle: stateless("vigil/detect", detect.Score, now)},
	}
}

// options are the detector's.
func (m MatchingConfig) options() detect.Options {
	o := detect.Options{SegmentGap: m.SegmentGap}
	if m.ClipShare != nil {
		o.ClipShare = *m.ClipShare
	}
	if m.ClipStreamShare != nil {
		if o.StreamShare = *m.ClipStreamShare; o.StreamShare == 0 {
			o.StreamShare = -1 // none; zero is the default
		}
	}
	return o
}

func paymentsLoops(k keeper, splitter *split.Splitter, originDays int, profiles *profileRoom, now func() time.Time) []stream.Loop {
	ledger := origin.New(originDays)
	return []stream.Loop{
		{Name: "payments-split", Topic: topicTransactions,
			Handle: func(_ context.Context, m stream.Message, _ stream.State) ([]stream.Output, error) {
				// What of a message is bad does not hold up the rest of it.
				good, bad := intake.Parse(m.ContentType, m.Data)
				var outs []stream.Output
				for _, r := range good {
					if err := notAhead(r.At(), now); err != nil {
						bad = errors.Join(bad, err)
						continue
					}
					out, err := originOutput(r, splitter)
					if err != nil {
						return nil, err
					}
					outs = append(outs, out)
				}
				return outs, bad
			}},
		k.loop("payments-origin", topicOrigins,
			func(ctx context.Context, m stream.Message, s stream.State) ([]stream.Output, error) {
				result, err := ledger.Process(ctx, s, m.Data)
				if err != nil {
					return nil, err
				}
				return transferOutputs(result)
			}),
		profiles.loop(k),
	}
}

// correlateMemory is how many signals of subjects lately seen a partition keeps decoded: some
// 100 bytes each, a payment's more.
const correlateMemory = 200_000

func correlateLoops(k keeper, weights *correlate.Weights) []stream.Loop {
	correlator := correlate.New(weights)
	return []stream.Loop{k.owned("correlate", topicSignals, func(context.Context, stream.State) (stream.Owner, error) {
		return caseOwner{correlator.Partition(correlateMemory)}, nil
	})}
}

// A caseOwner has the cases of one partition.
type caseOwner struct{ cases *correlate.Partition }

func (o caseOwner) Handle(ctx context.Context, m stream.Message, s stream.State) ([]stream.Output, error) {
	in, err := signal.Decode(m.Data)
	if err != nil {
		return nil, err
	}
	return nil, o.cases.Take(ctx, s, in, m.Data)
}

// Dropped has nothing to do: a Take that fails leaves nothing behind.
func (caseOwner) Dropped() {}

// Settle writes what was taken in.
func (o caseOwner) Settle(to stream.Writer) error { return o.cases.Settle(to) }

// Flush publishes the cases that changed, however often they did.
func (o caseOwner) Flush(ctx context.Context, s stream.State) ([]stream.Output, error) {
	cases, err := o.cases.Cases(ctx, s)
	if err != nil {
		return nil, err
	}
	return caseOutputs(cases)
}

func reviewLoops(store *review.Store, keys OutcomeKeys) []stream.Loop {
	return []stream.Loop{receiptLoop(store, keys), {Name: "review", Topic: topicCases,
		Handle: func(ctx context.Context, m stream.Message, _ stream.State) ([]stream.Output, error) {
			_, err := store.Receive(ctx, m.Data)
			return nil, err
		}}}
}

// stateless wraps a room's function from a record's value to signals.
func stateless(source string, read func([]byte) ([]signal.Signal, error), now func() time.Time) stream.Handler {
	return func(_ context.Context, m stream.Message, _ stream.State) ([]stream.Output, error) {
		signals, err := read(m.Data)
		for _, s := range signals {
			if ahead := notAhead(s.End, now); ahead != nil {
				return nil, ahead
			}
		}
		return signalsOr(err, source, signals)
	}
}

// sessions passes the end of a session on to the loop of frames too, which tells what of
// the stream matched as a whole. It comes there behind the stream's frames where these
// were acknowledged before the end was told.
func sessions(now func() time.Time) stream.Handler {
	return func(ctx context.Context, m stream.Message, st stream.State) ([]stream.Output, error) {
		signals, err := detect.Session(m.Data)
		read := func([]byte) ([]signal.Signal, error) { return signals, err }
		outs, err := stateless("vigil/detect", read, now)(ctx, m, st)
		if err != nil {
			return outs, err
		}
		for _, s := range signals {
			if s.Session.Ended {
				outs = append(outs, endOutput(s))
			}
		}
		return outs, nil
	}
}

func endOutput(s signal.Signal) stream.Output {
	return stream.Output{Topic: topicFrames, Event: stream.Event{
		ID: signal.ID("end", s.ID, s.End.Format(time.RFC3339Nano)), Source: "vigil/detect", Type: "vigil.end.v1", Subject: string(s.Subject),
		Time: s.End, Key: s.Session.Stream, ContentType: detect.EndType, Data: []byte("{}"),
		Ext: map[string]string{"stream": s.Session.Stream, "platform": s.Session.Platform},
	}}
}

// maxAhead is how far a partner's clock may run ahead of ours.
const maxAhead = 24 * time.Hour

// notAhead refuses what is dated in the future: windows end with the newest
// event, so one record of the year 2099 would push a subject's whole past out of
// them. Only loops without state may look at the clock; others go by the time at which
// the record arrived.
func notAhead(at time.Time, now func() time.Time) error {
	if at.After(now().Add(maxAhead)) {
		return signal.Reject("time-future", "is dated more than %s ahead of the time of arrival", maxAhead)
	}
	return nil
}

func signalsOr(err error, source string, signals []signal.Signal) ([]stream.Output, error) {
	outs, eerr := signalOutputs(source, signals)
	return outs, errors.Join(err, eerr)
}

package app

import (
	"bytes"
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/detect/flood"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// A floodReporter tells the operator, by log and metric, and the owners of lists, as
// feedback, of entries that are held back.
type floodReporter struct {
	conf  FloodConfig
	store exchange.Store
	db    *hashdb.DB
	open  func(source string) (exchange.Feedbacker, error) // nil, nil: the owner takes none
	log   *zap.Logger
	sent  *prometheus.CounterVec

	mu   sync.Mutex
	held map[string]bool // by the entry's key
}

func newFloodReporter(c Config, db *hashdb.DB, reg prometheus.Registerer, log *zap.Logger) *floodReporter {
	r := &floodReporter{
		conf: c.Flood, store: db, db: db, log: log, held: map[string]bool{},
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vigil_list_feedback_total", Help: "Words sent to owners of lists about entries that were held back, by result.",
		}, []string{"source", "result"}),
	}
	r.open = func(source string) (exchange.Feedbacker, error) {
		for _, conf := range c.Exchanges {
			if conf.Source == source {
				return c.opener(db).OpenFeedback(conf)
			}
		}
		return nil, nil
	}
	reg.MustRegister(r.sent, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "vigil_entries_held", Help: "List entries whose matches are held back since they match in too many streams.",
	}, func() float64 {
		r.mu.Lock()
		defer r.mu.Unlock()
		return float64(len(r.held))
	}))
	return r
}

// run follows the topic until ctx ends. What it reads again after a start it does not
// tell owners again.
func (r *floodReporter) run(ctx context.Context, client *stream.Client) error {
	return client.Follow(ctx, topicQuarantines, func(m stream.Message) error {
		q, err := flood.DecodeQuarantine(m.Data)
		if err != nil {
			r.log.Error("passed over a record of held entries", zap.Int64("offset", m.Offset), zap.Error(err))
			return nil
		}
		return r.take(ctx, q)
	})
}

// take tells of an entry whose state is another than the last that was told of.
func (r *floodReporter) take(ctx context.Context, q flood.Quarantine) error {
	r.mu.Lock()
	if q.State == flood.Quarantined {
		r.held[q.Key()] = true
	} else {
		delete(r.held, q.Key())
	}
	r.mu.Unlock()
	told := hashdb.Checkpoint{Name: "held/" + signal.ID("entry", q.List, q.Entry), Value: []byte(q.State)}
	if bytes.Equal(r.store.Checkpoint(told.Name), told.Value) {
		return nil
	}
	r.log.Warn("a list entry matches in too many streams", zap.String("state", q.State), zap.String("list", q.List), zap.String("entry", q.Entry),
		zap.Int("streams", q.Streams), zap.Int("held", q.Held), zap.Int("withdrawn", q.Withdrawn))
	r.tellOwner(ctx, q)
	_, err := r.store.Apply(ctx, hashdb.Batch{Source: q.List, Checkpoint: told})
	return err
}

// verdict is what the owner is told at a quarantine's state; empty for nothing.
func (r *floodReporter) verdict(state string) exchange.Verdict {
	switch {
	case r.conf.Feedback == "none", r.conf.Feedback == "verdict" && state == flood.Quarantined:
		return ""
	case state == flood.Released:
		return exchange.Affirmed
	}
	return exchange.Disputed
}

// tellOwner sends feedback on each of the owner's ids of the entry. A failure is told
// and not repeated: the operator can send it with `vigil hashes feedback`.
func (r *floodReporter) tellOwner(ctx context.Context, q flood.Quarantine) {
	verdict := r.verdict(q.State)
	if verdict == "" {
		return
	}
	result := "ok"
	to, err := r.open(q.List)
	switch {
	case err == nil && to == nil:
		result = "no way"
		r.log.Info("the list's owner takes no feedback: tell them by other means", zap.String("list", q.List))
	case err == nil:
		err = r.send(ctx, to, q, verdict)
	}
	if err != nil {
		result = "failed"
		r.log.Error("the list's owner was not told: send it with `vigil hashes feedback`", zap.String("list", q.List), zap.String("entry", q.Entry), zap.Error(err))
	}
	r.sent.WithLabelValues(q.List, result).Inc()
}

func (r *floodReporter) send(ctx context.Context, to exchange.Feedbacker, q flood.Quarantine, verdict exchange.Verdict) error {
	kind, err := hashdb.ParseKind(q.HashKind)
	if err != nil {
		return err
	}
	all, err := exchange.FeedbackFor(ctx, r.db, hashdb.ListID{Source: q.List, Kind: kind}, q.Entry, verdict, r.conf.Reasons[q.List])
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := to.Feedback(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

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
	conf   FloodConfig
	store  exchange.Store
	owners *listOwners
	log    *zap.Logger

	mu   sync.Mutex
	held map[string]bool // by the entry's key
}

func newFloodReporter(conf FloodConfig, store exchange.Store, owners *listOwners, reg prometheus.Registerer, log *zap.Logger) *floodReporter {
	r := &floodReporter{conf: conf, store: store, owners: owners, log: log, held: map[string]bool{}}
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
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
	if verdict := r.verdict(q.State); verdict != "" {
		r.owners.tell(word{list: q.List, hashKind: q.HashKind, entry: q.Entry, verdict: verdict, told: told})
		return nil
	}
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

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/all"
)

// opener opens the configured exchanges.
func (c *Config) opener(db *hashdb.DB) all.Opener {
	// What is received lies where the lists do, and so is as private as they are.
	return all.Opener{Lists: db, Now: time.Now, TempDir: c.syncDir()}
}

// newSyncer returns a syncer of the configured exchanges into the store.
func newSyncer(c Config, store exchange.Store, db *hashdb.DB, done func(exchange.Outcome)) (*exchange.Syncer, error) {
	open := c.opener(db)
	if err := open.Check(c.Exchanges); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.syncDir(), 0o700); err != nil {
		return nil, err
	}
	return exchange.NewSyncer(c.Exchanges, exchange.SyncerOptions{
		Store: store, Locks: c.syncDir(), Now: time.Now, Done: done, Open: open.Open,
	})
}

// SyncLists brings the named sources' lists into step with their owners now; none
// means all. One that fails does not keep the others from it.
func SyncLists(ctx context.Context, c Config, sources []string, out io.Writer) error {
	if len(c.Exchanges) == 0 {
		return errors.New("no exchanges are configured: see key exchanges in the README")
	}
	return c.changeLists(ctx, func(change listChange) error {
		syncer, err := newSyncer(c, change.store, change.db, nil)
		if err != nil {
			return err
		}
		if len(sources) == 0 {
			sources = syncer.Sources()
		}
		var failed error
		for _, source := range sources {
			outcome, err := syncer.Sync(ctx, source)
			for _, bad := range outcome.BadErrors {
				if _, err := fmt.Fprintf(out, "%s: left out: %v\n", source, bad); err != nil {
					return err
				}
			}
			if err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			if _, err := fmt.Fprintf(out, "%s: %d added, %d changed, %d known already, %d retracted, %d bad records\n", source,
				outcome.Applied.Added, outcome.Applied.Changed, outcome.Applied.Known, outcome.Applied.Retracted, outcome.Bad); err != nil {
				return err
			}
		}
		return failed
	})
}

// afterSync records and tells what a sync in the background did.
func afterSync(ctx context.Context, db *hashdb.DB, recorder *listRecorder, log *zap.Logger) func(exchange.Outcome) {
	return func(o exchange.Outcome) {
		// What it does not get into the audit log now, the next sync's call does.
		if err := recorder.record(context.WithoutCancel(ctx), db.Lists()); err != nil {
			log.Error("hash lists", zap.Error(err))
		}
		fields := []zap.Field{
			zap.String("source", o.Source), zap.Int("added", o.Applied.Added), zap.Int("changed", o.Applied.Changed),
			zap.Int("retracted", o.Applied.Retracted), zap.Int("bad", o.Bad), zap.Duration("took", o.End.Sub(o.Start)),
		}
		switch {
		case errors.Is(o.Err, context.Canceled):
		case o.Err != nil:
			log.Error("lists not in step with their owner", append(fields, zap.Error(o.Err))...)
		default:
			log.Info("lists in step with their owner", fields...)
		}
	}
}

// listMetrics tells at each scrape how lists and exchanges stand.
type listMetrics struct {
	lists  func() []hashdb.ListInfo
	syncer *exchange.Syncer // nil where no exchange runs
	now    func() time.Time

	entries, disputed, age, stale *prometheus.Desc
}

func newListMetrics(lists func() []hashdb.ListInfo, syncer *exchange.Syncer, now func() time.Time) *listMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("vigil_hash_"+name, help, labels, nil)
	}
	return &listMetrics{
		lists: lists, syncer: syncer, now: now,
		entries:  desc("list_entries", "Entries of a list, listed or disputed.", "list", "kind", "state"),
		disputed: desc("list_disputed_entries", "Disputed entries of a list.", "list", "kind", "state"),
		age:      desc("exchange_age_seconds", "Time since an exchange's lists were last in step with their owner; +Inf when never.", "source"),
		stale:    desc("exchange_stale", "1 when an exchange's lists have not been in step for longer than stale_after.", "source"),
	}
}

// Describe sends the metrics' descriptions.
func (m *listMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.entries, m.disputed, m.age, m.stale} {
		ch <- d
	}
}

// Collect sends the metrics.
func (m *listMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, l := range m.lists() {
		gauge(m.entries, float64(l.Entries), l.Source, l.Kind.String(), string(l.State))
		gauge(m.disputed, float64(l.Disputed), l.Source, l.Kind.String(), string(l.State))
	}
	if m.syncer == nil {
		return
	}
	for _, st := range m.syncer.Status() {
		age, stale := math.Inf(1), 0.0
		if !st.Success.IsZero() {
			age = m.now().Sub(st.Success).Seconds()
		}
		if st.Stale {
			stale = 1
		}
		gauge(m.age, age, st.Source)
		gauge(m.stale, stale, st.Source)
	}
}

// FeedbackOptions are a verdict on one entry of a source.
type FeedbackOptions struct {
	Source, Kind, Ref, Hash string
	Verdict                 string // affirmed or disputed
	Reason                  string // from the owner's list of reasons, where it has one
}

// SendFeedback tells the owner of a list what came of an entry.
func SendFeedback(ctx context.Context, c Config, o FeedbackOptions) error {
	kind, err := parseKind(o.Kind)
	if err != nil {
		return err
	}
	f := exchange.Feedback{Kind: kind, Ref: o.Ref, Verdict: exchange.Verdict(o.Verdict), Reason: o.Reason}
	if f.Verdict != exchange.Affirmed && f.Verdict != exchange.Disputed {
		return fmt.Errorf("%w: verdict %.20q is neither %s nor %s", ErrUsage, o.Verdict, exchange.Affirmed, exchange.Disputed)
	}
	if o.Hash != "" {
		if f.Hash, err = hashdb.ParseHash(kind, o.Hash); err != nil {
			return err
		}
	}
	for _, conf := range c.Exchanges {
		if conf.Source != o.Source {
			continue
		}
		return c.withLists(func(db *hashdb.DB) error {
			to, err := c.opener(db).OpenFeedback(conf)
			if err != nil {
				return err
			}
			return to.Feedback(ctx, f)
		})
	}
	return fmt.Errorf("no exchange is configured for source %.64q", o.Source)
}

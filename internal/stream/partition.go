package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// stopWithin bounds what a worker does after its partition is taken away.
const stopWithin = 10 * time.Second

// A worker has one partition for the time of one generation.
type worker struct {
	c         *Client
	loop      Loop
	partition int
	committed int64 // by the group before this generation; -1 for nothing
	commit    func(offset int64) error
	produce   func(ctx context.Context, outs []outgoing) error
	log       *zap.Logger
	progress  *progress
	store     *store // nil in a loop without state
	owner     Owner  // nil in a loop with a handler for all
	seconds   prometheus.Observer
	saved     int64     // offset of the last checkpoint
	notBefore time.Time // when the next one may be made

	next int64 // offset of the next record to handle

	// Effects that are not durable yet.
	outs    []outgoing
	bytes   int
	records int
	dead    map[string]int // dead letters among outs, by reason
	ready   []outgoing     // of the record at hand
	changes changes        // made by it
	since   time.Time      // when what is pending was last made durable
	handled time.Time      // when the handler last returned
	flushed int64          // offset up to which everything is durable
}

func newWorker(m *member, partition int, committed int64, commit func(int64) error) *worker {
	return &worker{
		c: m.c, loop: m.loop, partition: partition, committed: max(committed, -1), commit: commit,
		log:      m.log.With(zap.Int("partition", partition)),
		progress: &progress{loop: m.loop.Name, topic: m.loop.Topic, partition: partition, limit: m.loop.StuckAfter},
		produce:  m.c.send,
		seconds:  m.c.metrics.seconds.WithLabelValues(m.loop.Name),
		dead:     map[string]int{},
	}
}

// replays tells whether a record is handled again only for the state.
func (w *worker) replays(offset int64) bool { return w.store != nil && offset < w.committed }

// run works until ctx ends or this member has lost the partition.
func (w *worker) run(ctx context.Context) {
	w.c.track(w.progress, true)
	defer w.c.track(w.progress, false)
	defer w.c.metrics.lag.DeleteLabelValues(w.loop.Name, strconv.Itoa(w.partition))
	err := w.open(ctx)
	if err == nil {
		err = w.work(ctx)
		w.close(ctx, err)
	}
	switch {
	case errors.Is(err, errLost) || errors.Is(err, errOutOfRange):
		// To go on elsewhere would be to lose records without a word. It stays
		// with this member, who says so, until a person has looked.
		w.c.metrics.lost.WithLabelValues(w.loop.Name).Inc()
		w.log.Error("the partition has stopped", zap.Error(err))
		w.progress.lose(err)
		<-ctx.Done()
	case err != nil && ctx.Err() == nil:
		w.log.Warn("the partition is given back", zap.Error(err))
		_ = pause(ctx, firstWait) // joining again at once would spin
	}
}

// open finds where to begin, and opens the state there.
func (w *worker) open(ctx context.Context) error {
	var lost error
	err := forever(ctx, func(ctx context.Context, attempt int) error {
		w.progress.begin("the partition cannot be opened yet", w.committed)
		err := w.openOnce(ctx)
		if errors.Is(err, errLost) {
			lost = err
			return nil
		}
		if err != nil && ctx.Err() == nil {
			w.c.metrics.retries.WithLabelValues(w.loop.Name).Inc()
			w.log.Warn("the partition cannot be opened yet", zap.Int("attempt", attempt), zap.Error(err))
		}
		return err
	})
	w.progress.done()
	return errors.Join(lost, err)
}

func (w *worker) openOnce(ctx context.Context) error {
	start, end, err := w.c.bounds(ctx, w.loop.Topic, w.partition)
	if err != nil {
		return err
	}
	return w.openAt(ctx, position{start: start, end: end, committed: w.committed})
}

func (w *worker) openAt(ctx context.Context, pos position) (err error) {
	if w.loop.StateDir == "" {
		w.next, err = pos.stateless()
	} else if w.store, err = w.c.openState(ctx, w.loop, w.partition, pos); err == nil {
		w.next = w.store.next
	}
	if err != nil {
		return err
	}
	if w.loop.Open != nil {
		if w.owner, err = w.loop.Open(ctx, &changes{store: w.store}); err != nil {
			return errors.Join(fmt.Errorf("open the owner of the state: %w", err), w.store.close())
		}
		if o, settles := w.owner.(Settler); settles {
			w.store.settle = o.Settle
		}
	}
	w.saved, w.since = w.next, time.Now()
	// The first flush commits the position where the group has none, so that
	// retention cannot move an unmarked beginning, or where the store is ahead.
	w.flushed = min(w.next, w.committed)
	w.log.Info("partition opened", zap.Int64("offset", w.next), zap.Int64("committed", w.committed),
		zap.Int64("start", pos.start), zap.Int64("end", pos.end))
	return nil
}

// work handles records until ctx ends or something fails that another
// generation must mend.
func (w *worker) work(ctx context.Context) error {
	for attempt := 0; ; {
		rs, after, highWatermark, err := w.c.records(ctx, w.loop.Topic, w.partition, w.next)
		if err != nil && ctx.Err() == nil { // what came before need not wait
			if err := w.flush(ctx); err != nil {
				return err
			}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errOutOfRange):
			return err
		case err != nil:
			attempt++
			w.progress.begin("records cannot be fetched", w.next)
			w.c.metrics.retries.WithLabelValues(w.loop.Name).Inc()
			w.log.Warn("records cannot be fetched yet", zap.Int64("offset", w.next), zap.Int("attempt", attempt), zap.Error(err))
			if err := pause(ctx, waitAfter(attempt, rand.Float64())); err != nil {
				return err
			}
			continue
		}
		attempt = 0
		w.progress.done()
		for _, r := range rs {
			if err := w.one(ctx, r); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		w.next = max(w.next, after) // over control batches and compacted records
		if w.next < highWatermark && len(rs) > 0 && w.handled.Sub(w.since) < flushAfter {
			continue // more is there already: to flush costs the same for few records and for many
		}
		if err := w.flush(ctx); err != nil {
			return err
		}
		w.lag().Set(float64(max(0, highWatermark-w.next)))
		w.checkpoint(ctx, w.loop.CheckpointEvery)
	}
}

// one handles a record, and makes what is pending durable where it is time.
func (w *worker) one(ctx context.Context, r record) error {
	if err := w.process(ctx, r); err != nil {
		return err
	}
	if w.bytes >= flushBytes || w.handled.Sub(w.since) >= flushAfter {
		return w.flush(ctx)
	}
	return nil
}

// lag is the gauge of the records that this worker has not done yet.
func (w *worker) lag() prometheus.Gauge {
	return w.c.metrics.lag.WithLabelValues(w.loop.Name, strconv.Itoa(w.partition))
}

// checkpointShare is how much longer a worker does records than checkpoints, at
// least: those of a large state are made less often, and cost a longer replay.
const checkpointShare = 20

// checkpoint puts the state on the shelf when it is at least `every` records
// ahead of the last time. Its failure costs a longer replay and no record, so
// the loop goes on.
func (w *worker) checkpoint(ctx context.Context, every int64) {
	if w.loop.Checkpoints == nil || w.store == nil || w.store.next-w.saved < every {
		return
	}
	began := time.Now()
	if every > 1 && began.Before(w.notBefore) {
		return
	}
	defer func() { w.notBefore = time.Now().Add(checkpointShare * time.Since(began)) }()
	scratch := filepath.Join(w.loop.StateDir, w.loop.Name, w.loop.Topic, strconv.Itoa(w.partition)+".checkpoint")
	result := "ok"
	if err := w.loop.shelf(w.c.cfg.Prefix, w.partition).save(ctx, w.store, scratch); err != nil {
		if ctx.Err() != nil {
			return // close makes it
		}
		result = "failed"
		w.log.Error("no checkpoint was made", zap.Int64("offset", w.store.next), zap.Error(err))
	}
	w.saved = w.store.next // a failed one waits its turn like any other
	w.c.metrics.checkpoints.WithLabelValues(w.loop.Name, result).Inc()
}

// close ends a worker. One that was asked to stop commits what is done and makes
// a last checkpoint; after an error, what is pending may be half made, and is
// left for the next owner to make again.
func (w *worker) close(ctx context.Context, why error) {
	if errors.Is(why, context.Canceled) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		if err := w.flush(ctx); err != nil {
			w.log.Warn("what was done last is not committed and will be done again", zap.Error(err))
		} else {
			w.checkpoint(ctx, 1)
		}
	}
	if w.store != nil {
		if err := w.store.close(); err != nil {
			w.log.Error("the state was not closed", zap.Error(err))
		}
	}
}

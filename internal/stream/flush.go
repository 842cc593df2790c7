package stream

import (
	"context"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"
)

// When what is pending becomes durable, at the latest.
const (
	flushBytes = 4 << 20 // of outputs
	flushAfter = 250 * time.Millisecond
)

// flush makes the effects of the records before next durable, in this order:
// outputs acknowledged, then state and its offset in one batch, then the
// group's offset. A crash between two of them repeats outputs and loses nothing.
func (w *worker) flush(ctx context.Context) error {
	w.since = time.Now()
	if w.next == w.flushed {
		return nil
	}
	defer w.progress.done()
	if err := w.flushOwner(ctx); err != nil {
		return err
	}
	if err := w.sendAll(ctx); err != nil {
		return err
	}
	if err := w.loop.inject("produced"); err != nil {
		return err
	}
	if w.store != nil {
		if err := w.store.commit(w.next); err != nil {
			return err
		}
	}
	if err := w.loop.inject("stored"); err != nil {
		return err
	}
	w.flushed = w.next
	w.c.metrics.records.WithLabelValues(w.loop.Name).Add(float64(w.records))
	for reason, n := range w.dead {
		w.c.metrics.deadLetters.WithLabelValues(w.loop.Name, reason).Add(float64(n))
	}
	clear(w.outs) // what they point to may go, their places are used again
	w.outs, w.bytes, w.records = w.outs[:0], 0, 0
	clear(w.dead)
	if w.store != nil && w.next <= w.committed {
		return nil // a replay; the group is already further
	}
	return w.commit(w.next)
}

// flushOwner takes what an owner says of the records since the last flush. Of those that
// are only replayed for the state it was said before.
func (w *worker) flushOwner(ctx context.Context) error {
	f, says := w.owner.(Flusher)
	if !says {
		return nil
	}
	for attempt := 1; ; attempt++ {
		w.progress.begin("outputs cannot be made yet", w.next)
		ready, err := w.flushOnce(ctx, f)
		if err == nil {
			if w.next > w.committed {
				w.outs = append(w.outs, ready...)
			}
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.c.metrics.retries.WithLabelValues(w.loop.Name).Inc()
		w.log.Error("outputs cannot be made", zap.Int64("offset", w.next), zap.Int("attempt", attempt), zap.Error(err))
		if err := pause(ctx, waitAfter(attempt, rand.Float64())); err != nil {
			return err
		}
	}
}

func (w *worker) flushOnce(ctx context.Context, f Flusher) ([]outgoing, error) {
	outs, err := f.Flush(ctx, &changes{store: w.store})
	if err != nil {
		return nil, err
	}
	ready := make([]outgoing, 0, len(outs))
	for _, o := range outs {
		out, err := w.c.encode(o)
		if err != nil {
			return nil, err
		}
		ready = append(ready, out)
	}
	return ready, nil
}

// sendAll produces what is pending. A topic whose limit is below ours is for an
// operator to mend, and until then the partition stands still.
func (w *worker) sendAll(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		w.progress.begin("outputs cannot be produced yet", w.next)
		err := w.produce(ctx, w.outs)
		if err == nil || ctx.Err() != nil {
			return err
		}
		w.c.metrics.retries.WithLabelValues(w.loop.Name).Inc()
		w.log.Error("outputs cannot be produced", zap.Int64("offset", w.next), zap.Int("attempt", attempt), zap.Error(err))
		if err := pause(ctx, waitAfter(attempt, rand.Float64())); err != nil {
			return err
		}
	}
}

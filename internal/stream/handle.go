package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"

	"go.uber.org/zap"
)

// A Handler makes outputs of one message, and changes the state of its
// partition, which is nil in a loop without state.
//
// An error that says Permanent() true, anywhere in its chain, sends the record
// to the dead letters, with the reason that it gives as Reason(): outputs that
// come with it are produced, and changes of state are dropped. So does a panic.
// After any other error the partition stands still and the handler is called
// again with the same message until it succeeds.
//
// A handler must return soon after ctx ends. One with state must make the same
// of the same messages in the same order, without clock or chance.
type Handler func(ctx context.Context, m Message, s State) ([]Output, error)

// An Owner handles the records of one partition for as long as this process has it,
// and may keep in memory what is in the state: nobody else changes that meanwhile. It
// is called by one goroutine.
type Owner interface {
	// Handle is a Handler.
	Handle(ctx context.Context, m Message, s State) ([]Output, error)
	// Dropped says that what the last call of Handle did to the state was not kept:
	// memory must follow. It comes before the next call.
	Dropped()
}

// A Flusher is an Owner that says some things of many records at once.
type Flusher interface {
	// Flush returns outputs of what was handled since it was last called. It is called
	// before that becomes durable: after a quarter of a second, or as soon as there is
	// nothing more to fetch. It may read the state, and change nothing of it. Which records
	// fall between two calls is chance, so that the state must not depend on it. After any
	// error the partition stands still and it is called again.
	Flush(ctx context.Context, s State) ([]Output, error)
}

// A Settler is an Owner that keeps what it changes of the state in memory, and writes it
// when it becomes durable: a key that many records change is then written once. What it
// has not settled, it does not find in the state either.
type Settler interface {
	// Settle writes all that the records handled since it was last called changed, in the
	// batch that makes them durable. It comes after Flush. After an error the partition is
	// opened anew, with another Owner.
	Settle(to Writer) error
}

// A Writer changes the state.
type Writer interface {
	// Set copies key and value.
	Set(key, value []byte) error
	Delete(key []byte) error
}

// process makes one record's effects part of what the next flush makes durable.
// It returns an error only when the worker must stop.
func (w *worker) process(ctx context.Context, r record) error {
	defer w.progress.done()
	for attempt := 1; ; attempt++ {
		w.progress.begin("the record cannot be handled yet", r.offset)
		outs, made, err := w.try(ctx, r)
		reason, isPermanent := permanentReason(err)
		if err != nil && w.owner != nil {
			w.owner.Dropped()
		}
		switch {
		case err == nil:
			return w.accept(r, outs, made)
		case isPermanent:
			letter, err := w.deadLetter(r, reason, err)
			if err != nil {
				return err
			}
			if !w.replays(r.offset) {
				w.dead[reason]++
			}
			return w.accept(r, append(outs, letter), nil)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		w.c.metrics.retries.WithLabelValues(w.loop.Name).Inc()
		w.log.Warn("the partition stands still", zap.Int64("offset", r.offset), zap.Int("attempt", attempt), zap.Error(err))
		if err := w.flush(ctx); err != nil { // what came before need not wait
			return err
		}
		if err := pause(ctx, waitAfter(attempt, rand.Float64())); err != nil {
			return err
		}
	}
}

// accept adds a record's effects to what is pending.
func (w *worker) accept(r record, outs []outgoing, made *changes) error {
	if made != nil {
		if err := made.apply(); err != nil {
			return err
		}
	}
	w.next = r.offset + 1
	if w.replays(r.offset) {
		return nil
	}
	for _, o := range outs {
		w.bytes += o.size
	}
	w.outs = append(w.outs, outs...)
	w.records++
	return nil
}

// try calls the handler once and makes its outputs ready to be produced.
func (w *worker) try(ctx context.Context, r record) ([]outgoing, *changes, error) {
	m, err := w.c.message(w.loop.Topic, w.partition, r, w.loop.Borrow)
	if err != nil {
		return nil, nil, err
	}
	var made *changes
	if w.store != nil {
		made = &w.changes
		made.reset()
		made.store = w.store
	}
	start := time.Now()
	outs, err := w.call(ctx, m, made, start)
	took := time.Since(start)
	w.handled = start.Add(took)
	w.seconds.Observe(took.Seconds())
	if _, isPermanent := permanentReason(err); err != nil && !isPermanent {
		return nil, nil, err
	}
	ready := w.ready[:0]
	for _, o := range outs {
		out, encodeErr := w.c.encode(o)
		if encodeErr != nil {
			return nil, nil, errors.Join(err, encodeErr)
		}
		ready = append(ready, out)
	}
	w.ready = ready
	return ready, made, err
}

// call turns a panic into a permanent error. What was panicked with may hold
// data, so it is named only where the runtime says what went wrong.
func (w *worker) call(ctx context.Context, m Message, made *changes, now time.Time) (outs []Output, err error) {
	w.progress.call(now)
	defer w.progress.call(time.Time{})
	defer func() {
		thrown := recover()
		if thrown == nil {
			return
		}
		what := fmt.Sprintf("a %T", thrown)
		var fault runtime.Error
		if e, ok := thrown.(error); ok && errors.As(e, &fault) {
			what = fault.Error()
		}
		w.log.Error("the handler panicked", zap.Int64("offset", m.Offset), zap.String("panic", what), zap.ByteString("stack", debug.Stack()))
		outs, err = nil, reject(reasonPanic, "the handler panicked: %s", what)
	}()
	if made == nil {
		return w.loop.Handle(ctx, m, nil)
	}
	if w.owner != nil {
		return w.owner.Handle(ctx, m, made)
	}
	return w.loop.Handle(ctx, m, made)
}

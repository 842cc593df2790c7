package stream

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/zap"
)

// An Offline works through events as a worker does through a partition of a loop
// with state, with the same store, batches, offsets and checkpoints, and without a
// broker: the events are given to it, and what they make is counted and thrown away.
// It is for measuring. It is for one goroutine.
type Offline struct {
	w *worker
	// Outputs and Bytes count what the events made, and DeadLetters how many of them
	// were refused.
	Outputs, Bytes, DeadLetters int64
}

// OpenOffline opens a partition of a loop of which done records are done, from its
// local state or from a checkpoint, as an owner of the partition would.
func OpenOffline(ctx context.Context, l Loop, partition int, done int64, log *zap.Logger) (*Offline, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if l.StateDir == "" {
		return nil, errors.New("stream: offline: a loop with state is needed")
	}
	m, err := newMetrics(nil)
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: Config{MaxMessage: DefaultMaxMessage}, log: log, metrics: m, running: map[*progress]struct{}{}}
	w := newWorker(&member{c: c, loop: l, log: log}, partition, done, func(int64) error { return nil })
	o := &Offline{w: w}
	w.produce = func(_ context.Context, outs []outgoing) error {
		for _, out := range outs {
			o.Outputs++
			o.Bytes += int64(out.size)
			if out.topic == DeadLetters {
				o.DeadLetters++
			}
		}
		return nil
	}
	if err := w.openAt(ctx, position{end: done, committed: done}); err != nil {
		return nil, err
	}
	if w.next != done {
		return nil, errors.Join(fmt.Errorf("stream: offline: the state stands for offset %d, and %d is wanted", w.next, done), w.store.close())
	}
	return o, nil
}

// A Ready is an event as a fetch brings it.
type Ready struct{ r record }

// Prepare makes a record of an event, as a producer does.
func Prepare(e Event) (Ready, error) {
	headers, key, err := e.headers()
	return Ready{record{key: key, value: e.Data, headers: headers}}, err
}

// Do handles records as a worker does those of one fetch.
func (o *Offline) Do(ctx context.Context, records []Ready) error {
	for i := range records {
		r := records[i].r
		r.offset = o.w.next
		if err := o.w.one(ctx, r); err != nil {
			return err
		}
	}
	return o.w.flush(ctx)
}

// Close makes a checkpoint, if the loop has a place for them, and closes the state.
func (o *Offline) Close(ctx context.Context) error {
	o.w.checkpoint(ctx, 1)
	return o.w.store.close()
}

// Leave closes the state without a checkpoint.
func (o *Offline) Leave() error { return o.w.store.close() }

package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/internal/stream"
)

const (
	// followBatch and followWait bound what is gathered before it is applied: large
	// enough for a long list to go fast, and soon enough for one retraction.
	followBatch = 20_000
	followWait  = 200 * time.Millisecond
	followRetry = 5 * time.Second
)

// followLists takes up what other processes put on the topic, until ctx ends.
func followLists(ctx context.Context, client *stream.Client, store exchange.Store, log *zap.Logger) error {
	for {
		f := &listFollower{store: store, log: log}
		if err := f.run(ctx, client); ctx.Err() == nil {
			// What could not be stored is read again; the lists stay as they are meanwhile.
			log.Error("hash lists do not follow the topic", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followRetry):
		}
	}
}

// A listFollower gathers the records of one source and applies them together.
type listFollower struct {
	store exchange.Store
	log   *zap.Logger

	mu    sync.Mutex
	batch hashdb.Batch
	next  hashdb.Checkpoint // after the last record seen
	moved bool              // since the checkpoint was stored
}

func checkpointName(partition int) string { return "topic/hashes/" + strconv.Itoa(partition) }

func (f *listFollower) run(ctx context.Context, client *stream.Client) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var ticking sync.WaitGroup
	ticking.Go(func() {
		tick := time.NewTicker(followWait)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				f.mu.Lock()
				err := f.flush(ctx)
				f.mu.Unlock()
				if err != nil {
					stop(err)
				}
			}
		}
	})
	err := client.FollowFrom(ctx, topicHashes, func(partition int) int64 {
		offset, err := strconv.ParseInt(string(f.store.Checkpoint(checkpointName(partition))), 10, 64)
		if err != nil {
			return 0
		}
		return offset
	}, func(m stream.Message) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.take(ctx, m)
	})
	stop(nil)
	ticking.Wait()
	return errors.Join(err, context.Cause(ctx))
}

// take adds a record to what is gathered. One that is bad is named and passed over:
// it would be bad for ever, and those behind it may retract.
func (f *listFollower) take(ctx context.Context, m stream.Message) error {
	if err := f.gather(ctx, m); err != nil {
		var bad badListRecord
		if !errors.As(err, &bad) {
			return err
		}
		f.log.Error("passed over a record of hash lists", zap.Int64("offset", m.Offset), zap.Int("partition", m.Partition), zap.Error(err))
	}
	f.next = hashdb.Checkpoint{Name: checkpointName(m.Partition), Value: strconv.AppendInt(nil, m.Offset+1, 10)}
	f.moved = true
	return nil
}

// A badListRecord is a record that cannot be read.
type badListRecord struct{ error }

func (f *listFollower) gather(ctx context.Context, m stream.Message) error {
	switch {
	case m.Data == nil: // a tombstone: only the broker's business
		return nil
	case m.Type == typeListEntry:
		source, e, err := decodeEntry(m.Data)
		if err != nil {
			return badListRecord{err}
		}
		if err := f.turnTo(ctx, source, len(f.batch.RetractRefs) > 0); err != nil {
			return err
		}
		f.batch.Entries = append(f.batch.Entries, e)
	case m.Type == typeListRef:
		var r refRecord
		if err := errors.Join(strictJSON(m.Data, &r), hashdb.CheckSource(r.Source), checkRef(r.Ref)); err != nil {
			return badListRecord{err}
		}
		if err := f.turnTo(ctx, r.Source, len(f.batch.Entries) > 0); err != nil {
			return err
		}
		f.batch.RetractRefs = append(f.batch.RetractRefs, r.Ref)
	case m.Type == typeList:
		var l hashdb.List
		if err := strictJSON(m.Data, &l); err != nil {
			return badListRecord{err}
		}
		if err := l.Check(); err != nil {
			return badListRecord{err}
		}
		if err := f.flush(ctx); err != nil {
			return err
		}
		return f.store.SetList(ctx, l)
	default:
		return badListRecord{fmt.Errorf("type %.60q is none of %s, %s, %s", m.Type, typeListEntry, typeListRef, typeList)}
	}
	return nil
}

// turnTo applies what is gathered if it is of another source, of the other sort, or
// enough.
func (f *listFollower) turnTo(ctx context.Context, source string, otherSort bool) error {
	if source != f.batch.Source || otherSort || len(f.batch.Entries)+len(f.batch.RetractRefs) >= followBatch {
		if err := f.flush(ctx); err != nil {
			return err
		}
	}
	f.batch.Source = source
	return nil
}

// flush applies what is gathered and moves the checkpoint with it.
func (f *listFollower) flush(ctx context.Context) error {
	if !f.moved {
		return nil
	}
	if len(f.batch.Entries)+len(f.batch.RetractRefs) == 0 {
		// Nothing to apply, as behind a list's definition: the next batch takes it along.
		return nil
	}
	f.batch.Checkpoint = f.next
	if _, err := f.store.Apply(ctx, f.batch); err != nil {
		return fmt.Errorf("apply %d changes of list %s: %w", len(f.batch.Entries)+len(f.batch.RetractRefs), f.batch.Source, err)
	}
	f.batch, f.moved = hashdb.Batch{}, false
	return nil
}

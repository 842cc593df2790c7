package stream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// ReadAll calls fn with every event of a topic, from the oldest kept to the
// newest as of the call, one partition after the other. It belongs to no group
// and commits nothing. A topic that does not exist is waited for. Passing errors are retried until ctx ends; an error of
// fn ends it and is returned. A record that is no event is logged, counted and
// passed over.
func (c *Client) ReadAll(ctx context.Context, topic string, fn func(Message) error) error {
	n, err := c.awaitPartitions(ctx, topic)
	if err != nil {
		return err
	}
	for partition := range n {
		if err := c.readFrom(ctx, topic, partition, 0, false, fn); err != nil {
			return err
		}
	}
	return nil
}

// Follow is ReadAll that goes on with what is new until ctx ends, and then
// returns nil. Partitions are read at the same time and fn is called by one at
// a time. Partitions that are added later are not seen.
func (c *Client) Follow(ctx context.Context, topic string, fn func(Message) error) error {
	return c.FollowFrom(ctx, topic, func(int) int64 { return 0 }, fn)
}

// FollowFrom is Follow that begins in each partition at the offset that from
// gives, or at the oldest record kept where that is gone, as in a compacted topic.
func (c *Client) FollowFrom(ctx context.Context, topic string, from func(partition int) int64, fn func(Message) error) error {
	n, err := c.awaitPartitions(ctx, topic)
	if err != nil {
		return endsWith(ctx, err)
	}
	var mu sync.Mutex
	group, inner := errgroup.WithContext(ctx)
	for partition := range n {
		group.Go(func() error {
			return c.readFrom(inner, topic, partition, from(partition), true, func(m Message) error {
				mu.Lock()
				defer mu.Unlock()
				if inner.Err() != nil {
					return inner.Err()
				}
				return fn(m)
			})
		})
	}
	return endsWith(ctx, group.Wait())
}

// FollowNew is Follow that begins with what comes after the call; began is called when
// it is settled what that is.
func (c *Client) FollowNew(ctx context.Context, topic string, began func(), fn func(Message) error) error {
	return c.FollowRecent(ctx, topic, 0, began, fn)
}

// FollowRecent is FollowNew that begins with up to so many records of before the call, in
// each partition.
func (c *Client) FollowRecent(ctx context.Context, topic string, records int64, began func(), fn func(Message) error) error {
	n, err := c.awaitPartitions(ctx, topic)
	if err != nil {
		return endsWith(ctx, err)
	}
	ends := make([]int64, n)
	for partition := range ends {
		if err := c.patiently(ctx, topic, partition, func(ctx context.Context) (err error) {
			_, ends[partition], err = c.bounds(ctx, topic, partition)
			return err
		}); err != nil {
			return endsWith(ctx, err)
		}
	}
	began()
	return c.FollowFrom(ctx, topic, func(partition int) int64 { return max(0, ends[partition]-records) }, fn)
}

// endsWith drops the error that only says that ctx has ended.
func endsWith(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

func (c *Client) awaitPartitions(ctx context.Context, topic string) (n int, err error) {
	err = forever(ctx, func(ctx context.Context, attempt int) error {
		n, err = c.partitions(ctx, topic)
		if err != nil {
			c.log.Warn("cannot read yet", zap.String("topic", topic), zap.Int("attempt", attempt), zap.Error(err))
		}
		return err
	})
	return n, err
}

// readFrom reads one partition from an offset, or its oldest record if that is
// later, to its end or, live, on. An offset beyond the end is that of a log that
// was lost and begun anew, and reading begins anew too.
func (c *Client) readFrom(ctx context.Context, topic string, partition int, from int64, live bool, fn func(Message) error) error {
	var next, end int64 // the oldest record's offset at first
	err := c.patiently(ctx, topic, partition, func(ctx context.Context) (err error) {
		next, end, err = c.bounds(ctx, topic, partition)
		return err
	})
	if err != nil {
		return err
	}
	if from <= end {
		next = max(next, from)
	}
	if live {
		end = math.MaxInt64
	}
	for next < end {
		var rs []record
		err := c.patiently(ctx, topic, partition, func(ctx context.Context) (err error) {
			rs, next, _, err = c.records(ctx, topic, partition, next)
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range rs {
			if r.offset >= end {
				return nil
			}
			m, err := c.message(topic, partition, r, false)
			if err != nil {
				c.metrics.skipped.WithLabelValues(topic).Inc()
				c.log.Error("passed over a record that is no event", zap.String("topic", topic),
					zap.Int("partition", partition), zap.Int64("offset", r.offset), zap.Error(err))
				continue
			}
			if err := fn(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// patiently repeats a request until it succeeds; an offset that the log does
// not hold is the one thing that waiting cannot mend.
func (c *Client) patiently(ctx context.Context, topic string, partition int, request func(context.Context) error) error {
	var lost error
	err := forever(ctx, func(ctx context.Context, attempt int) error {
		err := request(ctx)
		if errors.Is(err, errOutOfRange) {
			lost = err
			return nil
		}
		if err != nil && ctx.Err() == nil {
			c.log.Warn("cannot read yet", zap.String("topic", topic), zap.Int("partition", partition), zap.Int("attempt", attempt), zap.Error(err))
		}
		return err
	})
	if lost != nil {
		return fmt.Errorf("%s/%d: %w", topic, partition, lost)
	}
	return err
}

// records fetches what comes from offset next on and returns it with the next
// offset to ask for and the partition's high watermark. It waits up to maxWait
// and may return nothing.
func (c *Client) records(ctx context.Context, topic string, partition int, next int64) ([]record, int64, int64, error) {
	f, err := c.fetch(ctx, topic, partition, next)
	if err != nil {
		return nil, next, 0, err
	}
	rs, after, err := batches(f.batches, next, c.maxBatch())
	if err != nil && len(rs) == 0 {
		return nil, next, 0, fmt.Errorf("%s/%d: %w", topic, partition, err)
	}
	return rs, after, f.highWatermark, nil
}

// maxBatch bounds a decompressed batch, in bytes.
func (c *Client) maxBatch() int { return 4 * c.cfg.MaxMessage }

// message makes a record into a message, with an error where it is no event.
func (c *Client) message(topic string, partition int, r record, borrow bool) (Message, error) {
	m := Message{Topic: topic, Partition: partition, Offset: r.offset, Arrived: time.UnixMilli(r.arrived).UTC()}
	if r.fault != nil {
		return m, r.fault
	}
	e, others, err := parseEvent(r, borrow)
	m.Event, m.Headers = e, others
	return m, err
}

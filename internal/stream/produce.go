package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// kafka-go's Writer is not used: after it gives up on one batch it goes on with
// the next, so that a caller who then repeats puts records of one key out of
// order. Here the records of a call go to each partition one request after the
// other, and none is sent before the one ahead of it is acknowledged.

// outgoing is a record ready to be produced.
type outgoing struct {
	topic string // without the prefix
	id    string
	msg   kafka.Message
	size  int
	// everywhere: to every partition, not only to the key's.
	everywhere bool
}

// Produce returns once every in-sync replica has every output. Passing errors
// are retried until ctx ends. Outputs of one call with one key keep their order;
// those of concurrent calls have none.
//
// An output that is no valid event, or is larger than the limit, fails the call
// with a permanent error that names topic, id, size and limit. Found here, it
// fails before anything is produced; found by a broker whose topic has a lower
// limit, others may have been produced.
func (c *Client) Produce(ctx context.Context, outs ...Output) error {
	records := make([]outgoing, 0, len(outs))
	for _, o := range outs {
		r, err := c.encode(o)
		if err != nil {
			return err
		}
		records = append(records, r)
	}
	return c.send(ctx, records)
}

// encode makes an output into a record and checks its size.
func (c *Client) encode(o Output) (outgoing, error) {
	headers, key, err := o.Event.headers()
	if err != nil {
		return outgoing{}, fmt.Errorf("event %.80q for %s: %w", o.Event.ID, o.Topic, err)
	}
	r := outgoing{topic: o.Topic, id: o.Event.ID, msg: kafka.Message{
		Topic: c.cfg.Prefix + o.Topic, Key: key, Value: o.Event.Data, Headers: headers,
	}, everywhere: o.Everywhere}
	return r, c.measure(&r)
}

// measure sets the size of a record as a batch of its own, rounded up, since
// brokers compare batches with their limit.
func (c *Client) measure(r *outgoing) error {
	const varints = 5 * 10 // length, times, offsets and lengths of one record
	r.size = batchHeader + varints + len(r.msg.Key) + len(r.msg.Value)
	for _, h := range r.msg.Headers {
		r.size += 10 + len(h.Key) + len(h.Value)
	}
	if r.size > c.cfg.MaxMessage {
		return reject(reasonOversize, "event %.80q for %s: %d bytes, and the limit is %d", r.id, r.topic, r.size, c.cfg.MaxMessage)
	}
	return nil
}

type place struct {
	topic     string // without the prefix
	partition int
}

// send produces to all partitions at the same time.
func (c *Client) send(ctx context.Context, records []outgoing) error {
	byPlace := map[place][]outgoing{}
	partitions := map[string][]int{}
	for _, r := range records {
		all, known := partitions[r.topic]
		if !known {
			var err error
			if all, err = c.numbers(ctx, r.topic); err != nil {
				return err
			}
			partitions[r.topic] = all
		}
		to := all
		if !r.everywhere {
			to = []int{choose(r, all)}
		}
		for _, n := range to {
			p := place{r.topic, n}
			byPlace[p] = append(byPlace[p], r)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for p, records := range byPlace {
		group.Go(func() error { return c.sendInOrder(ctx, p, records) })
	}
	return group.Wait()
}

// numbers returns the numbers of a topic's partitions, once they are known.
func (c *Client) numbers(ctx context.Context, topic string) (all []int, err error) {
	err = forever(ctx, func(ctx context.Context, attempt int) error {
		n, err := c.partitions(ctx, topic)
		if err != nil {
			c.log.Warn("cannot produce yet", zap.String("topic", topic), zap.Int("attempt", attempt), zap.Error(err))
			return err
		}
		for i := range n {
			all = append(all, i)
		}
		return nil
	})
	return all, err
}

// choose takes a partition as Java's producer does, by murmur2 of the key.
func choose(r outgoing, partitions []int) int {
	key := r.msg.Key
	if key == nil {
		key = []byte(r.id)
	}
	return kafka.Murmur2Balancer{}.Balance(kafka.Message{Key: key}, partitions...)
}

// sendInOrder produces to one partition, in requests that fit the limit.
func (c *Client) sendInOrder(ctx context.Context, p place, records []outgoing) error {
	for len(records) > 0 {
		n, size := 0, 0
		for n < len(records) && (n == 0 || size+records[n].size <= c.cfg.MaxMessage) {
			size += records[n].size
			n++
		}
		if err := c.sendBatch(ctx, p, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// sendBatch produces one batch, and halves it where the topic's limit is lower
// than ours.
func (c *Client) sendBatch(ctx context.Context, p place, batch []outgoing) error {
	err := forever(ctx, func(ctx context.Context, attempt int) error {
		err := c.request(ctx, p, batch)
		if errors.Is(err, kafka.MessageSizeTooLarge) {
			return reject(reasonOversize, "event %.80q for %s: %d bytes, which is beyond the limit of the topic: %w", batch[0].id, p.topic, batch[0].size, err)
		}
		if err != nil {
			c.log.Warn("cannot produce yet", zap.String("topic", p.topic), zap.Int("partition", p.partition),
				zap.Int("records", len(batch)), zap.Int("attempt", attempt), zap.Error(err))
		}
		return err
	})
	if errors.Is(err, kafka.MessageSizeTooLarge) && len(batch) > 1 {
		half := len(batch) / 2
		if err := c.sendBatch(ctx, p, batch[:half]); err != nil {
			return err
		}
		return c.sendBatch(ctx, p, batch[half:])
	}
	return err
}

func (c *Client) request(ctx context.Context, p place, batch []outgoing) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	records := make([]kafka.Record, 0, len(batch))
	now := time.Now()
	for _, r := range batch {
		records = append(records, kafka.Record{Time: now, Key: kafka.NewBytes(r.msg.Key), Value: kafka.NewBytes(r.msg.Value), Headers: r.msg.Headers})
	}
	answer, err := c.admin.Produce(ctx, &kafka.ProduceRequest{
		Topic:        c.cfg.Prefix + p.topic,
		Partition:    p.partition,
		RequiredAcks: kafka.RequireAll,
		Records:      kafka.NewRecordReader(records...),
	})
	if err != nil {
		return fmt.Errorf("produce to %s/%d: %w", p.topic, p.partition, err)
	}
	if answer.Error != nil {
		return fmt.Errorf("produce to %s/%d: %w", p.topic, p.partition, answer.Error)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/vigil-stream/vigil/internal/app"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

const (
	framesTopic  = "frames"
	ourSignals   = "signals"
	peerSignals  = "peer-signals"
	ourGroup     = "detect-frames"
	peerGroup    = "peer"
	produceBytes = 4 << 20 // of one call
)

// A river is one set of topics under a prefix of its own: one for each measurement, so
// that none finds what another has left in a topic, a group or a room's state.
type river struct {
	*stream.Client
	prefix string
	admin  *kafka.Client
}

// newRiver makes the topics of a deployment, and the peer's.
func newRiver(ctx context.Context, broker, prefix string) (*river, error) {
	c := app.DefaultConfig("")
	c.Brokers, c.Prefix, c.Partitions = []string{broker}, prefix, partitions
	if err := app.CreateTopics(ctx, c, io.Discard); err != nil {
		return nil, err
	}
	client, err := stream.Connect(ctx, stream.Config{Brokers: c.Brokers, Prefix: prefix, ClientID: "bench"})
	if err != nil {
		return nil, err
	}
	if _, err := client.CreateTopics(ctx, []stream.TopicSpec{{Name: peerSignals, Partitions: partitions}}); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &river{client, prefix, &kafka.Client{Addr: kafka.TCP(broker), Timeout: 10 * time.Second}}, nil
}

// fill produces frames in their order.
func (r *river) fill(ctx context.Context, frames []frame) error {
	var outs []stream.Output
	size := 0
	for i, f := range frames {
		outs = append(outs, stream.Output{Topic: framesTopic, Event: f.event})
		if size += len(f.event.Data) + 500; size >= produceBytes || i == len(frames)-1 {
			if err := r.Produce(ctx, outs...); err != nil {
				return err
			}
			outs, size = outs[:0], 0
		}
	}
	return nil
}

// drop ends the river and gives back the room that its frames took.
func (r *river) drop(ctx context.Context) error {
	topic := r.prefix + framesTopic
	answer, err := r.admin.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	if err == nil {
		err = answer.Errors[topic]
	}
	return errors.Join(err, r.Close())
}

// patiently repeats what a broker refuses while a group's coordinator gets ready.
func patiently(ctx context.Context, try func() error) error {
	for until := time.Now().Add(startsIn); ; {
		err := try()
		var code kafka.Error
		if !errors.As(err, &code) || time.Now().After(until) {
			return err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// committed returns how many frames of each partition a group has done.
func (r *river) committed(ctx context.Context, group string) (done [partitions]int64, err error) {
	topic := r.prefix + framesTopic
	var all []int
	for i := range partitions {
		all = append(all, i)
	}
	err = patiently(ctx, func() error {
		answer, err := r.admin.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: r.prefix + group, Topics: map[string][]int{topic: all}})
		if err != nil {
			return err
		}
		for _, p := range answer.Topics[topic] {
			if p.Error != nil {
				return p.Error
			}
			done[p.Partition] = max(0, p.CommittedOffset)
		}
		return answer.Error
	})
	return done, err
}

// An ear hears signals from the moment that it was made.
type ear struct {
	mu    sync.Mutex
	at    map[hit]time.Time // of the first
	count map[hit]uint64    // the most frames matched
	wrong error
	stop  func() error
}

// hear listens to a topic of signals; id makes a number of an entry's id.
func (r *river) hear(ctx context.Context, topic string, id func(string) (int, bool)) (*ear, error) {
	ctx, cancel := context.WithCancel(ctx)
	e := &ear{at: map[hit]time.Time{}, count: map[hit]uint64{}}
	began, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- r.FollowNew(ctx, topic, func() { close(began) }, func(m stream.Message) error {
			now := time.Now()
			s, err := signal.Decode(m.Data)
			e.mu.Lock()
			defer e.mu.Unlock()
			if err != nil || s.Match == nil {
				e.wrong = errors.Join(fmt.Errorf("a record of %s is no match signal", topic), err)
				return e.wrong
			}
			entry, ok := id(s.Match.Entry)
			if !ok {
				e.wrong = fmt.Errorf("a signal of %s names an entry that is not on the list", topic)
				return e.wrong
			}
			h := hit{s.Match.Stream, entry}
			if _, known := e.at[h]; !known {
				e.at[h] = now
			}
			e.count[h] = max(e.count[h], s.Match.FramesMatched)
			return nil
		})
	}()
	e.stop = func() error {
		cancel()
		return errors.Join(<-ended, e.wrong)
	}
	select {
	case <-began:
		return e, nil
	case err := <-ended:
		cancel()
		return nil, err
	}
}

// heard returns when the first signal of each hit arrived, and what it counts by now.
func (e *ear) heard() (map[hit]time.Time, map[hit]uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.at), maps.Clone(e.count)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

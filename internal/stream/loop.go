package stream

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"
	"gocloud.dev/blob"
)

// A Loop calls a handler with every record of a topic, partition by partition
// and in order. Members of one loop, in any number of processes, share the
// partitions.
type Loop struct {
	Name   string // the consumer group is the prefix and this
	Topic  string // without the prefix
	Handle Handler
	// Open, in place of Handle, makes an owner for each partition that is taken on.
	Open func(ctx context.Context, s State) (Owner, error)
	// Borrow is for a handler that keeps no string of an event: they are then parts of
	// what was fetched, all of which would stay in memory with one of them.
	Borrow bool

	// StateDir is this process's own folder for the state of the partitions
	// that it has; empty for a loop without state.
	StateDir string
	// Checkpoints is where state is kept for other owners; without it a new
	// owner replays a partition from its beginning.
	Checkpoints *blob.Bucket
	// CheckpointEvery is how many records lie between checkpoints at least;
	// 10,000 when 0. A partition that is given up is checkpointed as well.
	CheckpointEvery int64

	// StuckAfter is how long a partition may stand still until Ready says so;
	// 1 min when 0.
	StuckAfter time.Duration
	// GiveUpAfter is how long a handler may take until Run leaves the group and
	// returns an error; 10 min when 0. The handler cannot be stopped, so the
	// process should then end.
	GiveUpAfter time.Duration

	// inject lets tests stop a worker dead between two steps.
	inject func(step string) error
}

func (l *Loop) check() error {
	var errs []error
	if l.Name == "" || strings.ContainsAny(l.Name, "/\\") || l.Name == ".." {
		errs = append(errs, errors.New("name: one word is needed"))
	}
	if l.Topic == "" {
		errs = append(errs, errors.New("topic: a name is needed"))
	}
	if (l.Handle == nil) == (l.Open == nil) {
		errs = append(errs, errors.New("handle, open: one of them is needed"))
	}
	if l.Open != nil && l.StateDir == "" {
		errs = append(errs, errors.New("state dir: open needs one"))
	}
	if l.StateDir == "" && l.Checkpoints != nil {
		errs = append(errs, errors.New("state dir: checkpoints need one"))
	}
	if l.CheckpointEvery < 0 || l.StuckAfter < 0 || l.GiveUpAfter < 0 {
		errs = append(errs, errors.New("checkpoint every, stuck after, give up after: none may be negative"))
	}
	if l.CheckpointEvery == 0 {
		l.CheckpointEvery = 10_000
	}
	if l.StuckAfter == 0 {
		l.StuckAfter = time.Minute
	}
	if l.GiveUpAfter == 0 {
		l.GiveUpAfter = 10 * time.Minute
	}
	if l.inject == nil {
		l.inject = func(string) error { return nil }
	}
	if len(errs) > 0 {
		return fmt.Errorf("stream: loop %q: %w", l.Name, errors.Join(errs...))
	}
	return nil
}

func (l Loop) shelf(prefix string, partition int) shelf {
	return shelf{bucket: l.Checkpoints, prefix: path.Join(prefix, l.Name, l.Topic, fmt.Sprint(partition)) + "/"}
}

// Run works as a member of the loop's group until ctx ends, and then returns
// nil once what is done is committed. It outlasts brokers that are away,
// rebalances, and a topic that does not exist yet. It returns an error when the
// loop is wrongly described, or when a handler hangs beyond GiveUpAfter.
func (c *Client) Run(ctx context.Context, l Loop) error {
	if err := l.check(); err != nil {
		return err
	}
	log := c.log.With(zap.String("loop", l.Name))
	whole := &progress{loop: l.Name, topic: l.Topic, partition: -1, limit: l.StuckAfter}
	c.track(whole, true)
	defer c.track(whole, false)
	// Not left to the group: it would join again and again in no time.
	whole.begin("the topic is not there yet", 0)
	if _, err := c.awaitPartitions(ctx, l.Topic); err != nil {
		return endsWith(ctx, err)
	}
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                    c.cfg.Prefix + l.Name,
		Brokers:               c.cfg.Brokers,
		Topics:                []string{c.cfg.Prefix + l.Topic},
		Dialer:                &kafka.Dialer{ClientID: c.cfg.ClientID, Timeout: requestTimeout},
		HeartbeatInterval:     min(3*time.Second, c.cfg.SessionTimeout/10),
		SessionTimeout:        c.cfg.SessionTimeout,
		RebalanceTimeout:      30 * time.Second,
		JoinGroupBackoff:      time.Second,
		WatchPartitionChanges: true,
		StartOffset:           kafka.FirstOffset,
		ErrorLogger:           kafka.LoggerFunc(func(format string, args ...any) { log.Warn("group", zap.String("error", fmt.Sprintf(format, args...))) }),
	})
	if err != nil {
		return fmt.Errorf("stream: loop %q: %w", l.Name, err)
	}
	whole.begin("the group cannot be joined yet", 0)
	m := &member{c: c, loop: l, log: log, progress: whole, hung: make(chan struct{})}
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() { defer close(watched); m.watch(ctx, ended) }()
	m.generations(ctx, group)
	close(ended)
	<-watched
	// It leaves the group, so that others need not wait for the session to end.
	return errors.Join(m.why, group.Close())
}

// A member is one process's part in a loop.
type member struct {
	c        *Client
	loop     Loop
	log      *zap.Logger
	progress *progress     // of joining, not of any partition
	hung     chan struct{} // closed when a handler is given up
	why      error         // set before hung is closed
}

// generations works through one assignment of partitions after the other.
func (m *member) generations(ctx context.Context, group *kafka.ConsumerGroup) {
	for {
		gen, err := group.Next(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			m.progress.begin("the group cannot be joined yet", 0)
			continue // the group has logged it, and waits before it joins again
		}
		m.progress.done()
		all := m.start(ctx, gen)
		select {
		case <-all:
		case <-m.hung:
			return
		}
	}
}

// start runs a worker for every partition of a generation and closes the
// channel when the last has ended. A generation that has closed meanwhile does
// not wait for its workers, and the next must not begin before they have closed
// their stores; hence this count beside kafka-go's own.
func (m *member) start(ctx context.Context, gen *kafka.Generation) <-chan struct{} {
	topic := m.c.cfg.Prefix + m.loop.Topic
	var workers sync.WaitGroup
	for _, a := range gen.Assignments[topic] {
		w := newWorker(m, a.ID, a.Offset, func(offset int64) error {
			return gen.CommitOffsets(map[string]map[int]int64{topic: {a.ID: offset}})
		})
		workers.Add(1)
		ended := make(chan struct{})
		gen.Start(func(genCtx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			go func() {
				defer workers.Done()
				defer close(ended)
				w.run(ctx)
			}()
			select {
			case <-genCtx.Done():
			case <-ended:
			case <-m.hung:
			}
			cancel()
			select {
			case <-ended:
			case <-m.hung:
			}
		})
	}
	all := make(chan struct{})
	go func() { workers.Wait(); close(all) }()
	return all
}

// watch looks for partitions that stand still, and gives up on a handler that
// does not return, or does not return when it is asked to. It works until ended
// is closed.
func (m *member) watch(ctx context.Context, ended <-chan struct{}) {
	tick := time.NewTicker(max(time.Millisecond, min(m.loop.StuckAfter, m.loop.GiveUpAfter)/4))
	defer tick.Stop()
	stopping := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case <-ended:
			return
		case <-stopping:
			stopping, late = nil, time.After(3*stopWithin)
		case <-late:
			m.giveUp(fmt.Errorf("stream: loop %q did not stop when asked to", m.loop.Name))
			return
		case <-tick.C:
			for _, p := range m.c.partitionsOf(m.loop.Name) {
				if err := p.news(); err != nil {
					m.log.Error("a partition stands still", zap.Error(err))
				}
				if err := p.hangs(m.loop.GiveUpAfter); err != nil {
					m.giveUp(fmt.Errorf("stream: given up: %w", err))
					return
				}
			}
		}
	}
}

func (m *member) giveUp(why error) {
	m.why = why
	m.log.Error("the loop is given up", zap.Error(why))
	close(m.hung)
}

package stream

import (
	"fmt"
	"sync"
	"time"
)

// progress says what a partition is doing and since when, so that a handler
// that hangs is seen: heartbeats go on while it does, and the group would never
// take the partition away.
type progress struct {
	loop      string
	topic     string
	partition int           // -1 for the loop as a whole
	limit     time.Duration // beyond which it counts as stuck

	mu      sync.Mutex
	doing   string
	offset  int64
	since   time.Time // zero while nothing is under way
	calling time.Time // when the handler was called; zero outside it
	told    bool      // that what is under way takes too long
	lost    error     // why the partition has stopped for good
}

// begin says what is under way; to begin the same again keeps its start, so
// that retries add up.
func (p *progress) begin(doing string, offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since.IsZero() || p.doing != doing || p.offset != offset {
		p.doing, p.offset, p.since, p.told = doing, offset, time.Now(), false
	}
}

// done says that what was under way has succeeded.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = time.Time{}
}

// call notes since when the handler is under way; the zero time: it is not.
func (p *progress) call(since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calling = since
}

// lose says that the partition has stopped for good.
func (p *progress) lose(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = err
}

// stuck returns nil unless the partition has stood still beyond its limit.
func (p *progress) stuck() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lost != nil {
		return fmt.Errorf("%s: %s/%d has stopped: %w", p.loop, p.topic, p.partition, p.lost)
	}
	if d := time.Since(p.since); !p.since.IsZero() && d > p.limit {
		if p.partition < 0 {
			return fmt.Errorf("%s: %s: for %s: %s", p.loop, p.topic, d.Round(time.Second), p.doing)
		}
		return fmt.Errorf("%s: %s/%d: at offset %d for %s: %s", p.loop, p.topic, p.partition, p.offset, d.Round(time.Second), p.doing)
	}
	return nil
}

// news is stuck, once for each time that it happens.
func (p *progress) news() error {
	err := p.stuck()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil || p.told || p.lost != nil {
		return nil
	}
	p.told = true
	return err
}

// hangs returns an error when the handler has been inside for longer than limit.
func (p *progress) hangs(limit time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := time.Since(p.calling); !p.calling.IsZero() && d > limit {
		return fmt.Errorf("%s: %s/%d: the handler has not returned for %s at offset %d", p.loop, p.topic, p.partition, d.Round(time.Second), p.offset)
	}
	return nil
}

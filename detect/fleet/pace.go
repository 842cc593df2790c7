package fleet

import (
	"sync"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A gate spreads starts: one passes at once after a pause, and then one every so often.
type gate struct {
	every time.Duration
	mu    sync.Mutex
	next  time.Time
}

// pass takes the next turn and returns how long it is until then.
func (g *gate) pass(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.next.Before(now) {
		g.next = now
	}
	wait := g.next.Sub(now)
	g.next = g.next.Add(g.every)
	return wait
}

// A thinner lets as many frames a second pass as are wanted, in even steps of event
// time, of a source that gives more of them.
type thinner struct {
	source, fps float64 // frames a second; as many as come where fps is no less
	due         time.Time
}

// want changes the rate; a higher one counts from the last frame that passed.
func (t *thinner) want(fps float64, last time.Time) {
	t.fps = fps
	if !last.IsZero() {
		t.due = last.Add(interval(fps))
	}
}

func (t *thinner) pass(at time.Time) bool {
	if t.fps >= t.source {
		return true
	}
	// Times are rounded on their way: a frame a little early is the one that is due.
	if at.Before(t.due.Add(-interval(t.source) / 4)) {
		return false
	}
	step := interval(t.fps)
	t.due = t.due.Add(step)
	if t.due.Before(at) { // the first frame, or one after a pause
		t.due = at.Add(step)
	}
	return true
}

func interval(fps float64) time.Duration { return time.Duration(float64(time.Second) / fps) }

// recent remembers things until a time each and why, and no more of them than most:
// beyond that, what is new is not remembered.
type recent[K comparable] struct {
	most int
	all  map[K]remembered
}

type remembered struct {
	until time.Time
	why   signal.Kind // empty where nothing asks
}

func newRecent[K comparable](most int) *recent[K] {
	return &recent[K]{most: most, all: map[K]remembered{}}
}

func (r *recent[K]) put(k K, what remembered, now time.Time) {
	if before, ok := r.all[k]; ok && before.until.After(what.until) {
		return
	}
	if len(r.all) >= r.most {
		for old, m := range r.all {
			if !m.until.After(now) {
				delete(r.all, old)
			}
		}
		if len(r.all) >= r.most {
			return
		}
	}
	r.all[k] = what
}

func (r *recent[K]) get(k K, now time.Time) (remembered, bool) {
	m, ok := r.all[k]
	return m, ok && m.until.After(now)
}

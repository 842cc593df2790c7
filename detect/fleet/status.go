package fleet

import (
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// The states of a stream.
const (
	StateWaiting = "waiting" // for its turn, or until it is tried again
	StateOpening = "opening" // an intake runs and has given no frame yet
	StateLive    = "live"    // frames come
	StateDone    = "done"    // a file came to its end; see also Options.UntilDone
	StateFailed  = "failed"  // given up, likewise
)

// A Status says how one stream fares.
type Status struct {
	Platform, Stream string
	Subject          signal.Subject
	State            string    // one of the above
	Since            time.Time // of State
	FPS              float64   // frames a second that are wanted now
	Raised           bool      // above the stream's base
	Why              signal.Kind
	Session          time.Time     // its start in event time; zero where there is none
	Restarts         int           // intakes that were over before their time
	Frames           uint64        // given to the Sink
	LastFrame        time.Time     // event time; zero where there was none
	CPU              time.Duration // of the intakes that are over
	Err              error         // of the last intake that failed, until frames come
}

// Streams tells how every wanted stream fares, by platform and stream.
func (f *Fleet) Streams() []Status {
	f.mu.Lock()
	var all []*slot
	for _, s := range f.slots {
		if s.want != nil {
			all = append(all, s)
		}
	}
	f.mu.Unlock()
	out := make([]Status, len(all))
	for i, s := range all {
		out[i] = s.shown()
	}
	slices.SortFunc(out, func(a, b Status) int {
		return key{a.Platform, a.Stream}.compare(key{b.Platform, b.Stream})
	})
	return out
}

func (s *slot) shown() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// show changes what is told of the stream.
func (s *slot) show(change func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.status)
}

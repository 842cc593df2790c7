package webhook

import "time"

const (
	openAfter = 5 // failures in a row
	firstOpen = time.Minute
	maxOpen   = 15 * time.Minute
)

// A Breaker leaves a platform alone that fails again and again: after five failures in a
// row for a minute, then for twice as long, up to a quarter of an hour, with one attempt in
// between. The zero value lets everything through. It is for one goroutine.
type Breaker struct {
	failures int
	until    time.Time
}

// Open reports whether the platform is to be left alone now.
func (b *Breaker) Open(now time.Time) bool { return now.Before(b.until) }

// Trying reports whether the next attempt is to show whether the platform is back.
func (b *Breaker) Trying() bool { return b.failures >= openAfter }

// Went notes how an attempt went.
func (b *Breaker) Went(ok bool, now time.Time) {
	if ok {
		*b = Breaker{}
		return
	}
	if b.failures++; b.failures >= openAfter {
		b.until = now.Add(min(maxOpen, firstOpen<<min(b.failures-openAfter, 10)))
	}
}

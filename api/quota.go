package api

import (
	"math"
	"sync"
	"time"
)

// bucket is a token bucket: it holds at most size tokens and fills evenly, from empty
// to full in the time given.
type bucket struct {
	size   float64
	fill   time.Duration
	tokens float64
}

// rise returns the tokens after some time without use.
func (b *bucket) rise(passed time.Duration) float64 {
	return min(b.size, b.tokens+b.size*passed.Seconds()/b.fill.Seconds())
}

// wait returns how long it takes until there are n tokens, and 0 when there are.
func (b *bucket) wait(n float64) time.Duration {
	if b.tokens >= n {
		return 0
	}
	return time.Duration(math.Ceil((n - b.tokens) / b.size * float64(b.fill)))
}

// quota is what one key may have. Both buckets give or neither does.
type quota struct {
	mu     sync.Mutex
	last   time.Time
	minute bucket
	day    bucket
}

func newQuota(perMinute, perDay int) *quota {
	return &quota{
		minute: bucket{size: float64(perMinute), fill: time.Minute, tokens: float64(perMinute)},
		day:    bucket{size: float64(perDay), fill: 24 * time.Hour, tokens: float64(perDay)},
	}
}

// take takes n tokens and returns 0, or takes none and returns how long it would be
// until there are n. It never would when n is above most.
func (q *quota) take(now time.Time, n int) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	// A clock that is set back must not empty what was full, nor fill twice.
	if passed := now.Sub(q.last); passed > 0 {
		if q.last.IsZero() {
			passed = 0
		}
		q.minute.tokens, q.day.tokens = q.minute.rise(passed), q.day.rise(passed)
		q.last = now
	}
	if wait := max(q.minute.wait(float64(n)), q.day.wait(float64(n))); wait > 0 {
		return wait
	}
	q.minute.tokens -= float64(n)
	q.day.tokens -= float64(n)
	return 0
}

// give gives back n tokens that take took for nothing.
func (q *quota) give(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.minute.tokens = min(q.minute.size, q.minute.tokens+float64(n))
	q.day.tokens = min(q.day.size, q.day.tokens+float64(n))
}

// most returns the greatest number that take can ever give at once.
func (q *quota) most() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return int(min(q.minute.size, q.day.size))
}

// resize changes what is allowed from now on. What was used stays used, so that
// touching the key file does not fill the buckets.
func (q *quota) resize(perMinute, perDay int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.minute.size, q.day.size = float64(perMinute), float64(perDay)
	q.minute.tokens = min(q.minute.tokens, q.minute.size)
	q.day.tokens = min(q.day.tokens, q.day.size)
}

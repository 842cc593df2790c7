package intake

import "time"

// maxLag is how far the time of a live picture may lie behind its arrival before
// it is anchored anew. Pictures of HLS come by the segment, the first of them as
// late as the segment is long: 10 s at most, by custom.
const maxLag = 15 * time.Second

// An anchor ties the time of a live stream to UTC. A picture is made before it
// arrives, and the one that took the shortest way tells best when the stream's
// time began; so the first arrival ties the knot, and whatever would else have
// been made after it arrived ties it anew: the burst with which HLS begins ends up
// at its arrival, and what follows keeps its distances. A picture that goes back
// in the stream's time, or lies further behind its arrival than maxLag, begins
// another stretch of time.
type anchor struct {
	tied bool
	zero time.Time     // UTC at which the stream's time is 0
	pts  time.Duration // of the last picture
	last time.Time     // as told
}

// at returns the event time of a picture, UTC, at least a millisecond behind the
// one before it.
func (a *anchor) at(pts time.Duration, arrival time.Time) time.Time {
	at := a.zero.Add(pts)
	if !a.tied || pts <= a.pts || at.After(arrival) || arrival.Sub(at) > maxLag {
		a.tied, a.zero, at = true, arrival.Add(-pts), arrival
	}
	a.pts = pts
	if next := a.last.Add(time.Millisecond); at.Before(next) {
		at = next
	}
	a.last = at
	return at.UTC()
}

package edge

import (
	"slices"
	"time"
)

// A Window is a stretch of a stream that signals asked to preserve.
type Window struct {
	From time.Time `json:"from"` // event time, UTC, both ends included
	To   time.Time `json:"to"`
	// Why names what asked, signals by their ids: at most 64.
	Why []string `json:"why"`
	// Asked is when the first of them did, by the clock.
	Asked time.Time `json:"asked"`
	// MissingMS is how much of the window, in milliseconds, lay in the session but was no
	// longer held, or not yet, when it was asked for.
	MissingMS int64 `json:"missing_ms,omitempty"`
	// Gaps are the frames in the window that could not be kept.
	Gaps []Gap `json:"gaps,omitempty"`
}

// A Gap is a run of frames that could not be kept.
type Gap struct {
	From   time.Time `json:"from"` // event time, UTC
	To     time.Time `json:"to"`
	Frames int       `json:"frames"`
	Why    string    `json:"why"` // "disk full", "write failed" or "bad frame", of the last one
}

// span is a stretch of event time, both ends included.
type span struct{ from, to time.Time }

func (w Window) span() span { return span{w.From, w.To} }
func (g Gap) span() span    { return span{g.From, g.To} }

func (s span) meets(o span) bool { return !s.from.After(o.to) && !o.from.After(s.to) }

func (s span) around(o span) span {
	if o.from.Before(s.from) {
		s.from = o.from
	}
	if o.to.After(s.to) {
		s.to = o.to
	}
	return s
}

// wanted reports whether some window meets the span.
func wanted(windows []Window, s span) bool {
	return slices.ContainsFunc(windows, func(w Window) bool { return w.span().meets(s) })
}

// join puts b into a.
func (w Window) join(b Window) Window {
	s := w.span().around(b.span())
	w.From, w.To = s.from, s.to
	w.Why = slices.Clone(w.Why)
	for _, why := range b.Why {
		if !slices.Contains(w.Why, why) && len(w.Why) < maxReasons {
			w.Why = append(w.Why, why)
		}
	}
	if b.Asked.Before(w.Asked) {
		w.Asked = b.Asked
	}
	w.MissingMS += b.MissingMS
	return w
}

// addWindow puts a window among others, ordered by time: those that meet become one, and
// where there are too many the two that lie closest. It reports whether there is news in
// it for a frame that was asked for before: a reason.
func addWindow(windows []Window, add Window) (out []Window, news bool) {
	for _, w := range windows {
		if !w.span().meets(add.span()) {
			out = append(out, w)
			continue
		}
		joined := w.join(add)
		news = news || len(joined.Why) > len(w.Why)
		add = joined
	}
	out = append(out, add)
	slices.SortFunc(out, func(a, b Window) int { return a.From.Compare(b.From) })
	for len(out) > maxWindows {
		at, least := 0, out[1].From.Sub(out[0].To)
		for i := 1; i+1 < len(out); i++ {
			if hole := out[i+1].From.Sub(out[i].To); hole < least {
				at, least = i, hole
			}
		}
		out[at] = out[at].join(out[at+1])
		out = slices.Delete(out, at+1, at+2)
	}
	return out, news
}

// outside returns the parts of s that no window covers yet; windows are ordered.
func outside(windows []Window, s span) []span {
	var parts []span
	from := s.from
	for _, w := range windows {
		if w.To.Before(from) {
			continue
		}
		if w.From.After(s.to) {
			break
		}
		if w.From.After(from) {
			parts = append(parts, span{from, w.From})
		}
		from = w.To
	}
	if !from.After(s.to) {
		parts = append(parts, span{from, s.to})
	}
	return parts
}

// addGap tells of one more frame, or run of them, that could not be kept. Runs of one
// cause with less than near between them are one.
func addGap(gaps []Gap, g Gap, near time.Duration) []Gap {
	if n := len(gaps) - 1; n >= 0 && gaps[n].Why == g.Why && g.From.Sub(gaps[n].To).Abs() < near {
		return append(gaps[:n], gaps[n].join(g))
	}
	if gaps = append(gaps, g); len(gaps) > maxGaps {
		gaps[1] = gaps[0].join(gaps[1])
		gaps = slices.Delete(gaps, 0, 1)
	}
	return gaps
}

func (g Gap) join(b Gap) Gap {
	s := g.span().around(b.span())
	return Gap{From: s.from, To: s.to, Frames: g.Frames + b.Frames, Why: b.Why}
}

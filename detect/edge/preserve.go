package edge

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNothing says that nothing of a window is held any more, and that none will come.
var ErrNothing = errors.New("nothing of the window is held")

// Preserve keeps the frames from one event time to another, both included, and the
// segments they lie in: what the ring holds, and what comes until then. Why names what
// asked for it, a signal by its id, and is told to whoever gets the frames. Asking again
// is harmless, windows that meet become one, and what is no longer held is told as
// missing; if that is all of it, the error is ErrNothing.
//
// When it returns without error, what the ring held is safe from a crash. After an error
// the window stands all the same, nothing of it is dropped, and every Add tries again to
// make it safe.
func (r *Ring) Preserve(from, to time.Time, why string) error {
	from, to = from.UTC(), to.UTC()
	if err := checkWindow(from, to, why); err != nil {
		return fmt.Errorf("edge: preserve: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fmt.Errorf("edge: preserve: %w", ErrClosed)
	}
	if err := r.preserve(span{from, to}, why); err != nil {
		return fmt.Errorf("edge: preserve: %w", err)
	}
	return nil
}

func checkWindow(from, to time.Time, why string) error {
	if err := errors.Join(checkTime("from", from), checkTime("to", to), checkText("why", why)); err != nil {
		return err
	}
	if to.Before(from) {
		return errors.New("the window ends before it begins")
	}
	if length := to.Sub(from); length > MaxWindow {
		return fmt.Errorf("the window is %v long, and the limit is %v", length, MaxWindow)
	}
	return nil
}

func (r *Ring) preserve(s span, why string) (err error) {
	if !r.newest.IsZero() && s.to.Before(r.newest) && !slices.ContainsFunc(r.segments(), func(h *segment) bool { return h.span().meets(s) }) {
		return fmt.Errorf("%w: the newest frame is %v past its end", ErrNothing, r.newest.Sub(s.to))
	}
	covered := r.open == nil || wanted(r.windows, r.open.span())
	w := Window{From: s.from, To: s.to, Why: []string{why}, Asked: r.rings.o.Now().UTC()}
	for _, part := range outside(r.windows, s) {
		w.MissingMS += r.missing(part).Milliseconds()
	}
	var news bool
	r.windows, news = addWindow(r.windows, w)
	// A segment in a window that was asked for before goes on until it is full: a signal
	// may come with every frame, and each would end a segment.
	if !covered && wanted(r.windows, r.open.span()) {
		err = r.seal()
	}
	for _, held := range r.held {
		if !held.gone && wanted(r.windows, held.span()) {
			if !held.wanted {
				r.want(held)
			}
			r.dirty = r.dirty || news // the record has to tell the reason
		}
	}
	if r.dirty {
		err = errors.Join(err, r.save())
	}
	return err
}

// segments are those held and the one being written.
func (r *Ring) segments() []*segment {
	if r.open == nil {
		return r.held
	}
	return append(slices.Clip(r.held), r.open)
}

// missing is how much of a stretch lies in the session, before its newest frame, and is
// in no segment. Segments with consecutive numbers leave nothing out between them.
func (r *Ring) missing(s span) (sum time.Duration) {
	known := span{r.session.Started, r.newest}
	var before *segment
	for _, seg := range r.segments() {
		switch {
		case before == nil:
			sum += overlap(overlapping(s, known), span{known.from, seg.from})
		case before.number+1 != seg.number:
			sum += overlap(s, span{before.to, seg.from})
		}
		before = seg
	}
	if before == nil {
		return overlap(s, known)
	}
	return sum + overlap(overlapping(s, known), span{before.to, known.to})
}

func overlapping(a, b span) span {
	if b.from.After(a.from) {
		a.from = b.from
	}
	if b.to.Before(a.to) {
		a.to = b.to
	}
	return a
}

func overlap(a, b span) time.Duration {
	s := overlapping(a, b)
	return max(0, s.to.Sub(s.from))
}

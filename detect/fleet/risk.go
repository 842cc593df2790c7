package fleet

import (
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A Window is what the edge is to preserve of a stream.
type Window struct {
	Platform, Stream string
	From, To         time.Time // event time, UTC; To may be yet to come
	Why              Why
}

// Why says what caused something, for the audit log.
type Why struct {
	Signal string // its id
	Kind   signal.Kind
	Policy string // version of the policy applied
}

// Signal takes what the river says. It raises the rate of the streams that the policy
// says it concerns, and returns what is to be preserved of the stream that it names, if
// that is or was lately watched here. A signal that comes again, or in a later
// revision, prolongs the first and asks for the window anew.
func (f *Fleet) Signal(s signal.Signal) (Window, bool) { return f.Heard(s, f.o.Now()) }

// Heard is Signal of what was said at a time before, as a fleet hears it that was not there
// then: the quiet time goes from when it was said, and a stream that is yet to be wanted
// is raised too.
func (f *Fleet) Heard(s signal.Signal, said time.Time) (Window, bool) {
	p := f.o.Policy
	named, hasName := names(s)
	one, all := p.raises(s)
	keep := hasName && p.preserves(s)
	if !one && !all && !keep {
		return Window{}, false
	}
	now := f.o.Now()
	until := said.Add(p.Quiet)
	if !until.After(now) {
		one, all = false, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if one {
		f.named.put(named, remembered{until, s.Kind}, now)
		if of := f.slots[named]; of != nil && of.want != nil {
			of.raise(until, s.Kind)
		}
	}
	if all {
		f.raised.put(s.Subject, remembered{until, s.Kind}, now)
		for of := range f.streams[s.Subject] {
			of.raise(until, s.Kind)
		}
	}
	if keep {
		_, here := f.slots[named]
		if _, was := f.gone.get(named, now); !here && !was {
			keep = false
		}
	}
	if !keep {
		return Window{}, false
	}
	return Window{
		Platform: named.platform, Stream: named.stream,
		From: s.Start.Add(-p.Preserve.Before).UTC(), To: s.End.Add(p.Preserve.After).UTC(),
		Why: Why{Signal: s.ID, Kind: s.Kind, Policy: p.Version},
	}, true
}

// names returns the stream that a signal names, if it does.
func names(s signal.Signal) (key, bool) {
	switch {
	case s.Match != nil:
		return key{s.Match.Platform, s.Match.Stream}, true
	case s.Flag != nil && s.Flag.Stream != "":
		return key{s.Flag.Platform, s.Flag.Stream}, true
	}
	return key{}, false
}

// raises reports whether s raises the rate of the stream it names, and of all streams
// of its subject.
func (p Policy) raises(s signal.Signal) (one, all bool) {
	switch on := p.RaiseOn; {
	case s.Match != nil && on.Match != nil:
		one = !s.Match.Held && s.Match.FramesMatched >= on.Match.Frames
		return one, one && on.Match.Subject
	case s.Flag != nil && on.Flag != nil:
		named := s.Flag.Stream != ""
		return named, !named || on.Flag.Subject
	case s.Payment != nil && on.Payment != nil:
		return false, s.Payment.Strength >= on.Payment.Strength &&
			anyOf(on.Payment.Typologies, s.Payment.Typology) && anyOf(on.Payment.Roles, s.Payment.Role)
	}
	return false, false
}

// preserves reports whether the policy preserves what surrounds s.
func (p Policy) preserves(s signal.Signal) bool {
	return slices.Contains(p.Preserve.On, s.Kind) && (s.Match == nil || !s.Match.Held)
}

// anyOf reports whether v is among all, of which none means any.
func anyOf[T comparable](all []T, v T) bool { return len(all) == 0 || slices.Contains(all, v) }

// raise keeps the stream raised until then, at least, and wakes its keeper.
func (s *slot) raise(until time.Time, why signal.Kind) {
	s.mu.Lock()
	if until.After(s.until) {
		s.until, s.why = until, why
	}
	s.mu.Unlock()
	select {
	case s.poke <- struct{}{}:
	default: // It has yet to look.
	}
}

// level returns until when the stream is raised and why, or zero.
func (s *slot) level(now time.Time) (until time.Time, why signal.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until.After(now) {
		return s.until, s.why
	}
	return time.Time{}, ""
}

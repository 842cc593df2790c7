package rule

import "github.com/vigil-stream/vigil/payments/profile"

// stretch returns the consecutive picks of at most Window.Within seconds with most
// of the measure, of several the latest. The measure grows with more transfers, so
// only stretches that cannot grow to the left are tried.
func (c *Compiled) stretch(s *scene, picks []int32) []int32 {
	entries := s.view.Entries
	if entries[picks[len(picks)-1]].At-entries[picks[0]].At <= c.Window.Within {
		return picks
	}
	from, top, to, best := 0, 0, 0, int64(-1)
	var have int64
	t := newTally(s, c)
	for i, p := range picks {
		e := &entries[p]
		have += t.change(e, 1)
		for entries[picks[from]].At < e.At-c.Window.Within {
			have += t.change(&entries[picks[from]], -1)
			from++
		}
		if have >= best {
			best, top, to = have, from, i+1
		}
	}
	return picks[top:to]
}

// A tally counts, sums or counts what is distinct, up and down.
type tally struct {
	s    *scene
	kind MeasureKind
	of   Quantity
	what Thing
}

func newTally(s *scene, c *Compiled) tally {
	t := tally{s: s, kind: c.Measure.Kind, of: c.Measure.Of, what: c.Measure.What}
	if t.kind == Distinct {
		s.keys, s.tally = s.keys[:0], s.tally[:0]
		s.count = s.count[:0]
		for range s.view.Others {
			s.count = append(s.count, 0)
		}
	}
	return t
}

// change adds an entry (1) or takes it away (-1), and returns how the measure moves.
func (t tally) change(e *profile.Entry, by int32) int64 {
	switch t.kind {
	case Count:
		return int64(by)
	case Sum:
		if t.of == Base {
			return e.Base * int64(by)
		}
		return e.Amount * int64(by)
	}
	switch t.what {
	case Counterparties, NewCounterparties:
		n := &t.s.count[e.Other]
		*n += by
		return moved(*n, by)
	case Classes:
		var sum int64
		for c := range profile.AllClasses {
			if e.Classes&(1<<c) != 0 {
				sum += t.key(uint64(c)+1, by)
			}
		}
		return sum
	}
	return t.key(thingOf(t.what, e), by)
}

func (t tally) key(k uint64, by int32) int64 {
	if k == 0 {
		return 0
	}
	for i := range t.s.keys {
		if t.s.keys[i] == k {
			t.s.tally[i] += by
			return moved(t.s.tally[i], by)
		}
	}
	t.s.keys, t.s.tally = append(t.s.keys, k), append(t.s.tally, by)
	return 1
}

// moved is how much a count of distinct things moved when one of them came to n.
func moved(n, by int32) int64 {
	switch {
	case by > 0 && n == 1:
		return 1
	case by < 0 && n == 0:
		return -1
	}
	return 0
}

// thingOf is what an entry has of a thing, or 0.
func thingOf(what Thing, e *profile.Entry) uint64 {
	switch what {
	case Countries:
		return uint64(e.OtherCountry)
	case Towns:
		return e.OtherTown
	case Currencies:
		return uint64(e.Currency)
	case Rails:
		return uint64(e.Rail)
	case Accounts:
		return e.Account
	case Days:
		return uint64(e.At/day) + 1
	}
	return 0
}

const day = 24 * 3600

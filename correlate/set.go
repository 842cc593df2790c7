package correlate

import (
	"math"
	"slices"
	"time"
)

// What a subject's set of signals may hold. All days are UTC days that end with
// the day of the newest signal.
const (
	// keptDays are the days whose signals are kept, and count. Half of the paid accounts
	// get three payments or fewer in so long, so that a shorter window would see less than
	// there is to see.
	keptDays = 90
	// At most so many of a kind are kept, the newest: 1,300 together. Payment
	// signals are few (a typology, a role and a version of the rules each); the
	// limit only stops a flood of made-up ids.
	maxMatches  = 300
	maxPayments = 100
	maxFlags    = 200
	maxSessions = 400
	maxScores   = 200
	maxGuests   = 100
)

func (k kind) limit() int {
	switch k {
	case kindMatch:
		return maxMatches
	case kindPayment:
		return maxPayments
	case kindFlag:
		return maxFlags
	case kindScore:
		return maxScores
	case kindGuest:
		return maxGuests
	default:
		return maxSessions
	}
}

// A set is the latest revision of each of a subject's signals, as far back and
// as many as are kept.
//
// It is a function of the signals added, in whatever order and however often:
// the day only grows, a higher revision always replaces a lower one, and what is
// dropped is always what ended first, so that nothing dropped could have
// survived in another order. That needs an end that never moves back from one
// revision to the next, which holds for sessions, matches and flags: their spans
// only grow. That of a score stays within its UTC day, and goes by the day. A
// payment signal's may move back (a late transfer can make an earlier window the
// best one), so payment signals are never dropped for their age, and the limit on
// their number goes by id.
type set struct {
	day     int64   // of the newest end ever added, in days since 1970
	entries []entry // sorted by compare
	count   [kindEnd]int
	smalls  int // of the entries
	// The revisions of those that may drop out for their age, and of payments.
	aging, paid uint64
}

const day = int64(24 * time.Hour)

// change is what add did.
type change struct {
	stored   bool   // the signal itself was taken in
	replaced *entry // the earlier revision of it that there was
	moved    bool   // the day moved on
	day      int64  // that it was before
	dropped  []entry
}

func (c change) any() bool { return c.stored || c.moved || len(c.dropped) > 0 }

// known reports whether the set has this revision of the entry, or a later one.
func (s *set) known(e *entry) bool {
	i, found := s.find(e)
	return found && s.entries[i].revision >= e.revision
}

func (s *set) find(e *entry) (int, bool) {
	low, high := 0, len(s.entries)
	for low < high { // slices.BinarySearchFunc would copy each entry that it looks at
		if mid := (low + high) / 2; s.entries[mid].compare(e) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < len(s.entries) && s.entries[low].compare(e) == 0
}

// put adds an entry that the set does not have, or replaces it.
func (s *set) put(e entry) {
	i, found := s.find(&e)
	if found {
		s.forget(&s.entries[i])
		s.entries[i] = e
	} else {
		s.entries = slices.Insert(s.entries, i, e)
	}
	s.count[e.kind]++
	if e.small() {
		s.smalls++
	}
	if e.kind == kindPayment {
		s.paid += min(e.revision, perPayment)
	} else {
		s.aging += min(e.revision, perDay)
	}
}

// forget takes an entry out of the sums.
func (s *set) forget(e *entry) {
	s.count[e.kind]--
	if e.small() {
		s.smalls--
	}
	if e.kind == kindPayment {
		s.paid -= min(e.revision, perPayment)
	} else {
		s.aging -= min(e.revision, perDay)
	}
}

func (s *set) remove(i int) entry {
	e := s.entries[i]
	s.forget(&e)
	s.entries = slices.Delete(s.entries, i, i+1)
	return e
}

// add takes an entry into the set and drops what the set no longer keeps.
func (s *set) add(e entry) change {
	c := change{day: s.day}
	if d := e.end / day; d > s.day {
		s.day, c.moved = d, true
	}
	i, had := s.find(&e)
	if !had || s.entries[i].revision < e.revision {
		if c.stored = true; had {
			was := s.entries[i]
			c.replaced = &was
		}
		s.put(e)
	}
	drop := func(i int) {
		gone := s.remove(i)
		if gone.compare(&e) != 0 {
			c.dropped = append(c.dropped, gone)
			return
		}
		if c.stored = false; had { // else it came and went at once
			c.dropped = append(c.dropped, gone)
		}
	}
	if oldest := s.since(keptDays); c.moved || e.end < oldest {
		for i := len(s.entries) - 1; i >= 0; i-- {
			if k := &s.entries[i]; k.kind != kindPayment && k.end < oldest {
				drop(i)
			}
		}
	}
	if s.count[e.kind] > e.kind.limit() {
		drop(s.surplus(e.kind))
	}
	return c
}

// undo takes back what add did with an entry.
func (s *set) undo(c change, e *entry) {
	if i, there := s.find(e); there && c.stored {
		s.remove(i)
	}
	for i := range c.dropped {
		if d := &c.dropped[i]; d.compare(e) != 0 {
			s.put(*d)
		}
	}
	if c.replaced != nil {
		s.put(*c.replaced)
	}
	s.day = c.day
}

// surplus returns the place of the entry to drop when there is one more of a kind
// than may be kept: the one that ended first, and of equals, and of payments, that of
// the lowest id.
func (s *set) surplus(k kind) int {
	from, _ := slices.BinarySearchFunc(s.entries, k, func(e entry, k kind) int { return int(e.kind) - int(k) })
	if k == kindPayment {
		return from
	}
	ended := func(i int) int64 {
		if k == kindScore {
			return s.entries[i].end / day
		}
		return s.entries[i].end
	}
	victim := from
	for i := from; i < from+s.count[k]; i++ {
		if ended(i) < ended(victim) {
			victim = i
		}
	}
	return victim
}

// since returns the beginning of the last n days of the set.
func (s *set) since(n int64) int64 { return (s.day - n + 1) * day }

// until returns the end of the last day.
func (s *set) until() int64 { return (s.day + 1) * day }

// inWindow reports whether an entry counts.
func (s *set) inWindow(e *entry) bool { return e.end >= s.since(keptDays) }

// window returns the entries that count.
func (s *set) window() []*entry {
	var in []*entry
	for i := range s.entries {
		if e := &s.entries[i]; s.inWindow(e) {
			in = append(in, e)
		}
	}
	return in
}

// span returns the time that the window's signals cover.
func (s *set) span() (first, last time.Time) {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for _, e := range s.window() {
		lo, hi = min(lo, e.start), max(hi, e.end)
	}
	if lo > hi {
		lo, hi = s.since(1), s.since(1) // every signal moved out of the window
	}
	return time.Unix(0, lo).UTC(), time.Unix(0, hi).UTC()
}

// perDay leaves room for the sum of revisions in a case's revision (400 sessions of a day
// each, whose revisions count half milliseconds, are 7 × 10^10), and perPayment bounds
// what one payment signal adds to it: milliseconds since 1970 fit. Until the year 2200
// all of it together stays below 2^53.
const (
	perDay     = 100_000_000_000
	perPayment = 40 * perDay
)

// revision is the sum of the revisions of the signals kept, on the base of the
// newest signal's day times 10^11. Within a day nothing is dropped for its age,
// so the sum grows with every signal; over days, when old signals drop out of
// it, the base does. Payment signals never drop out for their age, and their
// revisions are large, since they hold a time: they stand outside the bound of a
// day. So it is a function of the set and grows with every change to it. At the
// limits of number and sum alone it may stand still or fall; then a published
// case's revision steps by one instead, and depends on the order.
func (s *set) revision() uint64 {
	return uint64(s.day)*perDay + min(s.aging, perDay-1) + s.paid
}

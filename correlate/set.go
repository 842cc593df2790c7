package correlate

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"math"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// What a subject's set of signals may hold. All days are UTC days that end with
// the day of the newest signal.
const (
	// windowDays are the days whose signals count. A list match counts for as
	// long as it is kept: what a stream showed does not become less true because
	// its owner streams again a month later.
	windowDays = 30
	// keptDays are the days whose signals are kept; they are longer than the
	// window so that the latest revision of a signal is still known when it
	// moves.
	keptDays = 90
	// At most so many of a kind are kept, the newest: 1,000 together. Payment
	// signals are few (a typology, a role and a version of the rules each); the
	// limit only stops a flood of made-up ids.
	maxMatches  = 300
	maxPayments = 100
	maxFlags    = 200
	maxSessions = 400
)

// kind is signal.Kind in the order in which the kinds matter to a reader.
type kind uint8

const (
	kindMatch kind = iota + 1
	kindPayment
	kindFlag
	kindSession
)

var kinds = map[signal.Kind]kind{
	signal.KindMatch: kindMatch, signal.KindPayment: kindPayment,
	signal.KindFlag: kindFlag, signal.KindSession: kindSession,
}

func (k kind) limit() int {
	switch k {
	case kindMatch:
		return maxMatches
	case kindPayment:
		return maxPayments
	case kindFlag:
		return maxFlags
	default:
		return maxSessions
	}
}

// An entry is what the set knows of a signal without reading it: enough to
// score sessions and flags, of which there may be many. Kind and id are its
// identity.
type entry struct {
	kind     kind
	id       [16]byte
	revision uint64
	start    int64 // Unix nanoseconds, as end
	end      int64
	private  bool // of a session
}

// compare orders entries by identity.
func (e entry) compare(o entry) int {
	return cmp.Or(cmp.Compare(e.kind, o.kind), bytes.Compare(e.id[:], o.id[:]))
}

func (e entry) hex() string { return hex.EncodeToString(e.id[:]) }

// The years in which a signal's times may lie, so that arithmetic on them is
// safe and a revision stays below 2^53, where JSON numbers are exact everywhere.
var (
	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// entryOf checks what signal.Decode does not.
func entryOf(s signal.Signal) (entry, error) {
	e := entry{kind: kinds[s.Kind], revision: s.Revision, start: s.Start.UnixNano(), end: s.End.UnixNano()}
	if n, err := hex.Decode(e.id[:], []byte(s.ID[:min(len(s.ID), 32)])); err != nil || n != 16 || len(s.ID) != 32 {
		return entry{}, signal.Reject("signal-id", "/id: is not 32 hex digits")
	}
	details := map[kind]bool{
		kindMatch: s.Match != nil, kindPayment: s.Payment != nil, kindFlag: s.Flag != nil, kindSession: s.Session != nil,
	}
	if !details[e.kind] {
		return entry{}, signal.Reject("signal-kind", "/kind: is unknown or its details are missing")
	}
	if s.Revision == 0 {
		return entry{}, signal.Reject("signal-revision", "/revision: must be at least 1")
	}
	if s.Start.Before(earliest) || !s.End.Before(latest) || s.End.Before(s.Start) {
		return entry{}, signal.Reject("signal-time", "/start and /end: must be in order and between 1970 and 2199")
	}
	e.private = s.Session != nil && s.Session.Private
	return e, nil
}

// A set is the latest revision of each of a subject's signals, as far back and
// as many as are kept.
//
// It is a function of the signals added, in whatever order and however often:
// the day only grows, a higher revision always replaces a lower one, and what is
// dropped is always what ended first, so that nothing dropped could have
// survived in another order. That needs an end that never moves back from one
// revision to the next, which holds for sessions, matches and flags: their spans
// only grow. A payment signal's may move back (a late transfer can make an
// earlier window the best one), so payment signals are never dropped for their
// age, and the limit on their number goes by id.
type set struct {
	day     int64   // of the newest end ever added, in days since 1970
	entries []entry // sorted by compare
}

const day = int64(24 * time.Hour)

// change is what add did.
type change struct {
	stored  bool // the signal itself was taken in
	moved   bool // the day moved on
	dropped []entry
}

func (c change) any() bool { return c.stored || c.moved || len(c.dropped) > 0 }

// add takes an entry into the set and drops what the set no longer keeps.
func (s *set) add(e entry) change {
	var c change
	if d := e.end / day; d > s.day {
		s.day, c.moved = d, true
	}
	i, known := slices.BinarySearchFunc(s.entries, e, entry.compare)
	switch {
	case !known:
		s.entries = slices.Insert(s.entries, i, e)
		c.stored = true
	case s.entries[i].revision < e.revision:
		s.entries[i] = e
		c.stored = true
	}

	victim, crowded := s.surplus(e.kind)
	kept := make([]entry, 0, len(s.entries))
	for _, k := range s.entries {
		old := k.kind != kindPayment && k.end < s.since(keptDays)
		itself := k.compare(e) == 0
		switch {
		case !old && (!crowded || k.compare(victim) != 0):
			kept = append(kept, k)
			continue
		case itself:
			c.stored = false
		}
		if !itself || known { // else it came and went at once
			c.dropped = append(c.dropped, k)
		}
	}
	s.entries = kept
	return c
}

// surplus returns the entry to drop when there is one more of a kind than may
// be kept.
func (s *set) surplus(k kind) (victim entry, ok bool) {
	n := 0
	for _, e := range s.entries {
		if e.kind != k {
			continue
		}
		n++
		if n == 1 || (k != kindPayment && e.end < victim.end) {
			victim = e
		}
	}
	return victim, n > k.limit()
}

// since returns the beginning of the last n days of the set.
func (s *set) since(n int64) int64 { return (s.day - n + 1) * day }

// until returns the end of the last day.
func (s *set) until() int64 { return (s.day + 1) * day }

// window returns the entries that count.
func (s *set) window() []entry {
	var in []entry
	for _, e := range s.entries {
		if e.kind == kindMatch || e.end >= s.since(windowDays) {
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

// perDay leaves room for the sum of a day's revisions in a case's revision, and
// perPayment bounds what one payment signal adds to it.
const (
	perDay     = 1_000_000_000
	perPayment = 100 * perDay
)

// revision is the sum of the revisions of the signals kept, on the base of the
// newest signal's day times 10^9. Within a day nothing is dropped for its age,
// so the sum grows with every signal; over days, when old signals drop out of
// it, the base does. Payment signals never drop out for their age, and their
// revisions are large, since they hold a time: they stand outside the bound of a
// day. So it is a function of the set and grows with every change to it. At the
// limits of number and sum alone it may stand still or fall; then a published
// case's revision steps by one instead, and depends on the order.
func (s *set) revision() uint64 {
	var sum, paid uint64
	for _, e := range s.entries {
		if e.kind == kindPayment {
			paid += min(e.revision, perPayment)
		} else {
			sum = min(sum+min(e.revision, perDay), perDay-1)
		}
	}
	return uint64(s.day)*perDay + sum + paid
}

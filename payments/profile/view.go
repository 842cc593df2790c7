package profile

import (
	"math/bits"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// A View is a profile as a typology looks at it. It holds for the call that it is
// given to, and nothing in it may be changed or kept.
type View struct {
	Role    signal.Role
	Subject signal.Subject
	// Entries are the newest transfers, which are kept exactly, by time and id.
	Entries []Entry
	// Others are the counterparties, at the places that entries name. One without
	// transfers is a gap.
	Others []Other
	// Added is the place of the transfer that was just added; -1: one was taken out, or
	// came too late to be kept. It may save work, but what is found may not depend on it:
	// the same transfers in another order must give the same in the end.
	Added int
	// Newest is the time that windows end with, in seconds since 1970: of the newest
	// transfer that was heard of.
	Newest int64
	// Sketched says that there are transfers within the 90 days that Entries has not,
	// which are known in sums and sketches alone.
	Sketched bool
	// Before is the time of the newest transfer that is older than what is kept, where
	// the profile remembered it when it came to be so; 0: none.
	Before int64
	// Opposite is the same subject in its other role, where the engine was asked for it;
	// nil: not asked, or nothing is known of it. Its own Opposite is this view.
	Opposite *View
	// Memo is what typologies work out of views for each other, and Serial is another one
	// for each view that lies in this memory.
	Memo   any
	Serial uint64

	p       *Profile
	marked  [8]int // how many entries have each mark
	totals  [windows]Total
	has     [windows]bool
	picks   []int32 // what Pick returned, one after the other
	numbers []int64
	span    spanCounts
}

// View returns the profile for typologies to look at. It is valid until the next
// call of View, Add or Withdraw. v is made anew, and its memory used again.
func (p *Profile) View(v *View, added int) *View {
	v.Role, v.Subject, v.Entries, v.Others = p.role, p.subject, p.entries, p.others
	v.Added, v.Newest, v.Sketched = added, p.newest, !p.sealed.empty()
	v.Before, v.Opposite = p.before, nil
	v.Serial++
	v.p = p
	v.has = [windows]bool{}
	v.picks = v.picks[:0]
	v.countMarks()
	return v
}

// AtMost returns a number that no fewer entries than have all of some marks; of a single
// mark it is how many have it. It costs nothing, and for most profiles it says that there
// is nothing to look for.
func (v *View) AtMost(marks Marks) int {
	n := len(v.Entries)
	for ; marks != 0; marks &= marks - 1 {
		n = min(n, v.marked[bits.TrailingZeros8(uint8(marks))])
	}
	return n
}

// lanes has, for each set of marks, a one in each byte of a word whose mark is set, so
// that one addition counts all.
var lanes = func() (lanes [256]uint64) {
	for set := range lanes {
		for i := range 8 {
			lanes[set] |= uint64(set) >> i & 1 << (8 * i)
		}
	}
	return lanes
}()

func (v *View) countMarks() {
	v.marked = [8]int{}
	for some := range slices.Chunk(v.Entries, 255) { // as many as a byte can count
		sum := uint64(0)
		for i := range some {
			sum += lanes[some[i].Marks]
		}
		for i := range v.marked {
			v.marked[i] += int(sum >> (8 * i) & 0xff)
		}
	}
}

// Pick returns the places of the entries for which keep is true, ascending.
func (v *View) Pick(keep func(*Entry) bool) []int32 { return v.PickMarked(0, keep) }

// PickMarked is Pick among those that have all of some marks.
func (v *View) PickMarked(marks Marks, keep func(*Entry) bool) []int32 {
	from := len(v.picks)
	for i := range v.Entries {
		if e := &v.Entries[i]; e.Marks&marks == marks && (keep == nil || keep(e)) {
			v.picks = append(v.picks, int32(i))
		}
	}
	return slices.Clip(v.picks[from:])
}

// Source returns the institution that told of an entry, and its own reference.
func (v *View) Source(e *Entry) (institution, ref string) {
	i, r := v.p.source(e)
	return string(i), string(r)
}

// SourceBytes is Source in the profile's own memory.
func (v *View) SourceBytes(e *Entry) (institution, ref []byte) { return v.p.source(e) }

// Of returns the counterparty of an entry.
func (v *View) Of(e *Entry) *Other { return &v.Others[e.Other] }

// Within counts the entries from one time to another, both included.
func (v *View) Within(from, to int64) int {
	n := 0
	for i := range v.Entries {
		if at := v.Entries[i].At; at >= from && at <= to {
			n++
		}
	}
	return n
}

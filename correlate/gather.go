package correlate

import (
	"cmp"
	"slices"
)

// evidence is what is scored: the entries in the window, by kind, in the order of their
// identity.
type evidence struct {
	since, until int64 // the days kept, Unix nanoseconds, until excluded
	matches      []*entry
	payments     []*entry // one a typology and role, in that order
	flags        []*entry
	sessions     []*entry
	scores       []*entry
	guest        []*entry // private sessions that the subject watched
}

// gather collects the evidence of a set.
func gather(have *set) *evidence {
	ev := &evidence{since: have.since(keptDays), until: have.until()}
	for i := range have.entries {
		e := &have.entries[i]
		if !have.inWindow(e) {
			continue
		}
		switch e.kind {
		case kindMatch:
			ev.matches = append(ev.matches, e)
		case kindPayment:
			ev.payments = append(ev.payments, e)
		case kindFlag:
			ev.flags = append(ev.flags, e)
		case kindSession:
			ev.sessions = append(ev.sessions, e)
		case kindScore:
			ev.scores = append(ev.scores, e)
		case kindGuest:
			ev.guest = append(ev.guest, e)
		}
	}
	ev.payments = current(ev.payments)
	return ev
}

// current keeps, of the payment signals of each typology and role, the one that
// ended last: after a change of the rules there is one a version, and they tell
// of the same transfers.
func current(all []*entry) []*entry {
	slices.SortFunc(all, func(a, b *entry) int {
		return cmp.Or(
			cmp.Compare(a.payment.typology, b.payment.typology),
			cmp.Compare(bit(a.payment.sender), bit(b.payment.sender)),
			cmp.Compare(b.end, a.end),
			cmp.Compare(b.payment.rules, a.payment.rules),
			a.compare(b),
		)
	})
	return slices.CompactFunc(all, func(a, b *entry) bool {
		return a.payment.typology == b.payment.typology && a.payment.sender == b.payment.sender
	})
}

// What a case record shows: its signals are at most so many, and so many bytes
// of JSON together, so that the record stays well below a broker's usual 1 MiB.
const (
	maxShown      = 200
	maxShownBytes = 512 << 10
)

// choose returns the entries that a case record shows, as far as their number goes. Where
// there are too many, matches go before payments, payments before flags, flags before
// sessions, sessions before scores, scores before what the subject watched, and within a kind the newest first.
func choose(have *set) (all []*entry, omitted int) {
	all = have.window()
	slices.SortFunc(all, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(b.end, a.end), a.compare(b))
	})
	n := min(len(all), maxShown)
	return all[:n], len(all) - n
}

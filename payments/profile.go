package payments

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// What a profile keeps: the transfers of this long before its newest, and no
// more than so many. An account with more than maxEntries transfers in an hour
// is no person's, and its typologies abstain.
const (
	retentionHours = 90 * 24
	maxEntries     = 2000
)

// A tie is what a transfer's two names say of its ends.
type tie uint8

const (
	tieUnknown tie = iota // a name is missing
	tieNone               // no word in common
	tieName               // a word in common: perhaps a family
)

type token [16]byte

// An entry is what a profile keeps of a transfer.
type entry struct {
	id                    token
	at                    int64 // seconds since 1970
	amount                int64
	currency              string
	other                 token
	institution, ref      string
	country, otherCountry string
	tie                   tie
	classes               uint8 // one bit for each of classes, in their order
}

func newEntry(t Transfer) entry {
	e := entry{
		id: hexToken(t.ID), at: t.At.Unix(), amount: t.Amount, currency: t.Currency,
		other: hexToken(strings.TrimPrefix(string(t.Other), "sub_")), institution: t.Institution, ref: t.Ref,
		country: t.Country, otherCountry: t.OtherCountry,
	}
	if len(t.Names) > 0 && len(t.OtherNames) > 0 {
		e.tie = tieNone
		if slices.ContainsFunc(t.Names, func(name string) bool { return slices.Contains(t.OtherNames, name) }) {
			e.tie = tieName
		}
	}
	for i, c := range classes {
		if slices.Contains(t.Classes, c.class) {
			e.classes |= 1 << i
		}
	}
	return e
}

// hexToken reads 32 hex digits, which the transfer's schema has checked.
func hexToken(s string) token {
	var t token
	if len(s) == 2*len(t) {
		_, _ = hex.Decode(t[:], []byte(s)) // digits only, by the schema
	}
	return t
}

func (e entry) time() time.Time { return time.Unix(e.at, 0).UTC() }

func (e entry) hour() int64 { return e.at / 3600 }

// abroad reports whether both countries are known and differ.
func (e entry) abroad() bool {
	return e.country != "" && e.otherCountry != "" && e.country != e.otherCountry
}

// compare orders entries by time and id.
func (e entry) compare(o entry) int {
	return cmp.Or(cmp.Compare(e.at, o.at), bytes.Compare(e.id[:], o.id[:]))
}

// A profile is what is known of one subject in one role. All of it is a function
// of the set of transfers that came, in whatever order, as long as a reference
// names one transfer:
//
//   - floor is the hour below which nothing is kept: the later of the newest
//     transfer's hour less retentionHours and, where there are more than
//     maxEntries, the hour after that of the first one too many, counted from
//     the newest. It only rises, and what was dropped below an earlier floor
//     could not have mattered to a later one.
//   - entries are the transfers at or above the floor, by time and id.
//   - fired is what fires on entries, under the rules' version.
type profile struct {
	role    signal.Role
	floor   int64 // hours since 1970
	entries []entry
	rules   string
	fired   []string // typologies, sorted
}

// add takes a transfer and reports whether it was new. A transfer below the
// floor is no longer told from one that came before, and changes nothing. One
// whose reference already names a different transfer is a Rejection: the
// institution contradicts itself, and which is right cannot be told here.
func (p *profile) add(e entry) (bool, error) {
	for _, known := range p.entries {
		if known.id != e.id {
			continue
		}
		if known.amount != e.amount || known.currency != e.currency || known.other != e.other {
			return false, signal.Reject("reference-reused", "the institution gave the reference of transfer %x to another transfer before", e.id)
		}
		return false, nil
	}
	if e.hour() < p.floor {
		return false, nil
	}
	i, _ := slices.BinarySearchFunc(p.entries, e, entry.compare)
	p.entries = slices.Insert(p.entries, i, e)
	p.floor = max(p.floor, p.entries[len(p.entries)-1].hour()-retentionHours)
	if over := len(p.entries) - maxEntries; over > 0 {
		p.floor = max(p.floor, p.entries[over-1].hour()+1)
	}
	first := slices.IndexFunc(p.entries, func(e entry) bool { return e.hour() >= p.floor })
	if first < 0 {
		first = len(p.entries)
	}
	p.entries = slices.Delete(p.entries, 0, first)
	return true, nil
}

// revision grows with every transfer that is added, and is a function of the
// profile: within one floor the count grows, and the floor never falls. (The
// number of transfers that ever came would not do: a transfer below the floor
// would count or not count by the order of arrival.)
func (p *profile) revision() uint64 {
	return uint64(p.floor)*10_000 + uint64(len(p.entries))
}

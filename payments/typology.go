package payments

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A typology looks at a profile, and finds something or nothing. It is a pure
// function of the set of transfers.
type typology struct {
	id   string
	find func(view, Rules) (finding, bool)
}

// typologies are all there are, in their order.
var typologies = []typology{
	{"P01", findLowValue},
	{"P02", findRepetition},
	{"P05", findFanIn},
	{"P07", findRound},
	{"P08", findCover},
}

// A finding is that a typology fired.
type finding struct {
	counted  []*entry // the transfers that count for it, by time and id
	says     string
	strength float64 // above 0, to 1
}

// A counterparty is what a profile knows of one counterparty over all its transfers.
type counterparty struct {
	tie    tie
	steady bool
}

// A view is a profile as typologies look at it.
type view struct {
	*profile
	others map[token]counterparty
}

func newView(p *profile, r Rules) view {
	v := view{profile: p, others: make(map[token]counterparty)}
	byOther := make(map[token][]*entry)
	for i := range p.entries {
		e := &p.entries[i]
		byOther[e.other] = append(byOther[e.other], e)
	}
	for other, entries := range byOther {
		c := counterparty{steady: r.Steady.is(entries)}
		for _, e := range entries {
			c.tie = max(c.tie, e.tie) // one shared name is enough for a tie
		}
		v.others[other] = c
	}
	return v
}

// where returns the entries of which keep is true.
func (v view) where(keep func(*entry) bool) []*entry {
	var out []*entry
	for i := range v.entries {
		if e := &v.entries[i]; keep(e) {
			out = append(out, e)
		}
	}
	return out
}

// A window counts some consecutive entries.
type window struct {
	from, to       int // indexes, to is not included
	counterparties int
	classes        int
}

func (w window) transfers() int { return w.to - w.from }

// best returns the window of at most that width with the highest score, of
// several the latest. Score may not fall when a window grows, so only windows
// that cannot grow to the left are tried.
func best(entries []*entry, width time.Duration, score func(window) int) window {
	var top, w window
	others, inClass := make(map[token]int), make([]int, len(classes))
	for i, e := range entries {
		w.to++
		if others[e.other]++; others[e.other] == 1 {
			w.counterparties++
		}
		for c := range inClass {
			if e.classes&(1<<c) == 0 {
				continue
			}
			if inClass[c]++; inClass[c] == 1 {
				w.classes++
			}
		}
		for entries[w.from].at < entries[i].at-int64(width/time.Second) {
			old := entries[w.from]
			w.from++
			if others[old.other]--; others[old.other] == 0 {
				w.counterparties--
			}
			for c := range inClass {
				if old.classes&(1<<c) == 0 {
					continue
				}
				if inClass[c]--; inClass[c] == 0 {
					w.classes--
				}
			}
		}
		if top.transfers() == 0 || score(w) >= score(top) {
			top = w
		}
	}
	return top
}

// between counts the profile's entries in the time of a window of some of them.
func (v view) between(some []*entry) int {
	n := 0
	for _, e := range v.entries {
		if e.at >= some[0].at && e.at <= some[len(some)-1].at {
			n++
		}
	}
	return n
}

// grow is a strength that starts at base and rises by step for each one more, up
// to most; all in hundredths, so that equal sets have equal strengths.
func grow(base, step, most, more int) float64 {
	return float64(min(base+step*more, most)) / 100
}

// bands says which amounts are meant, by currency: "10 to 100 EUR or 10 to 500 AUD".
func bands(entries []*entry, band func(currency string) Band) string {
	currencies := make(map[string]bool)
	for _, e := range entries {
		currencies[e.currency] = true
	}
	var said []string
	for _, c := range slices.Sorted(maps.Keys(currencies)) {
		b := band(c)
		said = append(said, fmt.Sprintf("%s to %s %s", FormatAmount(b.Min, c, true), FormatAmount(b.Max, c, true), c))
	}
	return strings.Join(said, " or ")
}

func distinct(entries []*entry) int {
	others := make(map[token]bool)
	for _, e := range entries {
		others[e.other] = true
	}
	return len(others)
}

func days(d time.Duration) int { return int(d / day) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Steady is what a regular customer or donor looks like: a tutor's pupil who
// pays for each lesson, a church's member who gives each week. At least so many
// transfers, all of one amount, with gaps of at least MinGap that lie between
// half and twice their median. P02 and P05 leave them out [A].
type Steady struct {
	Transfers int
	MinGap    time.Duration
}

// is looks at one counterparty's transfers, by time.
func (s Steady) is(entries []*entry) bool {
	if len(entries) < max(s.Transfers, 2) {
		return false
	}
	var gaps []int64
	for i, e := range entries[1:] {
		if e.amount != entries[0].amount || e.currency != entries[0].currency {
			return false
		}
		gaps = append(gaps, e.at-entries[i].at)
	}
	slices.SortFunc(gaps, cmp.Compare)
	median := gaps[len(gaps)/2]
	return gaps[0] >= int64(s.MinGap/time.Second) && 2*gaps[0] >= median && gaps[len(gaps)-1] <= 2*median
}

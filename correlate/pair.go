package correlate

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A pair is what is known of the subject and one other: of somebody who pays it, where the
// subject's are the streams, or of somebody whom it pays, whose streams it may have
// watched. A pair has two ends, and each end's history tells of it.
type pair struct {
	other     token
	transfers int
	first     int64
	times     []int64 // the newest transfers, ascending
	related   bool
	steady    bool     // its transfers keep a rhythm
	victim    bool     // the payer may pay under threat
	watched   []*entry // private sessions of which the payer was a guest
	paidFor   []*entry // those of them for which it paid shortly before, or during them
	told      *entry   // the signal that tells the most of it
}

// pairs returns the payers that the signals in the window name, or those whom the subject
// pays, by token. Of one that several name, what tells of the most transfers stands.
func (f *weightsFile) pairs(ev *evidence, paid bool) []pair {
	var all []pair
	var victims []token
	for _, e := range ev.payments {
		if e.payment.sender != paid || e.payment.strength <= 0 {
			continue
		}
		for i := range e.payment.pairs {
			q := &e.payment.pairs[i]
			all = append(all, pair{other: q.other, transfers: max(q.transfers, len(q.times)), first: q.first, times: q.times, related: q.related, told: e})
			if e.payment.typology == sextortion {
				victims = append(victims, q.other)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b pair) int {
		return cmp.Or(bytes.Compare(a.other[:], b.other[:]), cmp.Compare(b.transfers, a.transfers), cmp.Compare(len(b.times), len(a.times)))
	})
	all = slices.CompactFunc(all, func(a, b pair) bool { return a.other == b.other })
	lead := f.lead()
	for i := range all {
		p := &all[i]
		p.steady, p.victim = steady(p.times), slices.Contains(victims, p.other)
		if paid {
			for _, e := range ev.guest {
				if e.session.host == p.other {
					p.watched = append(p.watched, e)
				}
			}
		} else {
			for _, e := range ev.sessions {
				if e.private && e.session != nil && slices.Contains(e.session.guests, p.other) {
					p.watched = append(p.watched, e)
				}
			}
		}
		for _, e := range p.watched {
			if within(p.times, e.start-lead, e.end) {
				p.paidFor = append(p.paidFor, e)
			}
		}
	}
	return all
}

// lead is how long before a session a payment counts as one for it.
func (f *weightsFile) lead() int64 { return int64(f.Coincidence.LeadHours.Value * float64(time.Hour)) }

// within reports whether one of ascending times lies between two, both included.
func within(times []int64, from, to int64) bool {
	i, _ := slices.BinarySearch(times, from)
	return i < len(times) && times[i] <= to
}

// stranger reports whether what a pair does counts for suspicion: not with somebody of the
// same name or address, nor with somebody who pays by the week or month.
func (p *pair) stranger() bool { return !p.related && !p.steady }

// What counts as a rhythm: gaps of at least six days, each within a fifth of the
// median one, or of twice it where one was left out; of six and more gaps a third may be
// others. A week is the shortest rhythm that people pay by, a month varies by a tenth, and
// a weekly lesson is put off now and then.
const (
	leastGap   = int64(6 * 24 * time.Hour)
	gapMargin  = 5 // one part in five
	leastBeats = 3 // transfers, so two gaps
	manyGaps   = 6
)

// steady reports whether ascending times keep a rhythm. Those within half a day of each
// other are one beat.
func steady(times []int64) bool { return rhythm(times) > 0 }

// rhythm returns the median gap of times that keep one, 0 of others.
func rhythm(times []int64) (median int64) {
	var gaps []int64
	last := int64(0)
	for i, t := range times {
		if i > 0 && t-last < day/2 {
			continue
		}
		if i > 0 {
			gaps = append(gaps, t-last)
		}
		last = t
	}
	if len(gaps) < leastBeats-1 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(gaps))
	median = sorted[len(sorted)/2]
	if median < leastGap {
		return 0
	}
	off := 0
	for _, g := range gaps {
		near := func(m int64) bool { return g >= m-m/gapMargin && g <= m+m/gapMargin }
		if !near(median) && !near(2*median) {
			off++
		}
	}
	if off > 0 && (len(gaps) < manyGaps || 3*off > len(gaps)) {
		return 0
	}
	return median
}

// severalPayers weighs payers whose transfers each, by their own history, come too often
// before private sessions: the second counts half of what it shows, the third a quarter,
// and so on. The first is in the coincidence of all.
func (f *weightsFile) severalPayers(ev *evidence, h *habit, all []pair, talk bool) finding {
	var out finding
	var ratios []float64
	for i := range all {
		p := &all[i]
		if ratio, _, _ := f.pairCoincidence(ev, h, p); ratio > 0 {
			ratios = append(ratios, ratio)
			if talk {
				out.by = append(out.by, p.told)
			}
		}
	}
	if len(ratios) < 2 {
		return finding{}
	}
	slices.Sort(ratios)
	slices.Reverse(ratios)
	share := 0.5
	for _, r := range ratios[1:] {
		out.value += share * r
		share /= 2
	}
	if talk {
		out.says = fmt.Sprintf("%d payers, unrelated and each against its own history, pay more often shortly before private live streams than by chance.", len(ratios))
	}
	return out
}

// pairCoincidence is the coincidence of one payer's transfers, of whom k of n are aligned.
func (f *weightsFile) pairCoincidence(ev *evidence, h *habit, p *pair) (ratio float64, k, n int) {
	if !p.stranger() {
		return 0, 0, len(p.times)
	}
	times := h.within(p.times, ev.until)
	ratio, k = f.coincide(h, times)
	return ratio, k, len(times)
}

// payingGuests weighs unrelated payers who were guests of private sessions:
// 1 − 2^−n for n of them.
func payingGuests(all []pair, talk bool) finding {
	var out finding
	n, share := 0, 1.0
	for i := range all {
		p := &all[i]
		if p.related || len(p.watched) == 0 {
			continue
		}
		n++
		share /= 2
		if talk {
			out.by = append(append(out.by, p.watched...), p.told)
		}
	}
	if n == 0 {
		return finding{}
	}
	out.value = 1 - share
	if talk {
		out.says = fmt.Sprintf("%s, unrelated to the subject, watched its private live streams.", count(n, "payer"))
	}
	return out
}

// longRelation speaks against: value 1 where the payer of the most transfers paid for
// the first time at least longDays before the newest, and less in proportion.
func longRelation(all []pair, talk bool) finding {
	const longDays = 60
	p := mainPayer(all)
	if p == nil || len(p.times) == 0 {
		return finding{}
	}
	known := float64(p.times[len(p.times)-1]-p.first) / float64(day)
	if known < longDays/2 {
		return finding{}
	}
	out := finding{value: min(known/longDays, 1)}
	if talk {
		out.by = []*entry{p.told}
		out.says = fmt.Sprintf("Of all pairs the one with the most transfers has had them for %.0f days.", known)
	}
	return out
}

// mainPayer is who sent the most transfers, nil where no payer is told apart.
func mainPayer(all []pair) *pair {
	var main *pair
	for i := range all {
		if main == nil || all[i].transfers > main.transfers {
			main = &all[i]
		}
	}
	return main
}

// oneToOne speaks against: the share of the private sessions whose guests are told that
// the same one guest, and nobody else, watched, where that is more than half of at least
// three. Couples and families call each other.
func oneToOne(ev *evidence, talk bool) finding {
	alone := map[token][]*entry{}
	n := 0
	for _, e := range ev.sessions {
		if !e.private || e.session == nil || len(e.session.guests) == 0 {
			continue
		}
		n++
		if len(e.session.guests) == 1 {
			alone[e.session.guests[0]] = append(alone[e.session.guests[0]], e)
		}
	}
	var most []*entry
	for _, with := range alone {
		if len(with) > len(most) {
			most = with
		}
	}
	if n < 3 || 2*len(most) <= n {
		return finding{}
	}
	out := finding{value: float64(len(most)) / float64(n)}
	if talk {
		out.by = most
		out.says = fmt.Sprintf("%d of %d private live streams had the same one guest.", len(most), n)
	}
	return out
}

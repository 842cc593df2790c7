package correlate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Habits are looked for among so many private sessions and transfers, the newest: it
// bounds the work.
const (
	maxHabitSessions  = 128
	maxHabitTransfers = 128
)

// Habits are looked for in whole weeks, so many days at least, for of somebody new it is
// known too that nothing came before, and no more than are kept.
const (
	leastHabitDays = 35
	mostHabitDays  = keptDays / 7 * 7
)

// A habit is what a subject's private sessions with few viewers are held against: the
// stretches, within the days kept, in which a transfer is aligned with one.
type habit struct {
	spans    []span
	sessions []*entry
	from     int64
	days     int
}

// habit lays out the stretches: from so many hours before a session's start to its end,
// in a window that all of the transfers lie in, as far as they are kept. The sessions are
// the subject's own, or those that it watched while it paid.
func (f *weightsFile) habit(ev *evidence, sessions []*entry, pairs []pair, paid bool) habit {
	lead := f.lead()
	var h habit
	for _, e := range sessions {
		if e.private && (e.session == nil || e.session.audience <= int(f.LowAudience.Value)) {
			h.sessions = append(h.sessions, e)
		}
	}
	if extra := len(h.sessions) - maxHabitSessions; extra > 0 {
		slices.SortFunc(h.sessions, func(a, b *entry) int { return cmp.Or(cmp.Compare(b.end, a.end), a.compare(b)) })
		h.sessions = h.sessions[:maxHabitSessions]
	}
	if len(h.sessions) == 0 {
		return h
	}
	first := ev.until - leastHabitDays*day
	for _, e := range h.sessions {
		first = min(first, e.start)
	}
	for _, e := range ev.payments {
		if e.payment.sender == paid && len(e.payment.times) > 0 {
			first = min(first, e.payment.times[0])
		}
	}
	for i := range pairs {
		if times := pairs[i].times; len(times) > 0 {
			first = min(first, times[0])
		}
	}
	h.days = min(int((ev.until-first+7*day-1)/(7*day))*7, mostHabitDays)
	h.from = ev.until - int64(h.days)*day
	for _, e := range h.sessions {
		if s := (span{max(e.start-lead, h.from), min(e.end, ev.until-1)}); s.from <= s.to {
			h.spans = append(h.spans, s)
		}
	}
	h.spans = merge(h.spans)
	return h
}

// within returns the newest of the times that lie in the habit's window.
func (h *habit) within(times []int64, until int64) []int64 {
	from, _ := slices.BinarySearch(times, h.from)
	to, _ := slices.BinarySearch(times, until)
	times = times[from:max(from, to)]
	return times[max(0, len(times)-maxHabitTransfers):]
}

// coincide is the log-likelihood ratio of k of n transfers being aligned, and more are
// not to be expected by habit alone:
//
//	ln P(≥ k of n | q) − ln P(≥ k by chance)
//
// where q is the share of paid-for transfers that come so close to a stream, or what is
// seen where that is more, and chance is that of the history turned round (shift.go). It is
// above 0 or nothing: streams that were not seen are no evidence that none was paid for.
// Fewer than the least number say nothing.
func (f *weightsFile) coincide(h *habit, times []int64) (ratio float64, k int) {
	n := len(times)
	if len(h.spans) == 0 {
		return 0, 0
	}
	if k = aligned(h.spans, times); n == 0 || float64(k) < f.Coincidence.Least.Value {
		return 0, k
	}
	q := max(f.Coincidence.Aligned.Value, float64(k+1)/float64(n+2))
	ratio = math.Log(reach(k, n, q)) - math.Log(chance(h.spans, times, h.from, h.days))
	return max(ratio, 0), k
}

// mostRatio is no less than any ratio of coincide: −ln of the square of the floor of
// chance, in the longest window.
func mostRatio() float64 {
	return -2 * math.Log(1/float64(2*mostHabitDays)+1/float64(2*mostHabitDays/7))
}

// coincidence weighs the transfers that the subject received shortly before or during
// its private sessions, all payers together. Payers who keep a rhythm, and who are
// related, earn nothing: whoever sends money home on pay day calls on pay day.
//
// What a subject pays says nothing about its own streams, so only what it receives
// counts. Transfers are told apart by their instant: the same transfer stands behind
// several typologies.
func (f *weightsFile) coincidence(ev *evidence, h *habit, pairs []pair, talk bool) finding {
	return f.coincided(ev, h, pairs, false, talk, "received", "a private live stream with few viewers")
}

// watchedCoincidence weighs the transfers that the subject sent shortly before or during
// private sessions with few viewers that it watched itself, to whomever: who streams and
// who is paid may be two.
func (f *weightsFile) watchedCoincidence(ev *evidence, h *habit, paid []pair, talk bool) finding {
	return f.coincided(ev, h, paid, true, talk, "sent", "a private live stream with few viewers that the subject watched")
}

func (f *weightsFile) coincided(ev *evidence, h *habit, pairs []pair, paid, talk bool, how, what string) finding {
	if len(h.spans) == 0 {
		return finding{}
	}
	times, from := transfers(ev, pairs, paid)
	times = h.within(times, ev.until)
	ratio, k := f.coincide(h, times)
	if ratio <= 0 {
		return finding{}
	}
	out := finding{value: ratio}
	if talk {
		out.by = append(h.sessions[:len(h.sessions):len(h.sessions)], from...)
		out.says = fmt.Sprintf("%d of %s %s up to %g hours before or during %s; turned round by days and weeks within %d days, the same history has as many in %.1f %% of the ways.",
			k, were(len(times), "transfer"), how, f.Coincidence.LeadHours.Value, what, h.days, 100*chance(h.spans, times, h.from, h.days))
	}
	return out
}

// transfers returns the instants at which the subject received, or sent, transfers that no
// habit of the pair's explains, ascending, and the entries that tell of them. Where the
// others are told apart, those of pairs are taken; where a signal tells no pairs, its own
// times are, unless they keep a rhythm.
func transfers(ev *evidence, pairs []pair, paid bool) (times []int64, from []*entry) {
	for i := range pairs {
		if p := &pairs[i]; p.stranger() {
			times = append(times, p.times...)
		}
	}
	// A time that belongs to a payer who was told apart is that payer's.
	var told []int64
	for i := range pairs {
		told = append(told, pairs[i].times...)
	}
	slices.Sort(told)
	for _, e := range ev.payments {
		p := e.payment
		if p.sender != paid || p.strength <= 0 || len(p.times) == 0 {
			continue
		}
		from = append(from, e)
		if steady(p.times) {
			continue
		}
		for _, t := range p.times {
			if _, known := slices.BinarySearch(told, t); !known {
				times = append(times, t)
			}
		}
	}
	slices.Sort(times)
	return slices.Compact(times), from
}

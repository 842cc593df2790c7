package correlate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// coincidence weighs transfers that the subject received shortly before or
// during private sessions, against what chance would give.
//
// A transfer is aligned when it falls between lead hours before the start of a
// private session and its end. The stretches of the window in which a transfer
// would be aligned, laid together, cover a share p of it: somebody who streams
// every day covers all of it, and then no alignment means anything. If k of n
// transfers are aligned, the log-likelihood ratio of two binomials is
//
//	k ln(q/p) + (n−k) ln((1−q)/(1−p)) − 1,  q = min(k/n, aligned)
//
// where the share q is fitted, for not every paid stream is one that was seen,
// and 1 is taken off for the fitting (Akaike's criterion); aligned is the share
// expected where all were. It counts where it is above 0, k is at least the
// least number and q is above p, and then only up to the most it may be worth.
// It takes transfers for independent, which those on one evening are not, and it
// knows nothing of habits: a tutor is paid as punctually. Hence the limit.
//
// Transfers are told apart by their instant: the same transfer stands behind
// several typologies. What a subject pays says nothing about its own streams, so
// only what it receives counts.
func (f weightsFile) coincidence(ev evidence) Part {
	w := f.Coincidence
	lead := int64(w.LeadHours.Value * float64(time.Hour))
	spans, ids := paidSpans(ev, lead)
	times, paymentIDs := received(ev)
	n, k := len(times), 0
	for _, t := range times {
		if covered(spans, t) {
			k++
		}
	}
	if k == 0 || float64(k) < w.Least.Value {
		return Part{}
	}
	p := float64(length(spans)) / float64(ev.until-ev.since)
	q := min(float64(k)/float64(n), w.Aligned.Value)
	if p >= q {
		return Part{}
	}
	ratio := float64(k)*math.Log(q/p) + float64(n-k)*math.Log((1-q)/(1-p)) - 1
	if ratio <= 0 {
		return Part{}
	}
	return Part{
		Name: partCoincidence, Weight: min(ratio, w.Most.Value), Signals: append(ids, paymentIDs...),
		Says: fmt.Sprintf("%d of %s received up to %g hours before or during a private live stream; by chance %.0f %% would be.",
			k, were(n, "transfer"), w.LeadHours.Value, 100*p),
	}
}

// A span is a stretch of time in Unix nanoseconds, both ends included.
type span struct{ from, to int64 }

// paidSpans returns the stretches in which a transfer is aligned, within the
// window, merged and in order, and the ids of the private sessions.
func paidSpans(ev evidence, lead int64) (spans []span, ids []string) {
	for _, e := range ev.sessions {
		if e.private {
			spans = append(spans, span{max(e.start-lead, ev.since), min(e.end, ev.until-1)})
			ids = append(ids, e.hex())
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	merged := spans[:0]
	for _, s := range spans {
		if last := len(merged) - 1; last >= 0 && s.from <= merged[last].to {
			merged[last].to = max(merged[last].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged, ids
}

func length(spans []span) (sum int64) {
	for _, s := range spans {
		sum += s.to - s.from + 1
	}
	return sum
}

func covered(spans []span, t int64) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return s.from <= t && t <= s.to })
}

// received returns the instants within the window at which the subject received
// transfers that a typology counts, and the ids of those typologies' signals.
func received(ev evidence) (times []int64, ids []string) {
	for _, s := range ev.payments {
		if s.Payment.Role != signal.Recipient || s.Payment.Strength <= 0 {
			continue
		}
		before := len(times)
		for _, at := range s.Payment.Times {
			if at.Before(earliest) || !at.Before(latest) {
				continue // it has no UnixNano
			}
			if t := at.UnixNano(); ev.since <= t && t < ev.until {
				times = append(times, t)
			}
		}
		if len(times) > before {
			ids = append(ids, s.ID)
		}
	}
	slices.Sort(times)
	return slices.Compact(times), ids
}

package typology

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Repetition are the parameters of P02: small transfers again and again, at
// short gaps. Prolific senders stay below AUD 55 at gaps under 20 days (AIC T&I
// 634, AUSTRAC 2023); amounts: Limits.Repeat. How many make a run is ours [A].
type Repetition struct {
	Transfers int           // at least, in a row
	Gap       time.Duration // between two of them, less than this
}

// findRepetition looks for the longest run, of several the latest: over all that
// a sender sends, and for a recipient over what one sender sends, since to be
// paid often by many is what anyone who sells does. Only transfers across a
// border count; those with a shared name and those of steady customers do not.
func findRepetition(v *profile.View, r *Rules) (engine.Finding, bool) {
	small := func(e *profile.Entry) bool {
		other := v.Of(e)
		return e.Abroad() && r.limits.of(e.Currency).Repeat.has(e.Amount) && other.Tie < profile.TieName && !other.Steady
	}
	gap := seconds(r.Repetition.Gap)
	var top run
	if v.Role == signal.Sender {
		top = longestRun(v, v.Pick(small), gap)
	}
	for o := range v.Others {
		if v.Role == signal.Sender || v.Others[o].Transfers < max(r.Repetition.Transfers, len(top)) {
			continue
		}
		one := longestRun(v, v.Pick(func(e *profile.Entry) bool { return int(e.Other) == o && small(e) }), gap)
		if len(one) > len(top) || len(one) > 0 && len(one) == len(top) && one[len(one)-1] > top[len(top)-1] {
			top = one
		}
	}
	if len(top) < r.Repetition.Transfers {
		return engine.Finding{}, false
	}
	end := "sent to " + plural(v.Distinct(top), "recipient", "recipients")
	if v.Role == signal.Recipient {
		end = "received from one sender"
	}
	return engine.Finding{
		Counted: top,
		Says: fmt.Sprintf("%d transfers of %s were %s abroad, each less than %d days after the one before", len(top),
			bands(v, top, func(c profile.Currency) Band { return r.limits.of(c).Repeat }), end, days(r.Repetition.Gap)),
		Strength: grow(30, 4, 60, len(top)-r.Repetition.Transfers),
	}, true
}

// A run is some transfers, each soon after the one before.
type run = []int32

// longestRun returns the longest run among picked transfers, of several the latest.
func longestRun(v *profile.View, picked []int32, gap int64) (top run) {
	from := 0
	for n, i := range picked {
		if n > 0 && v.Entries[i].At-v.Entries[picked[n-1]].At >= gap {
			from = n
		}
		if n+1-from >= len(top) {
			top = picked[from : n+1]
		}
	}
	return top
}

package typology

import (
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Repetition are the parameters of P02: small transfers again and again, at
// short gaps. Amounts: Limits.Repeat.
type Repetition struct {
	Transfers int           // at least, in a row
	Gap       time.Duration // between two of them, less than this
}

func repetition() Pattern {
	return Pattern{
		ID: "P02", Name: "repetition at short gaps",
		Looks: "sender: the longest run of small transfers across a border; recipient: the longest from one sender; not with people who share a name or an address, nor with steady customers",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more, gaps under %d days; bands: %s", r.Repetition.Transfers, days(r.Repetition.Gap), r.allBands(func(l *Limits) Band { return l.Repeat }))
		},
		Source:   "AIC T&I 634 (below AUD 55, gaps under 20 days), AUSTRAC 2023; how many make a run [A]",
		Alike:    "couples apart, workers who send to friends, a viewer who tips one performer",
		Abstains: "amounts without limit or rate, and countries that are not known, are left out",
		leading:  true, find: findRepetition,
	}
}

// findRepetition looks for the longest run, of several the latest: over all that
// a sender sends, and for a recipient over what one sender sends, since to be
// paid often by many is what anyone who sells does.
func findRepetition(v *profile.View, r *Rules) (engine.Finding, bool) {
	if !atLeast(v, r.Repetition.Transfers, markRepeat) {
		return nothing()
	}
	small := func(e *profile.Entry) bool {
		o := v.Of(e)
		return o.Tie < profile.TieName && !o.Steady
	}
	gap := seconds(r.Repetition.Gap)
	var top []int32
	if v.Role == signal.Sender {
		top = longestRun(v, v.PickMarked(markRepeat, small), gap)
	}
	for o := range v.Others {
		if v.Role == signal.Sender || v.Others[o].Transfers < max(r.Repetition.Transfers, len(top)) {
			continue
		}
		one := longestRun(v, v.PickMarked(markRepeat, func(e *profile.Entry) bool { return int(e.Other) == o && small(e) }), gap)
		if len(one) > len(top) || len(one) > 0 && len(one) == len(top) && one[len(one)-1] > top[len(top)-1] {
			top = one
		}
	}
	if len(top) < r.Repetition.Transfers {
		return nothing()
	}
	return engine.Finding{
		Counted: top,
		Says: r.say(func() string {
			end := "received from one sender"
			if v.Role == signal.Sender {
				end = "sent to " + plural(v.Distinct(top), "recipient", "recipients")
			}
			return strconv.Itoa(len(top)) + " transfers of " + r.bands(v, top, func(l *Limits) Band { return l.Repeat }) +
				" were " + end + " abroad, each less than " + strconv.Itoa(days(r.Repetition.Gap)) + " days after the one before" +
				leftOut(v, needAmount|needCountry)
		}),
		Strength: grow(30, 4, 60, len(top)-r.Repetition.Transfers),
	}, true
}

// longestRun returns the longest run among picked transfers, of several the latest:
// each less than a gap after the one before.
func longestRun(v *profile.View, picked []int32, gap int64) (top []int32) {
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

package payments

import (
	"fmt"
	"time"

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
func findRepetition(v view, r Rules) (finding, bool) {
	runs := make(map[token][]*entry)
	var top []*entry
	for i := range v.entries {
		e := &v.entries[i]
		other := v.others[e.other]
		if !e.abroad() || !r.Limits[e.currency].Repeat.has(e.amount) || other.tie == tieName || other.steady {
			continue
		}
		var of token
		if v.role == signal.Recipient {
			of = e.other
		}
		run := runs[of]
		if n := len(run); n > 0 && e.at-run[n-1].at >= int64(r.Repetition.Gap/time.Second) {
			run = nil
		}
		run = append(run, e)
		if runs[of] = run; len(run) >= len(top) {
			top = run
		}
	}
	if len(top) < r.Repetition.Transfers {
		return finding{}, false
	}
	end := "sent to " + plural(distinct(top), "recipient", "recipients")
	if v.role == signal.Recipient {
		end = "received from one sender"
	}
	return finding{
		counted: top,
		says: fmt.Sprintf("%d transfers of %s were %s abroad, each less than %d days after the one before", len(top),
			bands(top, func(c string) Band { return r.Limits[c].Repeat }), end, days(r.Repetition.Gap)),
		strength: grow(30, 4, 60, len(top)-r.Repetition.Transfers),
	}, true
}

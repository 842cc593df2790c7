package typology

import (
	"fmt"
	"strconv"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// FanIn are the parameters of P05. Amounts: Limits.FanIn.
type FanIn struct {
	Senders int // at least, in Rules.Window
}

func fanIn() Pattern {
	return Pattern{
		ID: "P05", Name: "fan-in",
		Looks: "recipient: distinct senders abroad who share no name or address with the recipient and are no steady customers, each transfer small",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more senders in %d days; bands: %s", r.FanIn.Senders, days(r.Window), r.allBands(func(l *Limits) Band { return l.FanIn }))
		},
		Source:   "AUSTRAC [S]: one recipient, several unrelated senders abroad, each 10 to 100; how many are several [A]",
		Alike:    "performers who are tipped, charities, streamers, sellers of small things",
		Abstains: "people whose name is missing do not count; amounts without limit or rate, and countries that are not known, are left out",
		leading:  true, find: findFanIn,
	}
}

// findFanIn counts senders whose name and the recipient's share no word. Steady
// customers do not count.
func findFanIn(v *profile.View, r *Rules) (engine.Finding, bool) {
	if v.Role != signal.Recipient || len(v.Others) < r.FanIn.Senders || !atLeast(v, r.FanIn.Senders, markFanIn) {
		return nothing()
	}
	small := v.PickMarked(markFanIn, func(e *profile.Entry) bool { return stranger(v, e) })
	w := v.Best(small, seconds(r.Window), func(w profile.Span) int { return w.Counterparties*many + w.Transfers() })
	if w.Counterparties < r.FanIn.Senders {
		return nothing()
	}
	counted := small[w.From:w.To]
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return strconv.Itoa(len(counted)) + " of " + strconv.Itoa(between(v, counted)) + " transfers received within " +
				strconv.Itoa(days(r.Window)) + " days were of " + r.bands(v, counted, func(l *Limits) Band { return l.FanIn }) + " from " +
				strconv.Itoa(w.Counterparties) + " senders abroad who share no name with the recipient" + leftOut(v, needAmount|needCountry|needName)
		}),
		Strength: grow(50, 8, 90, w.Counterparties-r.FanIn.Senders),
	}, true
}

package typology

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Round are the parameters of P07: round amounts, which FATF names (a multiple
// of 5, 10 or 50). A multiple is by currency: Limits.Round. That they count only
// across a border and within Limits.Low, and how many do, is ours [A].
type Round struct {
	Transfers int // at least, in Rules.Window
}

// findRound looks at either end. It says very little: most people who send money
// to somebody send a round sum.
func findRound(v *profile.View, r *Rules) (engine.Finding, bool) {
	round := v.Pick(func(e *profile.Entry) bool {
		l := r.limits.of(e.Currency)
		return e.Abroad() && l.Low.has(e.Amount) && l.Round > 0 && e.Amount%l.Round == 0
	})
	w := v.Best(round, seconds(r.Window), profile.Span.Transfers)
	if w.Transfers() < r.Round.Transfers {
		return engine.Finding{}, false
	}
	counted := round[w.From:w.To]
	end := "sent to"
	if v.Role == signal.Recipient {
		end = "received from"
	}
	return engine.Finding{
		Counted: counted,
		Says: fmt.Sprintf("%d transfers of low value %s other countries within %d days were of round amounts",
			len(counted), end, days(r.Window)),
		Strength: grow(10, 1, 20, len(counted)-r.Round.Transfers),
	}, true
}

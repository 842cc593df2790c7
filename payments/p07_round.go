package payments

import (
	"fmt"

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
func findRound(v view, r Rules) (finding, bool) {
	low := v.where(func(e *entry) bool { return e.abroad() && r.Limits[e.currency].Low.has(e.amount) })
	var round []*entry
	for _, e := range low {
		if unit := r.Limits[e.currency].Round; unit > 0 && e.amount%unit == 0 {
			round = append(round, e)
		}
	}
	w := best(round, r.Window, window.transfers)
	if w.transfers() < r.Round.Transfers {
		return finding{}, false
	}
	counted := round[w.from:w.to]
	end := "sent to"
	if v.role == signal.Recipient {
		end = "received from"
	}
	return finding{
		counted: counted,
		says: fmt.Sprintf("%d transfers of low value %s other countries within %d days were of round amounts",
			len(counted), end, days(r.Window)),
		strength: grow(10, 1, 20, len(counted)-r.Round.Transfers),
	}, true
}

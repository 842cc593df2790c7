package payments

import (
	"fmt"

	"github.com/vigil-stream/vigil/signal"
)

// LowValue are the parameters of P01: low-value transfers across a border.
// Amounts: Limits.Low. AUSTRAC 2025, FATF 2025, ECPAT Sweden, AMLC 2020,
// Chainalysis 2024. How many make a pattern is ours [A].
type LowValue struct {
	Transfers int // at least, in Rules.Window
}

// findLowValue looks at either end. It is weak: family, tutors, donors and
// freelancers all have such transfers.
func findLowValue(v view, r Rules) (finding, bool) {
	low := v.where(func(e *entry) bool { return e.abroad() && r.Limits[e.currency].Low.has(e.amount) })
	w := best(low, r.Window, window.transfers)
	if w.transfers() < r.LowValue.Transfers {
		return finding{}, false
	}
	counted := low[w.from:w.to]
	end := "sent to other countries"
	if v.role == signal.Recipient {
		end = "received from other countries"
	}
	return finding{
		counted: counted,
		says: fmt.Sprintf("%d transfers of %s were %s within %d days", len(counted),
			bands(counted, func(c string) Band { return r.Limits[c].Low }), end, days(r.Window)),
		strength: grow(20, 2, 40, len(counted)-r.LowValue.Transfers),
	}, true
}

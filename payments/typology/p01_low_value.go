package typology

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
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
func findLowValue(v *profile.View, r *Rules) (engine.Finding, bool) {
	low := v.Pick(func(e *profile.Entry) bool { return e.Abroad() && r.limits.of(e.Currency).Low.has(e.Amount) })
	w := v.Best(low, seconds(r.Window), profile.Span.Transfers)
	if w.Transfers() < r.LowValue.Transfers {
		return engine.Finding{}, false
	}
	counted := low[w.From:w.To]
	end := "sent to other countries"
	if v.Role == signal.Recipient {
		end = "received from other countries"
	}
	return engine.Finding{
		Counted: counted,
		Says: fmt.Sprintf("%d transfers of %s were %s within %d days", len(counted),
			bands(v, counted, func(c profile.Currency) Band { return r.limits.of(c).Low }), end, days(r.Window)),
		Strength: grow(20, 2, 40, len(counted)-r.LowValue.Transfers),
	}, true
}

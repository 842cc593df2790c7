package typology

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// FanIn are the parameters of P05: one recipient, several unrelated senders
// abroad, each 10 to 100 (AUSTRAC). Amounts: Limits.FanIn. What is several is
// ours [A].
type FanIn struct {
	Senders int // at least, in Rules.Window
}

// findFanIn counts senders whose name and the recipient's share no word; where a
// name is missing nothing is known, and the sender does not count. Steady
// customers do not count either. Charities and performers look the same.
func findFanIn(v *profile.View, r *Rules) (engine.Finding, bool) {
	if v.Role != signal.Recipient {
		return engine.Finding{}, false
	}
	small := v.Pick(func(e *profile.Entry) bool {
		other := v.Of(e)
		return e.Abroad() && r.limits.of(e.Currency).FanIn.has(e.Amount) && other.Tie == profile.TieNone && !other.Steady
	})
	w := v.Best(small, seconds(r.Window), func(w profile.Span) int { return w.Counterparties*many + w.Transfers() })
	if w.Counterparties < r.FanIn.Senders {
		return engine.Finding{}, false
	}
	counted := small[w.From:w.To]
	return engine.Finding{
		Counted: counted,
		Says: fmt.Sprintf("%d of %d transfers received within %d days were of %s from %d senders abroad who share no name with the recipient",
			len(counted), between(v, counted), days(r.Window),
			bands(v, counted, func(c profile.Currency) Band { return r.limits.of(c).FanIn }), w.Counterparties),
		Strength: grow(50, 8, 90, w.Counterparties-r.FanIn.Senders),
	}, true
}

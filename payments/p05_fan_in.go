package payments

import (
	"fmt"

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
func findFanIn(v view, r Rules) (finding, bool) {
	if v.role != signal.Recipient {
		return finding{}, false
	}
	small := v.where(func(e *entry) bool {
		other := v.others[e.other]
		return e.abroad() && r.Limits[e.currency].FanIn.has(e.amount) && other.tie == tieNone && !other.steady
	})
	w := best(small, r.Window, func(w window) int { return w.counterparties*(maxEntries+1) + w.transfers() })
	if w.counterparties < r.FanIn.Senders {
		return finding{}, false
	}
	counted := small[w.from:w.to]
	return finding{
		counted: counted,
		says: fmt.Sprintf("%d of %d transfers received within %d days were of %s from %d senders abroad who share no name with the recipient",
			len(counted), v.between(counted), days(r.Window),
			bands(counted, func(c string) Band { return r.Limits[c].FanIn }), w.counterparties),
		strength: grow(50, 8, 90, w.counterparties-r.FanIn.Senders),
	}, true
}

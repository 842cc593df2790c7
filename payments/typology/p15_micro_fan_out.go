package typology

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// MicroFanOut are the parameters of P15. Amounts: Limits.Micro.
type MicroFanOut struct {
	Transfers  int // at least
	Recipients int // at least
	Within     time.Duration
	Cash       int // percent of them that cash funded, where it is known, at least
}

func microFanOut() Pattern {
	return Pattern{
		ID: "P15", Name: "micro fan-out",
		Looks: "sender: payments of about one euro by the hundred within days, to many recipients, funded by cash",
		Parameters: func(r *Rules) string {
			m := r.MicroFanOut
			return fmt.Sprintf("%d or more to %d or more recipients in %d days; cash funded %d %% of those of which it is known; bands: %s", m.Transfers, m.Recipients, days(m.Within), m.Cash, r.allBands(func(l *Limits) Band { return l.Micro }))
		},
		Source:   "claim of a vendor [S2]: hundreds of payments in days, median around EUR 1, cash-in; the numbers [A]",
		Alike:    "tippers on platforms of micropayments, small shops that pay back, testers of payment systems",
		Abstains: "where it is not known of any what funded it; amounts without limit or rate",
		leading:  true, find: findMicroFanOut,
	}
}

func findMicroFanOut(v *profile.View, r *Rules) (engine.Finding, bool) {
	m := r.MicroFanOut
	if v.Role != signal.Sender || len(v.Entries) < m.Transfers || !atLeast(v, m.Transfers, markMicro) {
		return nothing()
	}
	micro := v.PickMarked(markMicro, nil)
	w := v.Best(micro, seconds(m.Within), func(w profile.Span) int { return min(w.Counterparties, m.Recipients)*many + w.Transfers() })
	counted := micro[w.From:w.To]
	cash, known := 0, 0
	for _, i := range counted {
		switch v.Entries[i].Funding {
		case 0:
		case profile.FundedByCash:
			cash++
			known++
		default:
			known++
		}
	}
	if len(counted) < m.Transfers || w.Counterparties < m.Recipients || known == 0 || 100*cash < m.Cash*known {
		return nothing()
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return fmt.Sprintf("%d payments of %s went to %d recipients within %d days; cash funded %d of the %d of which it is known%s",
				len(counted), r.bands(v, counted, func(l *Limits) Band { return l.Micro }), w.Counterparties, days(m.Within), cash, known, leftOut(v, needAmount))
		}),
		Strength: grow(40, 1, 70, (len(counted)-m.Transfers)/10),
	}, true
}

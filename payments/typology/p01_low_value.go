package typology

import (
	"fmt"
	"strconv"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// LowValue are the parameters of P01: low-value transfers across a border.
// Amounts: Limits.Low.
type LowValue struct {
	Transfers int // at least, in Rules.Window
}

func lowValue() Pattern {
	return Pattern{
		ID: "P01", Name: "low-value cross-border transfers",
		Looks: "sender or recipient: transfers across a border whose amount is in the low band of its currency",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more in %d days; bands: %s", r.LowValue.Transfers, days(r.Window), r.allBands(func(l *Limits) Band { return l.Low }))
		},
		Source:   "AUSTRAC 2025, FATF 2025, ECPAT Sweden, AMLC 2020, Chainalysis 2024; how many make a pattern [A]",
		Alike:    "nearly all who send or get small sums abroad: families, tutors, donors, performers, couples",
		Abstains: "amounts without limit or rate, and countries that are not known, are left out",
		find:     findLowValue,
	}
}

// findLowValue looks at either end. It is weak: most remittances look like this.
func findLowValue(v *profile.View, r *Rules) (engine.Finding, bool) {
	counted := mostMarked(v, profile.Low, r.LowValue.Transfers, r.Window)
	if counted == nil {
		return nothing()
	}
	end := "sent to other countries"
	if v.Role == signal.Recipient {
		end = "received from other countries"
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return strconv.Itoa(len(counted)) + " transfers of " + r.bands(v, counted, func(l *Limits) Band { return l.Low }) +
				" were " + end + " within " + strconv.Itoa(days(r.Window)) + " days" + leftOut(v, needAmount|needCountry)
		}),
		Strength: grow(20, 2, 40, len(counted)-r.LowValue.Transfers),
	}, true
}

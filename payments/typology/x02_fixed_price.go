package typology

import (
	"fmt"
	"strconv"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// FixedPrice are the parameters of X02.
type FixedPrice struct {
	Transfers int // of one amount, at least
	Percent   int // of all low-value ones
	Payers    int // who pay it, at least
}

func fixedPrice() Pattern {
	return Pattern{
		ID: "X02", Name: "fixed price",
		Looks: "recipient: low-value transfers across a border that are of one amount for several payers; it speaks for an innocent trade, and against a suspicion",
		Parameters: func(r *Rules) string {
			x := r.FixedPrice
			return fmt.Sprintf("%d or more of one amount, which are %d %% of the low-value ones, from %d or more payers", x.Transfers, x.Percent, x.Payers)
		},
		Source:   "[A]: lessons, memberships and subscriptions have a price; AIC T&I 589 and 639 have amounts of all sizes for one recipient",
		Alike:    "a facilitator with one price for everything, who would be taken for a tutor by this alone: which is why it weighs against only so much",
		Abstains: "amounts without limit or rate, and countries that are not known, are left out",
		Mild:     true, find: findFixedPrice,
	}
}

// findFixedPrice looks for the amount of most transfers.
func findFixedPrice(v *profile.View, r *Rules) (engine.Finding, bool) {
	x := &r.FixedPrice
	if v.Role != signal.Recipient || !atLeast(v, x.Transfers, profile.Low) {
		return nothing()
	}
	// The majority's amount, if there is one, is left over when unlike ones cancel out
	// (Boyer and Moore 1981). Less than half is no fixed price.
	var amount int64
	var currency profile.Currency
	low, votes := 0, 0
	for i := range v.Entries {
		e := &v.Entries[i]
		if e.Marks&profile.Low == 0 {
			continue
		}
		low++
		switch {
		case votes == 0:
			amount, currency, votes = e.Amount, e.Currency, 1
		case e.Amount == amount && e.Currency == currency:
			votes++
		default:
			votes--
		}
	}
	counted := v.PickMarked(profile.Low, func(e *profile.Entry) bool {
		return e.Amount == amount && e.Currency == currency
	})
	if len(counted) < x.Transfers || 100*len(counted) < x.Percent*low {
		return nothing()
	}
	payers := v.Distinct(counted)
	if payers < x.Payers {
		return nothing()
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return strconv.Itoa(len(counted)) + " of " + strconv.Itoa(low) + " transfers of low value received from abroad were of one and the same amount, from " +
				strconv.Itoa(payers) + " payers" + leftOut(v, needAmount|needCountry)
		}),
		Strength: float64(100*len(counted)/low) / 100,
	}, true
}

package typology

import (
	"fmt"
	"strconv"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// Round are the parameters of P07: round amounts. A multiple is by currency:
// Limits.Round.
type Round struct {
	Transfers int // at least, in Rules.Window
}

func round() Pattern {
	return Pattern{
		ID: "P07", Name: "round amounts",
		Looks: "sender or recipient: low-value transfers across a border whose amount is a multiple of the currency's round unit",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more in %d days; units: 5 AUD, 5 EUR, 500 PHP, 50 SEK, 5 USD", r.Round.Transfers, days(r.Window))
		},
		Source:   "FATF [S2]: amount modulo 5, 10, 50; that they count only across a border and at low value, and how many do [A]",
		Alike:    "most people who send money to somebody",
		Abstains: "currencies without a unit: a converted amount is hardly ever round; countries that are not known",
		find:     findRound,
	}
}

// findRound looks at either end. It says very little.
func findRound(v *profile.View, r *Rules) (engine.Finding, bool) {
	counted := mostMarked(v, profile.Low|profile.Round, r.Round.Transfers, r.Window)
	if counted == nil {
		return nothing()
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return strconv.Itoa(len(counted)) + " transfers of low value " + sentOrReceived(v) + " other countries within " +
				strconv.Itoa(days(r.Window)) + " days were of round amounts" + leftOut(v, needAmount|needCountry)
		}),
		Strength: grow(10, 1, 20, len(counted)-r.Round.Transfers),
	}, true
}

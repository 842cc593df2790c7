package typology

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Travel are the parameters of P11.
type Travel struct {
	Withdrawals int // of cash where no tourists go, at least
	Transfers   int // low-value transfers to strangers in the same country, at least
}

func travel() Pattern {
	return Pattern{
		ID: "P11", Name: "travel",
		Looks: "sender: cash taken abroad in a place where tourists do not go, in a country to which low-value transfers went to people who share no name or address; purchases of travel there are told beside",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more withdrawals and %d or more transfers in 90 days", r.Travel.Withdrawals, r.Travel.Transfers)
		},
		Source:   "FINTRAC 2025 [S2]: trips to, or cash in, a destination outside tourist regions. Instead of a list of destinations, the country that the money went to, so that no country counts by itself [A]; how many [A]. Where tourists go: data of package split",
		Alike:    "people who visit a partner, friends or in-laws whom they support, volunteers, workers on a project",
		Abstains: "places of which it is not known whether tourists go there; people whose name is missing; amounts without limit or rate",
		leading:  true, find: findTravel,
	}
}

func findTravel(v *profile.View, r *Rules) (engine.Finding, bool) {
	if v.Role != signal.Sender {
		return nothing()
	}
	var there profile.Country
	for i := len(v.Entries) - 1; i >= 0; i-- { // the latest country first
		e := &v.Entries[i]
		if !strayCash(e) || e.OtherCountry == there {
			continue
		}
		there = e.OtherCountry
		cash, sent := 0, 0
		for j := range v.Entries {
			if e := &v.Entries[j]; e.OtherCountry == there {
				if strayCash(e) {
					cash++
				} else if e.Marks&profile.Low != 0 && e.Bought == 0 && stranger(v, e) {
					sent++
				}
			}
		}
		if cash < r.Travel.Withdrawals || sent < r.Travel.Transfers {
			continue
		}
		trips := 0
		counted := v.Pick(func(e *profile.Entry) bool {
			if e.OtherCountry != there {
				return false
			}
			if e.Bought&profile.BoughtTravel != 0 {
				trips++
				return true
			}
			return strayCash(e) || e.Marks&profile.Low != 0 && e.Bought == 0 && stranger(v, e)
		})
		return engine.Finding{
			Counted: counted,
			Says: r.say(func() string {
				return fmt.Sprintf("cash was taken %s where tourists do not go, in a country to which %d transfers of low value went to people who share no name with the sender; %s of travel there%s",
					plural(cash, "time", "times"), sent, plural(trips, "purchase", "purchases"), leftOut(v, needAmount|needName))
			}),
			Strength: grow(40, 5, 60, cash-r.Travel.Withdrawals+trips),
		}, true
	}
	return nothing()
}

// strayCash is cash taken abroad where no tourists go.
func strayCash(e *profile.Entry) bool {
	return e.Bought&profile.BoughtWithdrawal != 0 && e.Tourists == profile.No && e.Abroad()
}

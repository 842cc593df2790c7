package typology

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// NoTie are the parameters of P14.
type NoTie struct {
	Transfers int // at least, in Rules.Window
}

func noTie() Pattern {
	return Pattern{
		ID: "P14", Name: "no tie to the destination",
		Looks: "sender: beside another finding, low-value transfers to countries in which all people paid share no name or address with the sender and were first paid in this window",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more in the last %d days of the profile", r.NoTie.Transfers, days(r.Window))
		},
		Source:    "FinCEN FIN-2025-NTC2 [S2]; what an earlier relationship is, and how many [A]. A name in common is any word of it, so that surnames are not told from given names",
		Alike:     "everybody who begins to pay somebody abroad: which is why it is never alone",
		Abstains:  "fires only beside another finding; people whose name is missing; profiles that are not older than the window",
		companion: true, find: findNoTie,
	}
}

func findNoTie(v *profile.View, r *Rules) (engine.Finding, bool) {
	if v.Role != signal.Sender || !atLeast(v, r.NoTie.Transfers, profile.Low) {
		return nothing()
	}
	from := v.Newest - seconds(r.Window)
	if !v.Sketched && v.Entries[0].At >= from {
		return nothing() // whether there was an earlier relationship is not known
	}
	counted := v.Pick(func(e *profile.Entry) bool {
		return e.At >= from && e.Marks&profile.Low != 0 && noTieTo(v, e.OtherCountry, from)
	})
	if len(counted) < r.NoTie.Transfers {
		return nothing()
	}
	if _, ok := r.leading(v); !ok {
		return nothing()
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return fmt.Sprintf("%d transfers of low value within %d days went to %s in countries where the sender has paid nobody with a name or an address in common, and nobody before",
				len(counted), days(r.Window), plural(v.Distinct(counted), "person", "people"))
		}),
		Strength: grow(10, 1, 20, len(counted)-r.NoTie.Transfers),
	}, true
}

// noTieTo reports whether all who were paid in a country are known to share neither
// name nor address with the sender, and were first paid from a time on.
func noTieTo(v *profile.View, country profile.Country, from int64) bool {
	for i := range v.Entries {
		if e := &v.Entries[i]; e.OtherCountry == country {
			if o := v.Of(e); o.Tie != profile.TieNone || o.First < from {
				return false
			}
		}
	}
	return true
}

package typology

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Night are the parameters of P06.
type Night struct {
	Transfers int // at least, at night at the sender's end, in Rules.Window
	Percent   int // of those whose hour is known, at least
}

func night() Pattern {
	return Pattern{
		ID: "P06", Name: "night",
		Looks: "sender or recipient: low-value transfers across a border that were sent between 23:00 and 05:00 where the sender is; how many came at night where the recipient is, is told apart and counts for nothing",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more in %d days, and %d %% of those whose hour is known", r.Night.Transfers, days(r.Window), r.Night.Percent)
		},
		Source:   "FATF, ECPAT, Chainalysis [S/S2]; how many, and which share [A]. The recipient's night does not count, because an evening in one country is the night of another: it would count the corridor",
		Alike:    "people who work at night, performers and gamers whose viewers are up late",
		Abstains: "transfers of countries whose time zones disagree, of countries that are not known, and of times that are a date alone",
		find:     findNight,
	}
}

// sendersNight says whether it was night where the sender is.
func sendersNight(v *profile.View, e *profile.Entry) profile.Answer {
	if v.Role == signal.Recipient {
		return e.OtherNight
	}
	return e.Night
}

func recipientsNight(v *profile.View, e *profile.Entry) profile.Answer {
	if v.Role == signal.Recipient {
		return e.Night
	}
	return e.OtherNight
}

func findNight(v *profile.View, r *Rules) (engine.Finding, bool) {
	if !atLeast(v, r.Night.Transfers, profile.Low) {
		return nothing()
	}
	atNight := v.PickMarked(profile.Low, func(e *profile.Entry) bool { return sendersNight(v, e) == profile.Yes })
	counted := v.Most(atNight, seconds(r.Window))
	if len(counted) < r.Night.Transfers {
		return nothing()
	}
	from, to := v.Entries[counted[0]].At, v.Entries[counted[len(counted)-1]].At
	known, other := 0, 0
	for i := range v.Entries {
		e := &v.Entries[i]
		if e.At < from || e.At > to || e.Marks&profile.Low == 0 || sendersNight(v, e) == profile.Unknown {
			continue
		}
		known++
		if recipientsNight(v, e) == profile.Yes {
			other++
		}
	}
	if 100*len(counted) < r.Night.Percent*known {
		return nothing()
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return fmt.Sprintf("%d of %d transfers of low value across a border within %d days were sent between 23:00 and 05:00 where the sender is; at %d of the %d it was night where the recipient is, which counts for nothing%s",
				len(counted), known, days(r.Window), other, known, leftOut(v, needNight))
		}),
		Strength: grow(20, 2, 40, len(counted)-r.Night.Transfers),
	}, true
}

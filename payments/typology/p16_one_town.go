package typology

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// OneTown are the parameters of P16.
type OneTown struct {
	Recipients    int // in one municipality, at least, in Rules.Window
	PaidOutWithin time.Duration
	Percent       int // of these transfers that were paid out as quickly, at least
}

func oneTown() Pattern {
	return Pattern{
		ID: "P16", Name: "recipients close together, quick cash-out",
		Looks: "sender: recipients in one municipality abroad who share no name or address with the sender, of low-value transfers most of which were soon taken as cash; towns are tokens here",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more recipients in %d days; cash within %d h for %d %% of the transfers", r.OneTown.Recipients, days(r.Window), int(r.OneTown.PaidOutWithin/time.Hour), r.OneTown.Percent)
		},
		Source:   "recalled and unverified: no document was found; all numbers [A]",
		Alike:    "donors to a village, employers of seasonal workers, travellers who keep friends in a place",
		Abstains: "towns or payouts that are not told; people whose name is missing; amounts without limit or rate",
		leading:  true, find: findOneTown,
	}
}

func findOneTown(v *profile.View, r *Rules) (engine.Finding, bool) {
	if v.Role != signal.Sender {
		return nothing()
	}
	soon := int32(r.OneTown.PaidOutWithin / time.Minute)
	quick := func(e *profile.Entry) bool { return e.PaidOutAfter > 0 && e.PaidOutAfter <= soon }
	n := 0
	for i := range v.Entries {
		if e := &v.Entries[i]; quick(e) && e.OtherTown != 0 {
			n++
		}
	}
	if 100*n < r.OneTown.Recipients*r.OneTown.Percent {
		return nothing()
	}
	var town uint64
	for i := len(v.Entries) - 1; i >= 0; i-- { // the town paid last, first
		e := &v.Entries[i]
		if e.OtherTown == 0 || e.OtherTown == town || !quick(e) {
			continue
		}
		town = e.OtherTown
		picked := v.Pick(func(e *profile.Entry) bool {
			return e.OtherTown == town && e.Marks&profile.Low != 0 && stranger(v, e)
		})
		w := v.Best(picked, seconds(r.Window), func(w profile.Span) int { return w.Counterparties*many + w.Transfers() })
		counted := picked[w.From:w.To]
		cashed := 0
		for _, j := range counted {
			if quick(&v.Entries[j]) {
				cashed++
			}
		}
		if w.Counterparties < r.OneTown.Recipients || 100*cashed < r.OneTown.Percent*len(counted) {
			continue
		}
		return engine.Finding{
			Counted: counted,
			Says: r.say(func() string {
				return fmt.Sprintf("%d transfers of low value within %d days went to %d recipients in one municipality abroad who share no name with the sender, and %d were taken as cash within %d hours (an indicator recalled from practice and not verified)%s",
					len(counted), days(r.Window), w.Counterparties, cashed, int(r.OneTown.PaidOutWithin/time.Hour), leftOut(v, needAmount|needName))
			}),
			Strength: grow(30, 5, 50, w.Counterparties-r.OneTown.Recipients),
		}, true
	}
	return nothing()
}

package typology

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// SeveralRecipients are the parameters of P04. Amounts: Limits.Each.
type SeveralRecipients struct {
	Recipients int // at least, in Rules.Window
}

func severalRecipients() Pattern {
	return Pattern{
		ID: "P04", Name: "several unrelated recipients",
		Looks: "sender: distinct recipients abroad who share no name or address with the sender and are no steady ones, each transfer small",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more recipients in %d days; bands: %s", r.SeveralRecipients.Recipients, days(r.Window), r.allBands(func(l *Limits) Band { return l.Each }))
		},
		Source:   "AMLC 2020 [S2]: several recipients of different surnames, up to USD 200 each; how many are several [A]. Whether recipients share a name with each other is not in a profile",
		Alike:    "donors to several people, gamers who gift streamers, people who pay freelancers or hosts abroad",
		Abstains: "people whose name is missing do not count; amounts without limit or rate, and countries that are not known, are left out",
		leading:  true, find: findSeveralRecipients,
	}
}

func findSeveralRecipients(v *profile.View, r *Rules) (engine.Finding, bool) {
	if v.Role != signal.Sender || len(v.Others) < r.SeveralRecipients.Recipients || !atLeast(v, r.SeveralRecipients.Recipients, markEach) {
		return nothing()
	}
	small := v.PickMarked(markEach, func(e *profile.Entry) bool { return stranger(v, e) })
	w := v.Best(small, seconds(r.Window), func(w profile.Span) int { return w.Counterparties*many + w.Transfers() })
	if w.Counterparties < r.SeveralRecipients.Recipients {
		return nothing()
	}
	counted := small[w.From:w.To]
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return fmt.Sprintf("%d of %d transfers sent within %d days were of %s to %d recipients abroad who share no name with the sender%s",
				len(counted), between(v, counted), days(r.Window),
				r.bands(v, counted, func(l *Limits) Band { return l.Each }), w.Counterparties, leftOut(v, needAmount|needCountry|needName))
		}),
		Strength: grow(40, 5, 70, w.Counterparties-r.SeveralRecipients.Recipients),
	}, true
}

package typology

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// Cover are the parameters of P08: references that name a harmless purpose, or a
// social handle (AUSTRAC, FATF). What the text speaks of, and not the text, is
// known here. One purpose between two people is what it says it is; several
// purposes, or one from several strangers, are less so [A].
type Cover struct {
	Transfers int // at least, in Rules.Window
	Distinct  int // classes and counterparties together, at least
}

// findCover looks at either end, at transfers of low value across a border whose
// ends share no name.
func findCover(v *profile.View, r *Rules) (engine.Finding, bool) {
	cover := v.Pick(func(e *profile.Entry) bool {
		return e.Classes != 0 && e.Abroad() && r.limits.of(e.Currency).Low.has(e.Amount) && v.Of(e).Tie == profile.TieNone
	})
	various := func(w profile.Span) int { return w.Counterparties + w.Classes }
	w := v.Best(cover, seconds(r.Window), func(w profile.Span) int {
		if w.Transfers() < r.Cover.Transfers {
			return 0 // or one transfer with many classes would hide two that are enough
		}
		return various(w)*many + w.Transfers()
	})
	if w.Transfers() < r.Cover.Transfers || various(w) < r.Cover.Distinct {
		return engine.Finding{}, false
	}
	counted := cover[w.From:w.To]
	return engine.Finding{
		Counted: counted,
		Says: fmt.Sprintf("%d transfers of low value across a border within %d days had references of %s, between the subject and %s with no name in common",
			len(counted), days(r.Window), plural(w.Classes, "harmless kind", "harmless kinds"),
			plural(w.Counterparties, "person", "people")),
		Strength: grow(30, 8, 70, various(w)-r.Cover.Distinct),
	}, true
}

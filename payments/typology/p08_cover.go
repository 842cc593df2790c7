package typology

import (
	"fmt"
	"strconv"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// Cover are the parameters of P08. One purpose is what it says it is, from however
// many people it comes: a teacher's lessons, a landlord's rent, a charity's school.
// Several purposes are less so [A].
type Cover struct {
	Transfers int // at least, in Rules.Window
	Kinds     int // of references, at least
	Distinct  int // kinds and counterparties together, at least
}

func cover() Pattern {
	return Pattern{
		ID: "P08", Name: "benign-cover reference",
		Looks: "sender or recipient: low-value transfers across a border with people who share no name or address, whose reference names school, medicine, a room, family support, education or a social handle; what it speaks of is known here, not the text",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more in %d days; %d or more kinds of reference, which with the people are %d or more", r.Cover.Transfers, days(r.Window), r.Cover.Kinds, r.Cover.Distinct)
		},
		Source:   "AUSTRAC, FATF [S]: the classes; the words that make them, and how many count [A]",
		Alike:    "people who pay rent and a hospital for friends, charities for several needs",
		Abstains: "people whose name is missing do not count; amounts without limit or rate, and countries that are not known, are left out",
		leading:  true, find: findCover,
	}
}

func findCover(v *profile.View, r *Rules) (engine.Finding, bool) {
	if !atLeast(v, r.Cover.Transfers, profile.Low) {
		return nothing()
	}
	picked := v.PickMarked(profile.Low, func(e *profile.Entry) bool {
		return e.Classes != 0 && v.Of(e).Tie == profile.TieNone
	})
	various := func(w profile.Span) int { return w.Counterparties + w.Classes }
	w := v.Best(picked, seconds(r.Window), func(w profile.Span) int {
		if w.Transfers() < r.Cover.Transfers || w.Classes < r.Cover.Kinds {
			return 0 // or one transfer with many classes would hide two that are enough
		}
		return various(w)*many + w.Transfers()
	})
	if w.Transfers() < r.Cover.Transfers || w.Classes < r.Cover.Kinds || various(w) < r.Cover.Distinct {
		return nothing()
	}
	counted := picked[w.From:w.To]
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return strconv.Itoa(len(counted)) + " transfers of low value across a border within " + strconv.Itoa(days(r.Window)) +
				" days had references of " + plural(w.Classes, "harmless kind", "harmless kinds") + ", between the subject and " +
				plural(w.Counterparties, "person", "people") + " with no name in common" + leftOut(v, needAmount|needCountry|needName)
		}),
		Strength: grow(30, 8, 70, various(w)-r.Cover.Distinct),
	}, true
}

package payments

import "fmt"

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
func findCover(v view, r Rules) (finding, bool) {
	cover := v.where(func(e *entry) bool {
		return e.classes != 0 && e.abroad() && r.Limits[e.currency].Low.has(e.amount) && v.others[e.other].tie == tieNone
	})
	various := func(w window) int { return w.counterparties + w.classes }
	w := best(cover, r.Window, func(w window) int {
		if w.transfers() < r.Cover.Transfers {
			return 0 // or one transfer with many classes would hide two that are enough
		}
		return various(w)*(maxEntries+1) + w.transfers()
	})
	if w.transfers() < r.Cover.Transfers || various(w) < r.Cover.Distinct {
		return finding{}, false
	}
	counted := cover[w.from:w.to]
	return finding{
		counted: counted,
		says: fmt.Sprintf("%d transfers of low value across a border within %d days had references of %s, between the subject and %s with no name in common",
			len(counted), days(r.Window), plural(w.classes, "harmless kind", "harmless kinds"),
			plural(w.counterparties, "person", "people")),
		strength: grow(30, 8, 70, various(w)-r.Cover.Distinct),
	}, true
}

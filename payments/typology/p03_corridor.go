package typology

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// CorridorNamed are the parameters of P03. The corridors are Rules.Corridors.
type CorridorNamed struct {
	Transfers int // at least, among those that another finding counts
}

func corridorNamed() Pattern {
	return Pattern{
		ID: "P03", Name: "corridor",
		Looks: "whether what another finding counts went along a corridor that a financial intelligence unit named",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more along it; corridors %s", r.CorridorNamed.Transfers, r.Corridors.version)
		},
		Source:    "AMLC 2023, FINTRAC 2020 and 2025 [S2]; strength fixed [A]",
		Alike:     "everybody who sends money home along it: which is why it is never alone, never stronger, and has no weight in a case",
		Abstains:  "fires only beside another finding; countries that are not known are left out",
		companion: true, find: findCorridor,
	}
}

// findCorridor tells a reviewer what was written of a corridor, and no more: its
// strength is the same for all, and package correlate refuses to give it a weight.
func findCorridor(v *profile.View, r *Rules) (engine.Finding, bool) {
	if !atLeast(v, r.CorridorNamed.Transfers, profile.Low) {
		return nothing()
	}
	n := 0
	for i := 0; i < len(v.Entries) && n < r.CorridorNamed.Transfers; i++ {
		if alongCorridor(v, &v.Entries[i], r) {
			n++
		}
	}
	if n < r.CorridorNamed.Transfers {
		return nothing()
	}
	beside, ok := r.leading(v)
	if !ok {
		return nothing()
	}
	var counted []int32
	var sources []string
	var origin, destination profile.Country
	for _, i := range beside.Counted {
		e := &v.Entries[i]
		if !alongCorridor(v, e, r) {
			continue
		}
		counted = append(counted, i)
		if o, d := ends(v, e); o != origin || d != destination {
			origin, destination = o, d
			sources = r.Corridors.named(sources, o, d)
		}
	}
	if len(counted) < r.CorridorNamed.Transfers {
		return nothing()
	}
	slices.Sort(sources)
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return strconv.Itoa(len(counted)) + " of these transfers went along a corridor that " + strings.Join(sources, " and ") +
				" named; most money on it is sent home to families, and by itself this says nothing"
		}),
		Strength: 0.1,
	}, true
}

func alongCorridor(v *profile.View, e *profile.Entry, r *Rules) bool {
	if e.Marks&profile.Low == 0 {
		return false
	}
	origin, destination := ends(v, e)
	return r.Corridors.has(origin, destination)
}

// ends are the countries of a transfer's sender and recipient.
func ends(v *profile.View, e *profile.Entry) (origin, destination profile.Country) {
	if v.Role == signal.Recipient {
		return e.OtherCountry, e.Country
	}
	return e.Country, e.OtherCountry
}

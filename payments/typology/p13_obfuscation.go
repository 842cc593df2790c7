package typology

import (
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// Obfuscation are the parameters of P13.
type Obfuscation struct {
	Transfers int // of a virtual asset between the subject and strangers, at least, in Rules.Window
	Again     int // to or from one address, at least, to count as again and again
	Facts     int // of those below, at least
}

func obfuscation() Pattern {
	return Pattern{
		ID: "P13", Name: "virtual-asset obfuscation",
		Looks: "sender or recipient: transfers of a virtual asset, and how many of these are there: one address again and again; prepaid funding; exposure to a mixer or an instant exchanger; a known place abroad together with any exposure; an address that a provider labels as material of child sexual abuse, which is enough by itself",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more in %d days, %d or more with one address, %d or more of the facts", r.Obfuscation.Transfers, days(r.Window), r.Obfuscation.Again, r.Obfuscation.Facts)
		},
		Source:   "Chainalysis, FINTRAC 2025: the facts; how many [A]. Exposures are as an analytics provider says, and no more certain than that",
		Alike:    "people who value privacy, who save into one wallet, whose exchange paid them from a pool that others used",
		Abstains: "transfers without exposures, funding or place have fewer facts; which country it is does not count",
		leading:  true, find: findObfuscation,
	}
}

func findObfuscation(v *profile.View, r *Rules) (engine.Finding, bool) {
	n := 0
	for i := range v.Entries {
		if v.Entries[i].Rail&profile.RailVirtual != 0 {
			n++
		}
	}
	if n == 0 {
		return nothing()
	}
	hiding := profile.ExposuresOf("mixer") | profile.ExposuresOf("instant-exchanger")
	abuse := profile.ExposuresOf("csam")
	prepaid := profile.ExposuresOf("prepaid")

	virtual := v.Pick(func(e *profile.Entry) bool { return e.Rail&profile.RailVirtual != 0 && v.Of(e).Tie < profile.TieName })
	counted := v.Most(virtual, seconds(r.Window))
	var labelled, hidden, funded, placed int
	for _, i := range counted {
		e := &v.Entries[i]
		if e.Exposures&abuse != 0 {
			labelled++
		}
		if e.Exposures&hiding != 0 {
			hidden++
		}
		if e.Funding == profile.FundedByPrepaid || e.Exposures&prepaid != 0 {
			funded++
		}
		if e.Abroad() && e.Exposures != 0 {
			placed++
		}
	}
	again := mostWithOne(v, counted)
	var facts []string
	for _, f := range []struct {
		is   bool
		says string
	}{
		{labelled > 0, fmt.Sprintf("%d with an address that a provider labels as material of child sexual abuse", labelled)},
		{again >= r.Obfuscation.Again, fmt.Sprintf("%d with one address", again)},
		{funded > 0, fmt.Sprintf("%d with prepaid funding", funded)},
		{hidden > 0, fmt.Sprintf("%d with exposure to a mixer or an instant exchanger", hidden)},
		{placed > 0, fmt.Sprintf("%d with an exposed address in another country", placed)},
	} {
		if f.is {
			facts = append(facts, f.says)
		}
	}
	if labelled == 0 && (len(counted) < r.Obfuscation.Transfers || len(facts) < r.Obfuscation.Facts) {
		return nothing()
	}
	strength := grow(40, 10, 70, len(facts)-r.Obfuscation.Facts)
	if labelled > 0 {
		strength = grow(80, 2, 90, labelled-1)
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return fmt.Sprintf("of %s of a virtual asset within %d days there were %s, as analytics providers say",
				plural(len(counted), "transfer", "transfers"), days(r.Window), strings.Join(facts, ", "))
		}),
		Strength: strength,
	}, true
}

// mostWithOne counts the transfers with the counterparty that has the most of some.
func mostWithOne(v *profile.View, some []int32) int {
	var few [1024]uint16
	counts := few[:]
	if len(v.Others) > len(few) {
		counts = make([]uint16, len(v.Others))
	}
	most := 0
	for _, i := range some {
		o := v.Entries[i].Other
		counts[o]++
		most = max(most, int(counts[o]))
	}
	return most
}

package typology

import (
	"fmt"
	"math/bits"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Adjuncts are the parameters of P10.
type Adjuncts struct {
	Kinds     int // of purchases, at least, in the 90 days of a profile
	Transfers int // low-value transfers to strangers abroad, at least
}

const adjunct = profile.BoughtVPN | profile.BoughtCapture | profile.BoughtWiping | profile.BoughtAdult

func adjuncts() Pattern {
	return Pattern{
		ID: "P10", Name: "adjunct purchases",
		Looks: "sender: card purchases of several kinds among VPN, screen or video capture, metadata wiping and adult tokens, beside low-value transfers to people abroad who share no name or address",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more kinds and %d or more transfers in 90 days", r.Adjuncts.Kinds, r.Adjuncts.Transfers)
		},
		Source:   "AUSTRAC 2024-25 [S]: suspicious beside transfers, not by themselves; how many [A]. Which merchants: data of package split",
		Alike:    "anybody who values privacy, films games or buys lawful adult content, and also supports somebody abroad",
		Abstains: "purchases that are in no list; people whose name is missing; amounts without limit or rate",
		leading:  true, find: findAdjuncts,
	}
}

func findAdjuncts(v *profile.View, r *Rules) (engine.Finding, bool) {
	if v.Role != signal.Sender {
		return nothing()
	}
	var kinds profile.Bought
	for i := range v.Entries {
		kinds |= v.Entries[i].Bought & adjunct
	}
	of := bits.OnesCount8(uint8(kinds))
	if of < r.Adjuncts.Kinds {
		return nothing()
	}
	sent := 0
	counted := v.Pick(func(e *profile.Entry) bool {
		small := e.Marks&profile.Low != 0 && e.Bought == 0 && stranger(v, e)
		if small {
			sent++
		}
		return small || e.Bought&adjunct != 0
	})
	if sent < r.Adjuncts.Transfers {
		return nothing()
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return fmt.Sprintf("within 90 days there were %d purchases of %d of these kinds: VPN, screen or video capture, metadata wiping, adult tokens; and %d transfers of low value to people abroad who share no name with the sender%s",
				len(counted)-sent, of, sent, leftOut(v, needAmount|needCountry|needName))
		}),
		Strength: grow(40, 10, 70, of-r.Adjuncts.Kinds),
	}, true
}

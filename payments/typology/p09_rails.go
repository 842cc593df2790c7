package typology

import (
	"fmt"
	"math/bits"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// Rails are the parameters of P09.
type Rails struct {
	Transfers int // at least, in Rules.Window
	Kinds     int // of rails, at least
}

// veiled are the rails that hide who pays whom. Remittance, bank, e-wallet and P2P
// are named by the sources as well, and are how families send: they do not count [A].
const veiled = profile.RailGiftCard | profile.RailPrepaid | profile.RailToken | profile.RailVirtual | profile.RailProcessor

func rails() Pattern {
	return Pattern{
		ID: "P09", Name: "rail",
		Looks: "sender or recipient: low-value transfers across a border with people who share no name or address, by gift card, prepaid card, platform tokens, virtual asset or a third-party processor, and by several of these kinds",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("%d or more in %d days, of %d kinds or more", r.Rails.Transfers, days(r.Window), r.Rails.Kinds)
		},
		Source:   "AMLC, ECPAT, FinCEN [S2]: the rails; that remittance, bank, e-wallet and P2P do not count, and how many of the others do [A]",
		Alike:    "gamers who gift streamers, people without a bank account, freelancers paid by processors",
		Abstains: "transfers whose rail is not known; amounts without limit or rate; countries that are not known; people whose name is known to be shared",
		leading:  true, find: findRails,
	}
}

func findRails(v *profile.View, r *Rules) (engine.Finding, bool) {
	if !atLeast(v, r.Rails.Transfers, profile.Low) {
		return nothing()
	}
	var kinds profile.Rail
	n := 0
	for i := range v.Entries {
		if e := &v.Entries[i]; e.Rail&veiled != 0 && e.Marks&profile.Low != 0 {
			kinds |= e.Rail
			n++
		}
	}
	if n < r.Rails.Transfers || bits.OnesCount16(uint16(kinds)) < r.Rails.Kinds {
		return nothing()
	}
	// A card or a token has no name on it: here a name that is missing is no tie.
	picked := v.Pick(func(e *profile.Entry) bool {
		return e.Rail&veiled != 0 && e.Marks&profile.Low != 0 && v.Of(e).Tie < profile.TieName
	})
	counted := v.Most(picked, seconds(r.Window))
	if len(counted) < r.Rails.Transfers {
		return nothing()
	}
	kinds = 0
	for _, i := range counted {
		kinds |= v.Entries[i].Rail
	}
	of := bits.OnesCount16(uint16(kinds))
	if of < r.Rails.Kinds {
		return nothing()
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return fmt.Sprintf("%d transfers of low value across a border within %d days went by %d kinds of rails that hide who pays whom (gift card, prepaid card, platform token, virtual asset, third-party processor)%s",
				len(counted), days(r.Window), of, leftOut(v, needAmount|needCountry))
		}),
		Strength: grow(30, 5, 60, len(counted)-r.Rails.Transfers+of-r.Rails.Kinds),
	}, true
}

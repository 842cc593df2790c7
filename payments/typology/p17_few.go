package typology

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// Few are the parameters of P17.
type Few struct {
	Transfers int // at most: more are for the others to tell
}

func few() Pattern {
	return Pattern{
		ID: "P17", Name: "few small transfers between strangers",
		Looks: "sender or recipient: the few low-value transfers across a border with people who share no name or address and are no steady ones, so that they can be held against streams; it says nothing else",
		Parameters: func(r *Rules) string {
			return fmt.Sprintf("1 to %d in the days that a profile keeps: of more than that in 90 days three lie within some 30, and P01 tells of them", r.Few.Transfers)
		},
		Source:   "AIC T&I 589: a quarter of the senders paid once; strength and number [A]",
		Alike:    "everybody who ever sends or gets a small sum abroad: which is why it weighs nothing, and only names the pair",
		Abstains: "people whose name is missing do not count; amounts without limit or rate, and countries that are not known, are left out",
		Mild:     true, find: findFew,
	}
}

// findFew makes no pattern of one payment: it tells the room that knows the streams that
// there was one, and between whom.
func findFew(v *profile.View, r *Rules) (engine.Finding, bool) {
	n := v.AtMost(profile.Low)
	if n == 0 || n > r.Few.Transfers || v.Sketched {
		return nothing()
	}
	counted := v.PickMarked(profile.Low, func(e *profile.Entry) bool { return stranger(v, e) })
	if len(counted) == 0 {
		return nothing()
	}
	return engine.Finding{
		Counted: counted,
		Says: r.say(func() string {
			return plural(len(counted), "transfer was", "transfers were") + " of low value " + sentOrReceived(v) + " " +
				plural(v.Distinct(counted), "person", "people") + " abroad with no name in common" + leftOut(v, needAmount|needCountry|needName)
		}),
		Strength: 0.1,
	}, true
}

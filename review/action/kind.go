package action

import (
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// Kind is what a platform is asked to do.
type Kind string

// The kinds. A person chooses among the first five; Hold and Blur are a policy's, and Lift
// takes back what was asked before.
const (
	None      Kind = "none"      // nothing; no record is made of it
	Preserve  Kind = "preserve"  // keep what there is of the account's streams
	Warn      Kind = "warn"      // tell the account that it breaks the rules
	Interrupt Kind = "interrupt" // end the streams that are named
	Suspend   Kind = "suspend"   // suspend the account
	Hold      Kind = "hold"      // keep a stream from its viewers until a person has looked
	Blur      Kind = "blur"      // show a stream blurred until a person has looked
	Lift      Kind = "lift"      // undo the actions that are named
)

// choices are what a person may choose, the mildest for the account first.
var choices = []Kind{None, Preserve, Warn, Interrupt, Suspend}

// Choices returns them.
func Choices() []Kind { return slices.Clone(choices) }

// Chosen reports whether a person may choose k.
func (k Kind) Chosen() bool { return slices.Contains(choices, k) }

// Milder returns the milder of two choices.
func Milder(a, b Kind) Kind {
	if slices.Index(choices, a) <= slices.Index(choices, b) {
		return a
	}
	return b
}

// usual is what follows from a reason where nobody chose: the least that ends what the
// reason says. Where money is what speaks, nothing that its owner would notice.
var usual = map[string]Kind{
	"known-material":       Suspend,
	"live-abuse-suspected": Interrupt,
	"several-signs":        Interrupt,
	"paid-abuse-suspected": Preserve,
}

// Usual returns what follows from a reviewer's reason, and None for one that dismisses.
func Usual(reason string) Kind {
	if k, ok := usual[reason]; ok {
		return k
	}
	return None
}

// restricts reports whether k takes something from the account that it must be told the
// reasons of (DSA, article 17).
func (k Kind) restricts() bool { return k == Interrupt || k == Suspend || k.AtOnce() }

// AtOnce reports whether k is a policy's.
func (k Kind) AtOnce() bool { return k == Hold || k == Blur }

// Replaces reports whether k leaves nothing of an earlier action for anybody to lift.
func (k Kind) Replaces(earlier Kind) bool {
	switch k {
	case Suspend:
		return true
	case Interrupt:
		return earlier != Suspend
	default:
		return k == earlier || earlier == Preserve && k == Warn
	}
}

// ID is that of what a cause (a decision, an appeal, a match) asks of a platform.
func ID(cause, platform string, k Kind) string {
	return signal.ID("action", cause, platform, string(k))
}

package typology

import (
	"slices"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// A Pattern is a typology with all that is to be said of it. What it says of itself
// is in docs/typologies.md.
type Pattern struct {
	ID, Name string
	// Looks says what it looks at, Alike who else looks like that, and Abstains where
	// it says nothing.
	Looks, Alike, Abstains string
	// Parameters and Source say what the numbers are and where they are from; [A]
	// marks what is assumed.
	Parameters func(*Rules) string
	Source     string
	// Mild marks one that accuses nobody: it names a pair and weighs nothing, or speaks
	// against a suspicion.
	Mild bool
	// companion marks one that is never enough alone: it fires only where one of
	// those that are not does.
	companion bool
	// leading marks one that says enough for companions to speak beside it.
	leading bool
	find    func(*profile.View, *Rules) (engine.Finding, bool)
}

// Patterns returns every typology, in their order.
func Patterns() []Pattern {
	return []Pattern{
		lowValue(), repetition(), corridorNamed(), severalRecipients(), fanIn(), night(), round(), cover(), rails(),
		adjuncts(), travel(), escalation(), obfuscation(), noTie(), microFanOut(), oneTown(), few(), sextortion(), fixedPrice(),
	}
}

// All returns every typology under the rules, in their order.
func All(r Rules) []engine.Typology {
	rules := r.compile()
	var all []engine.Typology
	for _, p := range Patterns() {
		t := &typology{id: p.ID, rules: rules, find: p.find}
		if p.leading {
			t.lead = 1 << slices.IndexFunc(rules.lead, func(l Pattern) bool { return l.ID == p.ID })
		}
		all = append(all, t)
	}
	return all
}

// A typology is a pattern's function with its rules.
type typology struct {
	id    string
	rules *Rules
	lead  uint32 // its bit among Rules.lead; 0: it is none of them
	find  func(*profile.View, *Rules) (engine.Finding, bool)
}

func (t *typology) ID() string      { return t.id }
func (t *typology) Version() string { return t.rules.Version }

func (t *typology) Find(v *profile.View) (engine.Finding, bool) {
	if t.lead == 0 {
		return t.find(v, t.rules)
	}
	k := t.rules.known(v)
	if k.silent&t.lead != 0 {
		return nothing()
	}
	f, ok := t.find(v, t.rules)
	if !ok {
		k.silent |= t.lead
	}
	return f, ok
}

// grow is a strength that starts at base and rises by step for each one more, up
// to most; all in hundredths, so that equal sets have equal strengths.
func grow(base, step, most, more int) float64 {
	return float64(min(base+step*more, most)) / 100
}

// between counts the profile's entries in the time of some of them.
func between(v *profile.View, some []int32) int {
	return v.Within(v.Entries[some[0]].At, v.Entries[some[len(some)-1]].At)
}

// atLeast reports whether n entries can have all of some marks. In most profiles they
// cannot, and then a typology is done.
func atLeast(v *profile.View, n int, marks profile.Marks) bool { return v.AtMost(marks) >= max(n, 1) }

// mostMarked returns the entries with all of some marks that lie in one window, where at
// least n do; else nil.
func mostMarked(v *profile.View, marks profile.Marks, n int, window time.Duration) []int32 {
	if !atLeast(v, n, marks) {
		return nil
	}
	marked := v.PickMarked(marks, nil)
	if most := v.Most(marked, seconds(window)); len(most) >= n {
		return most
	}
	return nil
}

// sentOrReceived says which of the two the transfers of a profile are: "sent to", before
// whom or where to.
func sentOrReceived(v *profile.View) string {
	if v.Role == signal.Recipient {
		return "received from"
	}
	return "sent to"
}

// stranger reports whether the other end is known to share neither a name nor an
// address with the subject, and is no regular customer or donor.
func stranger(v *profile.View, e *profile.Entry) bool {
	o := v.Of(e)
	return o.Tie == profile.TieNone && !o.Steady
}

// many is above every number of transfers of a view, to rank something above it.
const many = 1 << 20

// nothing is what a typology finds that does not fire.
func nothing() (engine.Finding, bool) { return engine.Finding{}, false }

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func days(d time.Duration) int { return int(d / day) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

package payments

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// State is the profiler's view of its partition's store.
type State interface {
	Get(key []byte) ([]byte, error) // nil, nil when absent
	Set(key, value []byte) error
	Delete(key []byte) error
}

// maxTimes limits the times that a signal names.
const maxTimes = 64

// maxCountries limits the countries that a signal names.
const maxCountries = 64

// A Profiler keeps profiles and looks at them. It holds no state itself.
type Profiler struct{ rules Rules }

// NewProfiler returns a profiler under the rules.
func NewProfiler(r Rules) *Profiler { return &Profiler{rules: r} }

// Process adds a transfer to the profile of its subject and role, and returns a
// signal for each typology that fires on the profile as it is now. A typology
// that fired before and fires no more gives a signal of strength 0. A transfer
// that came before, or is older than the profile keeps, changes nothing and
// gives nothing. A Rejection means a reference used twice, of which the first
// use stands; any other error is the store's.
//
// The signal of a typology has one ID for a subject and role, and a revision
// that grows with every transfer, so that the highest revision is a function of
// the set of transfers, in whatever order they came.
func (p *Profiler) Process(ctx context.Context, s State, t Transfer) ([]signal.Signal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key := []byte("profile/" + string(t.Subject) + "/" + string(t.Role))
	data, err := s.Get(key)
	if err != nil {
		return nil, fmt.Errorf("read profile of %s: %w", t.Subject, err)
	}
	prof, err := decodeProfile(data, t.Role)
	if err != nil {
		return nil, fmt.Errorf("profile of %s: %w", t.Subject, err)
	}
	added, err := prof.add(newEntry(t))
	if err != nil {
		return nil, fmt.Errorf("transfer %s: %w", t.ID, err)
	}
	if !added {
		return nil, nil
	}
	signals := p.evaluate(prof, t)
	if err := s.Set(key, prof.encode()); err != nil {
		return nil, fmt.Errorf("write profile of %s: %w", t.Subject, err)
	}
	return signals, nil
}

// evaluate runs the typologies, notes in the profile which fire, and makes the
// signals.
func (p *Profiler) evaluate(prof *profile, t Transfer) []signal.Signal {
	before, rules := prof.fired, prof.rules
	prof.fired, prof.rules = nil, p.rules.Version
	v := newView(prof, p.rules)
	var signals []signal.Signal
	for _, ty := range typologies {
		if found, ok := ty.find(v, p.rules); ok {
			prof.fired = append(prof.fired, ty.id)
			signals = append(signals, v.signal(ty.id, found, t.Subject))
		}
	}
	for _, id := range before {
		if rules != p.rules.Version || !slices.Contains(prof.fired, id) {
			signals = append(signals, withdrawn(prof, id, rules, t))
		}
	}
	return signals
}

func signalID(typology, rules string, subject signal.Subject, role signal.Role) string {
	return signal.ID("payment", typology, rules, string(subject), string(role))
}

// signal says what a typology found.
func (v view) signal(typology string, f finding, subject signal.Subject) signal.Signal {
	first, last := f.counted[0], f.counted[len(f.counted)-1]
	pay := &signal.Payment{
		Typology: typology, Rules: v.rules, Role: v.role,
		Transfers: len(f.counted), Strength: f.strength,
	}
	countries := make(map[string]bool)
	seen := make(map[token]bool)
	for _, e := range f.counted {
		if !seen[e.other] {
			seen[e.other] = true
			pay.Counterparties++
			if v.others[e.other].tie == tieNone {
				pay.Unrelated++
			}
		}
		if e.otherCountry != "" {
			countries[e.otherCountry] = true
		}
		if e.country != "" {
			pay.Country = e.country // the newest that says one
		}
	}
	pay.Countries = slices.Sorted(maps.Keys(countries))
	pay.Countries = pay.Countries[:min(len(pay.Countries), maxCountries)]
	for _, e := range newest(f.counted, maxTimes) {
		pay.Times = append(pay.Times, e.time())
	}
	s := signal.Signal{
		ID:       signalID(typology, v.rules, subject, v.role),
		Revision: v.revision(), Kind: signal.KindPayment, Subject: subject,
		Start: first.time(), End: last.time(), Says: f.says, Payment: pay,
	}
	for _, e := range newest(f.counted, signal.MaxEvidence) {
		s.Evidence = append(s.Evidence, signal.Evidence{What: "transaction", Holder: e.institution, Ref: e.ref, At: e.time()})
	}
	return s
}

// withdrawn takes back what a typology said, under the rules that said it.
func withdrawn(prof *profile, typology, rules string, t Transfer) signal.Signal {
	return signal.Signal{
		ID:       signalID(typology, rules, t.Subject, t.Role),
		Revision: prof.revision(), Kind: signal.KindPayment, Subject: t.Subject,
		Start: t.At, End: t.At, Says: "the pattern is no longer there",
		Payment: &signal.Payment{Typology: typology, Rules: rules, Role: t.Role, Times: []time.Time{}},
	}
}

func newest(entries []*entry, n int) []*entry { return entries[max(0, len(entries)-n):] }

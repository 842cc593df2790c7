package correlate

import (
	"cmp"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// build puts a subject's case record together.
func (w *Weights) build(st store, h *standing) (Case, error) {
	ev := gather(h.set)
	found := w.findings(ev, true, nil)
	all := found.all
	r := w.weigh(all)
	shown, omitted, err := st.show(h.set)
	if err != nil {
		return Case{}, err
	}
	out := Case{
		ID:          signal.ID("case", string(st.id.subject())),
		Revision:    h.published,
		Subject:     st.id.subject(),
		State:       w.state(all, r),
		Score:       float64(r.score) / 1000,
		Probability: probability(r.score),
		Bar:         w.file.Bar.Value,
		Weights:     w.file.Version,
		Explanation: w.explanations[r.best],
		Signals:     shown,
		Omitted:     omitted,
	}
	out.First, out.Last = h.set.span()
	for e, s := range r.against {
		out.Against = append(out.Against, Against{w.explanations[e], float64(s) / 1000})
	}
	slices.SortStableFunc(out.Against, func(a, b Against) int { return cmp.Compare(a.Score, b.Score) })
	if out.Parts, err = w.parts(all, r, st.quote(w)); err != nil {
		return Case{}, err
	}
	if out.State == Open {
		out.Pairs = w.file.pairsOf(w.file.named(ev, &found, true), r.score)
	}
	return out, nil
}

// quote reads an entry's own sentence.
func (s store) quote(w *Weights) func(*entry) (string, error) {
	return func(e *entry) (string, error) {
		in, _, err := s.signal(e)
		if err != nil {
			return "", err
		}
		says := sayTypology(e.payment.typology, in)
		if e.payment.victim {
			says += " Whoever pays so may be a victim, and a child, and needs help."
		}
		return says, nil
	}
}

// show returns the signals of a case record, ordered by start and id, and how
// many in the window it leaves out.
func (s store) show(have *set) (shown []signal.Signal, omitted int, err error) {
	all, omitted := choose(have)
	shown = make([]signal.Signal, 0, len(all))
	size := 0
	for i, e := range all {
		in, n, err := s.signal(e)
		if err != nil {
			return nil, 0, err
		}
		if size += n; size > maxShownBytes {
			omitted += len(all) - i
			break
		}
		shown = append(shown, in)
	}
	slices.SortFunc(shown, func(a, b signal.Signal) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
	return shown, omitted, nil
}

package correlate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// build puts a subject's case record together.
func (w *Weights) build(st store, h *standing) (Case, error) {
	ev := gather(h.set)
	all, payers, streams := w.findings(ev, true, nil)
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
	out.Pairs, err = w.pairs(ev, all, payers, &streams)
	return out, err
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

// pairs weighs each payer as if there were no other: what the subject's streams show, and
// what passed between the two. What many payers show together is left out, and so is
// what a match or a flag says of the streams: it is the case's.
func (w *Weights) pairs(ev *evidence, all []finding, payers []pair, h *habit) ([]Pair, error) {
	type scored struct {
		*pair
		all []finding
		r   result
	}
	var weighed []scored
	for i := range payers {
		p := &payers[i]
		own := make([]finding, len(all))
		own[partPrivateSession], own[partLowAudience] = all[partPrivateSession], all[partLowAudience]
		own[partPublicSessions], own[partLargeAudience] = all[partPublicSessions], all[partLargeAudience]
		if ratio, k, n := w.file.pairCoincidence(ev, h, p); ratio > 0 {
			own[partCoincidence] = finding{value: ratio, by: []*entry{p.told}, says: fmt.Sprintf(
				"%d of %s up to %g hours before or during a private live stream with few viewers.", k, were(n, "transfer"), w.file.Coincidence.LeadHours.Value)}
		}
		one := payers[i : i+1]
		own[partPayingGuests] = payingGuests(one, true)
		own[partLongRelation] = longRelation(one, true)
		if p.related {
			own[partRelated] = finding{value: 1, by: []*entry{p.told}, says: "The payer shares a name or an address with the subject."}
		}
		if p.steady {
			own[partRhythm] = finding{value: 1, by: []*entry{p.told}, says: fmt.Sprintf("%d transfers come every %.0f days, give or take a fifth.", len(p.times), float64(rhythm(p.times))/float64(day))}
		}
		weighed = append(weighed, scored{p, own, w.weigh(own)})
	}
	slices.SortStableFunc(weighed, func(a, b scored) int { return cmp.Compare(b.r.score, a.r.score) })
	var out []Pair
	for _, s := range weighed[:min(len(weighed), MaxPairs)] {
		parts, err := w.parts(s.all, s.r, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, Pair{
			Payer: s.other.subject(), Transfers: s.transfers, Score: float64(s.r.score) / 1000,
			Explanation: w.explanations[s.r.best], Parts: parts,
		})
	}
	return out, nil
}

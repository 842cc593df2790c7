package correlate

import (
	"context"

	"github.com/vigil-stream/vigil/signal"
)

// A Correlator makes signals into cases. It holds nothing but its weights.
type Correlator struct{ weights *Weights }

// New makes a Correlator from weights that DefaultWeights or LoadWeights
// returned.
func New(w *Weights) *Correlator { return &Correlator{weights: w} }

// Process takes one signal into its subject's state and returns the subject's
// case if that is to be published. It is Take, Cases and Settle of a Partition that
// remembers nothing.
func (c *Correlator) Process(ctx context.Context, s interface {
	State
	Writer
}, in signal.Signal,
) ([]Case, error) {
	p := c.Partition(0)
	if err := p.Take(ctx, s, in, nil); err != nil {
		return nil, err
	}
	cases, err := p.Cases(ctx, s)
	if err != nil {
		return nil, err
	}
	return cases, p.Settle(s)
}

// An Assessment is what a subject's signals amount to, whether or not they make a case.
type Assessment struct {
	// Values are how much there is of each of the weights' Features.
	Values []float64
	// Against are the scores against each of the weights' Explanations alone, in natural
	// log, before calibration, and Score is that of a case.
	Against     []float64
	Score       float64
	Probability float64
	Explanation string // that fits best
	Help        bool   // the subject may be a victim, and is no suspect
	// Named are those who are suspected with the subject.
	Named []Named
}

// Assess returns what the state knows of a subject. From a score on it says as well whom
// the subject's case would name; +Inf is never.
func (c *Correlator) Assess(ctx context.Context, s State, id signal.Subject, named float64) (Assessment, error) {
	return c.Partition(0).Assess(ctx, s, id, named)
}

// Assess is that of a Correlator, by what is in memory.
func (p *Partition) Assess(ctx context.Context, s State, id signal.Subject, named float64) (Assessment, error) {
	if err := ctx.Err(); err != nil {
		return Assessment{}, err
	}
	t, ok := tokenOf(id)
	if !ok {
		return Assessment{}, signal.Reject("signal-subject", "/subject: is no token")
	}
	h, err := p.load(s, t)
	if err != nil {
		return Assessment{}, err
	}
	w, ev := p.weights, gather(h.set)
	found := w.findings(ev, false, h.costly)
	if h.costly == nil {
		h.keep(&found)
	}
	r := w.weigh(found.all)
	out := Assessment{
		Score: float64(r.score) / 1000, Probability: probability(r.score),
		Explanation: w.explanations[r.best], Help: w.help(found.all),
	}
	for _, f := range found.all {
		out.Values = append(out.Values, f.value)
	}
	for _, a := range r.against {
		out.Against = append(out.Against, float64(a)/1000)
	}
	if out.Score >= named && !out.Help {
		for _, n := range w.file.named(ev, &found, false) {
			out.Named = append(out.Named, Named{n.other.subject(), n.values(), float64(thousandths(n.score)) / 1000})
		}
	}
	return out, nil
}

// help reports whether the subject is a possible victim, and so no suspect.
func (w *Weights) help(all []finding) bool {
	return all[partVictim].value >= w.file.HelpFrom.Value
}

// state is what a result makes of a case. Close enough to a listed picture, a person looks
// whatever the probability: that is a policy, and no fit moves it.
func (w *Weights) state(all []finding, r result) string {
	switch {
	case w.help(all):
		return Help
	case w.open(r.score), all[partListMatch].value >= w.file.LookFrom.Value:
		return Open
	}
	return Withdrawn
}

package correlate

import (
	"context"

	"github.com/vigil-stream/vigil/signal"
)

// A Correlator makes signals into cases. It holds nothing but its weights.
type Correlator struct{ weights Weights }

// New makes a Correlator from weights that DefaultWeights or LoadWeights
// returned.
func New(w Weights) *Correlator { return &Correlator{weights: w} }

// Process takes one signal into its subject's state and returns the subject's
// case if that is to be published: always when the signal changed the state and
// the case is at or above the bar, and when it is below but was published
// before, so that it is withdrawn.
//
// What the state remembers of publishing depends on the order of arrival: a
// subject may cross the bar for a while in one order and never in another. That
// is harmless. A set of signals at or above the bar ends with the same case
// record in every order, because every change is published, revision and all. A
// set below it ends with no open case in every order: either nothing was ever
// published, or the last record withdraws it.
//
// A Rejection means that the signal can never be taken in; any other error is
// the State's.
func (c *Correlator) Process(ctx context.Context, s State, in signal.Signal) ([]Case, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e, err := entryOf(in)
	if err != nil {
		return nil, err
	}
	sub := subject{state: s, id: in.Subject}
	have, err := sub.load()
	if err != nil {
		return nil, err
	}
	change := have.add(e)
	if !change.any() {
		return nil, nil
	}
	if err := sub.store(have, change, e, in); err != nil {
		return nil, err
	}

	ev, err := sub.gather(have)
	if err != nil {
		return nil, err
	}
	result := c.weights.score(ev)
	last, err := sub.published()
	if err != nil {
		return nil, err
	}
	if result.state == Withdrawn && last == 0 {
		return nil, nil
	}
	out, err := c.build(sub, have, result, last)
	if err != nil {
		return nil, err
	}
	if err := sub.setPublished(out.Revision); err != nil {
		return nil, err
	}
	return []Case{out}, nil
}

// build puts the case record together. last is the revision published before, 0
// for none.
func (c *Correlator) build(sub subject, have set, r result, last uint64) (Case, error) {
	shown, omitted, err := sub.show(have)
	if err != nil {
		return Case{}, err
	}
	out := Case{
		ID:          signal.ID("case", string(sub.id)),
		Revision:    max(have.revision(), last+1),
		Subject:     sub.id,
		State:       r.state,
		Score:       r.score,
		Probability: r.probability,
		Bar:         c.weights.file.Bar.Value,
		Weights:     c.weights.file.Version,
		Parts:       r.parts,
		Signals:     shown,
		Omitted:     omitted,
	}
	out.First, out.Last = have.span()
	return out, nil
}

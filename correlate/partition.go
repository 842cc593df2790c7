package correlate

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// A Partition is the working memory of one partition of the signals: the sets of subjects
// lately seen, decoded, what of them is not in the State yet, and which cases are to be
// published. It serves one goroutine, and one State.
//
// Settle writes what was taken in since it was last called. What the State becomes does not
// depend on how often that is, nor on how much is in memory.
//
// Whether a subject's case is ever published is part of the state: it is, once the
// subject was put before a person by any prefix of its signals. What is published of it
// then is its newest record, whenever Cases is called. So the caller may call as seldom
// as it likes, and what is published last is the same; a case that was open for a moment
// between two calls is published as withdrawn.
type Partition struct {
	weights *Weights
	most    int // entries in memory, in each of young and old
	held    int // in young, about
	young   map[token]*standing
	old     map[token]*standing
	late    *pending
	changed map[token]struct{} // since the last call of Cases, and once before a person
	quiet   bool
}

// A standing is one subject as the state has it.
type standing struct {
	set       *set
	published uint64 // revision of its case; 0 for none
	// costly has the values of those parts, if they are known.
	costly *[len(costly)]float64
}

// Partition returns an empty working memory that keeps so many signals decoded, and up to
// as many again; 0 for none.
func (c *Correlator) Partition(signals int) *Partition {
	return &Partition{
		weights: c.weights, most: signals, young: map[token]*standing{}, late: newPending(), changed: map[token]struct{}{},
	}
}

// Quiet lets a Partition publish nothing: for an evaluation, which assesses subjects when
// it pleases. Of a signal that it is not given as JSON it keeps none, so that what it
// settles is no state to make cases of.
func (p *Partition) Quiet() *Partition {
	p.quiet = true
	return p
}

// Take takes one signal into its subject's set. raw is the signal's JSON as it was read,
// which must not change until it is settled, or nil.
//
// A Rejection means that the signal can never be taken in; any other error is
// the State's. Neither leaves anything behind, nor does a panic.
func (p *Partition) Take(ctx context.Context, s State, in signal.Signal, raw []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if rounded(&in) {
		raw = nil
	}
	e, err := entryOf(in)
	if err != nil {
		return err
	}
	id, ok := tokenOf(in.Subject)
	if !ok {
		return signal.Reject("signal-subject", "/subject: is no token")
	}
	h, err := p.load(s, id)
	if err != nil {
		return err
	}
	if h.set.known(&e) && e.end/day <= h.set.day {
		return nil // nothing of it is new
	}
	if raw == nil && !p.quiet {
		if raw, err = signal.Encode(in); err != nil {
			return signal.Reject("signal-encode", "signal has no JSON form: %w", err)
		}
	}
	p.take(id, h, e, raw)
	return nil
}

func (p *Partition) take(id token, h *standing, e entry, raw []byte) {
	was := h.set.inHead()
	change := h.set.add(e)
	if !change.any() {
		return
	}
	if change.moved || e.kind == kindSession || e.kind == kindPayment || e.kind == kindGuest {
		h.costly = nil
	}
	if !p.quiet && (h.published > 0 || p.crosses(h, change, &e)) {
		h.published = max(h.set.revision(), h.published+1)
		p.changed[id] = struct{}{}
	}
	p.held++
	p.late.save(id, h.set, change, &e, raw, was)
	p.late.dirty[id] = h
}

// crosses is that of the weights; where it panics, the set is as it was before.
func (p *Partition) crosses(h *standing, c change, e *entry) bool {
	done := false
	defer func() {
		if !done {
			h.set.undo(c, e)
			h.costly = nil
		}
	}()
	crosses := p.weights.crosses(h)
	done = true
	return crosses
}

// Settle writes what was taken in since it was last called. After an error this Partition
// is of no more use.
func (p *Partition) Settle(to Writer) error { return p.late.settle(to) }

// crosses reports whether a subject is to be put before a person. Most are not by what a
// look at their entries allows at most, and are not gone through. What costs the most to
// find is found again only when something changed that it depends on.
func (w *Weights) crosses(h *standing) bool {
	if most, help := w.allows(h.set); !help && most < w.bar {
		return false
	}
	found := w.findings(gather(h.set), false, h.costly)
	if h.costly == nil {
		h.keep(&found)
	}
	return w.state(found.all, w.weigh(found.all)) != Withdrawn
}

// keep remembers what costs the most to find.
func (h *standing) keep(found *findings) {
	h.costly = &[len(costly)]float64{}
	for i, part := range costly {
		h.costly[i] = found.all[part].value
	}
}

// load returns a subject's standing, from memory if it is there.
func (p *Partition) load(s State, id token) (*standing, error) {
	if h := p.young[id]; h != nil {
		return h, nil
	}
	h := p.old[id]
	if h == nil {
		h = p.late.dirty[id]
	}
	if h == nil {
		have, published, err := store{s, p.late, id}.load()
		if err != nil {
			return nil, err
		}
		h = &standing{set: have, published: published}
	}
	if p.most == 0 {
		return h, nil
	}
	if p.held >= p.most {
		p.old, p.young, p.held = p.young, map[token]*standing{}, 0
	}
	p.held += 2 + len(h.set.entries)
	p.young[id] = h
	delete(p.old, id)
	return h, nil
}

// Cases returns the cases of the subjects whose signals changed since the last call, in
// the order of their subjects.
func (p *Partition) Cases(ctx context.Context, s State) ([]Case, error) {
	if len(p.changed) == 0 {
		return nil, nil
	}
	ids := make([]token, 0, len(p.changed))
	for id := range p.changed {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b token) int { return bytes.Compare(a[:], b[:]) })
	var out []Case
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h, err := p.load(s, id)
		if err != nil {
			return nil, err
		}
		c, err := p.weights.build(store{s, p.late, id}, h)
		if err != nil {
			return nil, fmt.Errorf("case of %s: %w", id.subject(), err)
		}
		out = append(out, c)
	}
	clear(p.changed)
	return out, nil
}

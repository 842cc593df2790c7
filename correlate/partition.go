package correlate

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// A Partition is the working memory of one partition of the signals: the sets of subjects
// lately seen, decoded, and which cases are to be published. All of it can be made again
// from the State, and none of it changes what the State becomes. It serves one goroutine,
// and one State.
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
		weights: c.weights, most: signals, young: map[token]*standing{}, changed: map[token]struct{}{},
	}
}

// Quiet lets a Partition publish nothing: for an evaluation, which assesses subjects when
// it pleases. Its state is none to go on with.
func (p *Partition) Quiet() *Partition {
	p.quiet = true
	return p
}

// Take takes one signal into its subject's state. raw is the signal's JSON as it was
// read, or nil.
//
// A Rejection means that the signal can never be taken in; any other error is
// the State's.
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
	st := store{s, id}
	h, err := p.load(st)
	if err != nil {
		return err
	}
	if h.set.known(&e) && e.end/day <= h.set.day {
		return nil // nothing of it is new
	}
	if raw == nil {
		if raw, err = signal.Encode(in); err != nil {
			return signal.Reject("signal-encode", "signal has no JSON form: %w", err)
		}
	}
	done := false
	defer func() {
		if !done { // an error or a panic: what is in memory may be ahead of the state
			delete(p.young, id)
			delete(p.old, id)
		}
	}()
	err = p.take(st, h, e, raw)
	done = err == nil
	return err
}

func (p *Partition) take(st store, h *standing, e entry, raw []byte) error {
	was := h.set.inHead()
	change := h.set.add(e)
	if !change.any() {
		return nil
	}
	if err := st.save(h.set, change, &e, raw, was); err != nil {
		return err
	}
	p.held++
	if change.moved || e.kind == kindSession || e.kind == kindPayment || e.kind == kindGuest {
		h.costly = nil
	}
	if !p.quiet && (h.published > 0 || p.weights.crosses(h)) {
		h.published = max(h.set.revision(), h.published+1)
		p.changed[st.id] = struct{}{}
	}
	return st.saveHead(h.set, h.published)
}

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
func (p *Partition) load(st store) (*standing, error) {
	if h := p.young[st.id]; h != nil {
		return h, nil
	}
	h := p.old[st.id]
	if h == nil {
		have, published, err := st.load()
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
	p.young[st.id] = h
	delete(p.old, st.id)
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
		st := store{s, id}
		h, err := p.load(st)
		if err != nil {
			return nil, err
		}
		c, err := p.weights.build(st, h)
		if err != nil {
			return nil, fmt.Errorf("case of %s: %w", id.subject(), err)
		}
		out = append(out, c)
	}
	clear(p.changed)
	return out, nil
}

package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
)

const (
	// maxMatches is how many matches of one hash are gone through, the nearest: a list
	// that floods must not stop the stream. It is as many as a listed video of a still
	// scene has frames in two minutes.
	maxMatches = 4096
	// maxRefs is how many of its owner's ids of one match are.
	maxRefs = 4096
	// maxHits is how many targets of one frame are followed, the nearest: more than can be
	// open at a time, so that those that are open are seldom crowded out.
	maxHits = 4 * maxTracked
)

// target is what a frame can match: one entry of a list, or one video of it.
type target struct {
	list, name string
	kind       hashdb.Kind
	clip       bool
}

// hit is how a frame matches a target.
type hit struct {
	target
	distance, radius int // of the nearest hash
	view             view
	version          string // of the list
	category         string // of the list, in its owner's words
	frames           []int  // of the clip, that match
	total            int    // frames of the clip; 0 when not known
}

// lookup finds what is near a frame's hashes, the nearest first. A picture that is known
// to be innocent by any of its hashes matches nothing. Any failure is an error: a frame
// must not pass for clean because a list could not be read.
func (d *Detector) lookup(stream string, looks []look) ([]hit, error) {
	if len(looks) == 0 {
		return nil, nil
	}
	looks, answers, err := d.search(stream, looks)
	if err != nil {
		return nil, fmt.Errorf("look up hashes: %w", err)
	}
	for _, a := range answers {
		if len(a.Allowed) > 0 {
			d.count.innocent.Add(1)
			return nil, nil
		}
	}
	var found map[target]*hit
	for i, a := range answers {
		for _, m := range a.Matches[:min(len(a.Matches), maxMatches)] {
			if found == nil {
				found = make(map[target]*hit)
			}
			gather(found, looks[i].view, &m)
		}
	}
	hits := make([]hit, 0, len(found))
	for _, h := range found {
		slices.Sort(h.frames)
		h.frames = slices.Compact(h.frames)
		hits = append(hits, *h)
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.list, b.list),
			strings.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind))
	})
	return hits[:min(len(hits), maxHits)], nil
}

// gather adds a match to what was found. One hash may stand in a list for frames of
// videos and for itself.
func gather(found map[target]*hit, v view, m *hashdb.Match) {
	add := func(t target) *hit {
		h, ok := found[t]
		if !ok {
			h = &hit{target: t, distance: m.Distance + 1}
			found[t] = h
		}
		if m.Distance < h.distance {
			h.distance, h.radius, h.view, h.version, h.category = m.Distance, m.Radius, v, m.Version, m.Category
		}
		return h
	}
	itself := len(m.Refs) == 0
	for _, ref := range m.Refs[:min(len(m.Refs), maxRefs)] {
		name, frame, total, ok := ClipFrame(ref)
		if !ok || m.Kind != hashdb.KindPDQ {
			itself = true
			continue
		}
		h := add(target{list: m.List, name: name, kind: m.Kind, clip: true})
		h.frames, h.total = append(h.frames, frame), max(h.total, total)
	}
	if itself {
		add(target{list: m.List, name: m.Entry, kind: m.Kind})
	}
}

// search looks hashes up, but for those of which an earlier look-up of the stream proved
// that nothing is near. It returns what was looked up, and the answers, which are all as
// of one moment, that at which the others were near nothing.
func (d *Detector) search(stream string, looks []look) ([]look, []hashdb.Answer, error) {
	reach, moment, err := d.index.Reach(hashdb.KindPDQ)
	if err != nil {
		return nil, nil, err
	}
	known := d.skip.stream(stream)
	if known == nil {
		answers, err := d.ask(hashdb.OwnRadius, looks)
		return looks, answers, err
	}
	known.Lock()
	defer known.Unlock()
	open := make([]look, 0, len(looks))
	for _, l := range looks {
		if l.hash.Kind != hashdb.KindPDQ || !known.of[l.view].proves(&l.hash.Bits, moment) {
			open = append(open, l)
		}
	}
	if len(open) == 0 {
		d.count.skipped.Add(uint64(len(looks)))
		return nil, nil, nil
	}
	answers, err := d.ask(hashdb.OwnRadius, open)
	if err != nil {
		return nil, nil, err
	}
	_, after, err := d.index.Reach(hashdb.KindPDQ)
	switch {
	case err != nil:
		return nil, nil, err
	case after == moment:
		d.count.skipped.Add(uint64(len(looks) - len(open)))
		return open, answers, d.prove(known, open, answers, reach, moment)
	case len(open) == len(looks):
		return looks, answers, nil
	}
	// The lists changed on the way: what was skipped was near nothing before that.
	answers, err = d.ask(hashdb.OwnRadius, looks)
	return looks, answers, err
}

// prove takes note of what was not found, and looks wider where that will pay.
func (d *Detector) prove(known *anchors, looks []look, answers []hashdb.Answer, reach int, moment uint64) error {
	if reach < 0 {
		return nil // No list holds the kind: to find that out costs nothing.
	}
	room := hashdb.KindPDQ.MaxRadius() - reach
	var wide [len(proofs)][]look
	for i, l := range looks {
		if l.hash.Kind != hashdb.KindPDQ {
			continue
		}
		a := &known.of[l.view]
		if !quiet(answers[i]) {
			a.hit()
			continue
		}
		slack := a.miss(&l.hash.Bits, moment, room)
		for n, p := range proofs {
			if p.slack == slack {
				wide[n] = append(wide[n], look{l.view, hashdb.Hash{Kind: hashdb.KindPDQ, Bits: a.place}})
			}
		}
	}
	for n, looks := range wide {
		if len(looks) == 0 {
			continue
		}
		answers, err := d.ask(reach+proofs[n].slack, looks)
		if err != nil {
			return err
		}
		_, after, err := d.index.Reach(hashdb.KindPDQ)
		if err != nil {
			return err
		}
		if after != moment {
			return nil // What was found is of no known moment.
		}
		for i, l := range looks {
			nothing := quiet(answers[i])
			known.of[l.view].proved(&l.hash.Bits, proofs[n].slack, nothing)
			if nothing {
				d.count.proofs.Add(1)
			} else {
				d.count.vain.Add(1)
			}
		}
	}
	return nil
}

// ask looks hashes up at a radius.
func (d *Detector) ask(radius int, looks []look) ([]hashdb.Answer, error) {
	hashes := make([]hashdb.Hash, len(looks))
	for i, l := range looks {
		hashes[i] = l.hash
	}
	answers, err := d.index.Search(hashdb.Query{Radius: radius}, hashes...)
	if err != nil {
		return nil, err
	}
	if len(answers) != len(hashes) {
		return nil, fmt.Errorf("%d answers to %d hashes", len(answers), len(hashes))
	}
	if radius == hashdb.OwnRadius {
		d.count.lookups.Add(uint64(len(hashes)))
	}
	return answers, nil
}

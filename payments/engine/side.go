package engine

import (
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/payments/profile"
)

// A side is the other role of the subject whose transfer is at hand, where a typology
// looks at both. Both lie in one partition, as they have one subject, so that what is
// said stays a function of the partition's prefix. Without such a typology it costs
// nothing.
type side struct {
	work
	asked   bool // there is such a profile, and somebody looks at it
	scratch *profile.Profile
	view    profile.View
	data    []byte
}

// looksAtBoth says which typologies are asked again about the other role.
func looksAtBoth(t Typology) bool {
	both, ok := t.(TwoSided)
	return ok && both.TwoSided()
}

// openSide shows a view the subject's other role, where it is kept and asked for.
func (p *Partition) openSide(s State, k key, v *profile.View) error {
	d := &p.side
	d.asked = false
	if !slices.ContainsFunc(p.e.twoSided, TwoSided.TwoSided) {
		return nil
	}
	k.recipient = !k.recipient
	sl := p.live(k)
	if sl == nil {
		return nil
	}
	// Each has memory of its own to decode into.
	p.scratch, d.scratch = d.scratch, p.scratch
	prof, err := p.load(s, k, sl, v.Subject)
	p.scratch, d.scratch = d.scratch, p.scratch
	if err != nil {
		return fmt.Errorf("profile of %s: %w", v.Subject, err)
	}
	d.asked = true
	d.work = work{slot: *sl, prof: prof}
	v.Opposite = prof.View(&d.view, -1)
	d.view.Opposite = v
	return nil
}

// lookAtSide asks those again that look at both.
func (p *Partition) lookAtSide() {
	d := &p.side
	if !d.asked {
		return
	}
	p.evaluate(d.prof, &d.view, d.prof.Revision()+1, looksAtBoth)
	if !slices.Equal(p.before, d.prof.Fired) {
		d.prof.Touch()
		d.began = true
	}
}

// stageSide writes the record of what is now said otherwise of the other role, whole.
// It comes after the transfer's own.
func (p *Partition) stageSide(s State) error {
	d := &p.side
	if !d.began {
		return nil
	}
	d.data = d.prof.Encode(d.data[:0])
	if s == nil {
		return nil
	}
	p.work.done = false
	d.slot.seq, d.slot.chain, d.slot.based = p.next+1, 0, p.work.clock
	r := record{key: d.slot.key, at: d.prof.Newest(), day: p.work.clock}
	p.buf = append(r.append(p.buf[:0]), d.data...)
	if err := s.Set(logKey(d.slot.seq), p.buf); err != nil {
		return fmt.Errorf("write the profiles' log: %w", err)
	}
	d.logged = true
	p.work.done = true
	return nil
}

// keepSide makes it part of the partition. The transfer's own profile was kept before,
// which may have moved this one in memory.
func (p *Partition) keepSide() {
	d := &p.side
	d.asked = false
	if !d.began {
		return
	}
	if d.logged {
		p.next = d.slot.seq + 1
	}
	if sl := p.table.find(d.slot.key); sl != nil {
		sl.seq, sl.chain, sl.based = d.slot.seq, d.slot.chain, d.slot.based
		if sl.hot > 0 {
			p.hot.resize(sl.hot)
		} else {
			p.store(sl, d.data)
		}
	}
	d.work = work{}
}

// forgetSide drops what memory has of it, if anything of it was touched.
func (p *Partition) forgetSide() {
	d := &p.side
	if !d.asked {
		return
	}
	key := d.slot.key
	d.work, d.asked = work{}, false
	if sl := p.table.find(key); sl != nil {
		p.release(sl)
	}
	d.scratch = &profile.Profile{}
}

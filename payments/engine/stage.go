package engine

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments/profile"
)

// work is what the last call of Process did and is not part of the partition yet:
// the next call takes it for kept, and Drop undoes it.
type work struct {
	began, done bool
	slot        slot  // as it will be
	at          *slot // where it is in the table; nil: not there
	prof        *profile.Profile
	logged      bool
	clock       int32
}

// stage writes the record of a change, and notes what Keep is to do.
func (p *Partition) stage(s State, fresh bool) error {
	w := &p.work
	prof := w.prof
	w.slot.newest = int32(prof.Newest() / daySeconds)
	w.clock = max(p.clock, w.slot.newest)
	whole := s != nil && (fresh || int(w.slot.chain)+1 > max(fewChanges, prof.Len()/4) || w.clock-w.slot.based > baseDays)
	if w.slot.hot == 0 || whole {
		p.data = prof.Encode(p.data[:0])
	}
	if s == nil {
		w.done = true
		return nil
	}
	r := record{key: w.slot.key, at: prof.Newest(), day: w.clock}
	if whole {
		w.slot.chain, w.slot.based = 0, w.clock
		p.buf = append(r.append(p.buf[:0]), p.data...)
	} else {
		w.slot.chain++
		r.prev, r.chain, r.based = w.slot.seq, w.slot.chain, w.slot.based
		p.buf = profile.AppendChange(r.append(p.buf[:0]), &p.change, prof.Fired)
	}
	w.slot.seq, w.logged = p.next, true
	if err := s.Set(logKey(p.next), p.buf); err != nil {
		return fmt.Errorf("write the profiles' log: %w", err)
	}
	if until := p.expired(w.clock); until > 0 {
		if err := s.DeleteRange(logKey(0), logKey(until)); err != nil {
			return fmt.Errorf("cut the profiles' log: %w", err)
		}
	}
	w.done = true
	return nil
}

// Keep makes what the last call of Process did part of the partition, as does the
// next call.
func (p *Partition) Keep() {
	w := &p.work
	if !w.began {
		return
	}
	if !w.done { // it panicked, or the state failed
		p.forget(w.slot.key)
		p.forgetSide()
		p.work = work{}
		return
	}
	if w.logged {
		p.tick(w.clock, p.next)
		p.next++
	}
	p.clock = w.clock
	sl := w.at // the table is as it was
	if sl == nil {
		sl = p.table.find(w.slot.key)
	}
	if sl == nil {
		sl = p.table.insert(w.slot.key)
	} else if w.slot.mem != sl.mem || w.slot.hot != sl.hot { // a forgotten one begins anew
		p.release(sl)
	}
	*sl = w.slot
	p.keep(sl, w.prof)
	p.keepSide()
	p.work = work{}
}

// forget drops what memory has of a profile; the log has what was kept.
func (p *Partition) forget(k key) {
	if sl := p.table.find(k); sl != nil {
		p.release(sl)
	}
	p.scratch = &profile.Profile{} // it may be the one that panicked
}

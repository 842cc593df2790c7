package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

const (
	daySeconds = 24 * 3600
	// forgetDays is how long after its newest transfer a profile is forgotten: its
	// 90 days, and ten for partners whose clocks and files are late.
	forgetDays = profile.Kept/daySeconds + 10
	// baseDays is how old a whole profile may be that changes are written against.
	baseDays = 30
	// fewChanges are always written against it, and more in a larger profile. So many
	// records are read at most where a small one is not in memory.
	fewChanges = 3
	// logDays is how long the log is kept: no profile that is not forgotten needs more.
	logDays = forgetDays + baseDays + 1
	// fewEntries is what a profile has at most that is decoded for each transfer. Larger
	// ones stay decoded while they are in use.
	fewEntries = 16
)

// A Partition has the profiles of one partition. It is for one goroutine.
type Partition struct {
	e      *Engine
	opened bool
	next   uint64 // number of the next record of the log
	// clock is the day of the newest transfer of all, since 1970. What is forgotten goes
	// by it, so that it is a function of what came.
	clock    int32
	segments []segment // of the log, by day
	table    table
	slab     *slab
	hot      hotSet
	sweepAt  cursor // where expired profiles are looked for next
	roomAt   cursor // where room is looked for next

	work    work
	side    side
	lent    lent
	scratch *profile.Profile // the small profile that is being looked at
	view    profile.View
	change  profile.Change
	before  []profile.Fired
	data    []byte // the profile's bytes
	buf     []byte // the record's
	bodies  [][]byte
	places  []int32
	text    []byte
	pairs   []pair
}

// A segment of the log begins with a new day of the clock.
type segment struct {
	day   int32
	first uint64
}

// work is what the last call of Process did and is not part of the partition yet:
// the next call takes it for kept, and Drop undoes it.
type work struct {
	began, done bool
	slot        slot // as it will be
	prof        *profile.Profile
	logged      bool
	clock       int32
}

// Partition returns the profiles of one partition, to be used with one State (or
// with none) from its beginning on or from where it was left.
func (e *Engine) Partition() *Partition {
	return &Partition{e: e, next: 1, slab: newSlab(), scratch: &profile.Profile{}, side: side{scratch: &profile.Profile{}}}
}

// Use makes the partition ask the typologies of another engine from the next transfer
// on. Its marks must be the same. What a profile's typologies said that are no longer
// asked is withdrawn at that profile's next transfer.
func (p *Partition) Use(e *Engine) { p.e = e }

// Size is how many profiles there are, and how many bytes they take in memory.
func (p *Partition) Size() (profiles int, bytes int64) {
	p.Keep()
	bytes = p.slab.bytes + int64(p.hot.entries)*hotBytes
	for i := range p.table.parts {
		bytes += int64(len(p.table.parts[i].slots)) * slotBytes
	}
	return p.table.n, bytes
}

// Each calls fn with every profile, in no order, until it returns an error. A profile
// is fn's only during the call.
func (p *Partition) Each(s State, fn func(signal.Subject, signal.Role, *profile.Profile) error) error {
	p.Keep()
	if err := p.Open(s); err != nil {
		return err
	}
	for i := range p.table.parts {
		for j := range p.table.parts[i].slots {
			sl := &p.table.parts[i].slots[j]
			if !sl.used || sl.newest < p.clock-forgetDays {
				continue
			}
			subject := sl.key.token.Subject()
			prof, err := p.load(s, sl.key, sl, subject)
			if err != nil {
				return fmt.Errorf("profile of %s: %w", subject, err)
			}
			if err := fn(subject, sl.key.role(), prof); err != nil {
				return err
			}
		}
	}
	return nil
}

// Process adds a transfer to the profile of its subject and role, or takes it out
// where it is withdrawn, and returns what the typologies now say differently. A
// transfer that came before, or comes later than is kept, changes nothing and
// gives nothing. A Rejection means a reference used twice, of which the first use
// stands; any other error is the store's.
//
// Where what Process set in the state is not kept after all, Drop must be called
// before Keep or the next Process.
func (p *Partition) Process(ctx context.Context, s State, t payments.Transfer) ([]signal.Signal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.Keep()
	if err := p.Open(s); err != nil {
		return nil, err
	}
	p.sweep()
	k := keyOf(t.Subject, t.Role)
	old := p.live(k)
	prof, err := p.load(s, k, old, t.Subject)
	if err != nil {
		return nil, fmt.Errorf("profile of %s: %w", t.Subject, err)
	}
	c := &p.change
	*c = profile.Change{Entry: profile.NewEntry(&t), Other: profile.TokenOf(t.Other), Institution: t.Institution, Ref: t.Ref, Withdrawn: t.Withdrawn}
	p.work = work{began: true, slot: slot{key: k, used: true, recent: true}, prof: prof}
	if old != nil {
		p.work.slot = *old
	}
	added, changed, err := prof.Apply(c)
	if err != nil || !changed {
		p.work = work{} // nothing was touched
		if err != nil {
			err = fmt.Errorf("transfer %s: %w", t.ID, err)
		}
		return nil, err
	}
	p.lent.begin()
	v := prof.View(&p.view, added)
	if err := p.openSide(s, k, v); err != nil {
		return nil, err
	}
	signals := append(p.evaluate(prof, v, prof.Revision(), nil), p.lookAtSide()...)
	if err := p.stage(s, old == nil); err != nil {
		return nil, err
	}
	if err := p.stageSide(s); err != nil {
		return nil, err
	}
	return signals, nil
}

// Drop forgets what the last call of Process did: the state was not kept.
func (p *Partition) Drop() {
	if p.work.began {
		p.forget(p.work.slot.key)
		p.forgetSide()
		p.work = work{}
	}
}

// live returns the slot of a profile that is not forgotten, or nil.
func (p *Partition) live(k key) *slot {
	if sl := p.table.find(k); sl != nil && sl.newest >= p.clock-forgetDays {
		sl.recent = true
		return sl
	}
	return nil
}

// load returns a profile as it is, empty where there is none.
func (p *Partition) load(s State, k key, sl *slot, subject signal.Subject) (*profile.Profile, error) {
	switch {
	case sl == nil:
		p.scratch.Reset(subject, k.role(), p.e.c.Marks)
		return p.scratch, nil
	case sl.hot > 0:
		return p.hot.get(sl.hot), nil
	case sl.mem != 0 && sl.chained:
		return p.scratch, p.unchain(p.slab.get(sl.mem), k, subject)
	case sl.mem != 0:
		return p.scratch, p.scratch.Decode(p.slab.get(sl.mem), subject, k.role(), p.e.c.Marks)
	}
	return p.scratch, p.read(s, sl, subject)
}

// read makes a profile of its records in the log.
func (p *Partition) read(s State, sl *slot, subject signal.Subject) error {
	if s == nil {
		return errors.New("it is no longer in memory, and there is no store")
	}
	p.bodies = p.bodies[:0]
	for seq := sl.seq; ; {
		data, err := s.Get(logKey(seq))
		if err != nil {
			return err
		}
		r, err := parseRecord(data)
		if err != nil || r.key != sl.key || r.prev >= seq {
			return errRecord
		}
		if r.prev == 0 {
			if err := p.scratch.Decode(r.body, subject, sl.key.role(), p.e.c.Marks); err != nil {
				return err
			}
			break
		}
		p.bodies = append(p.bodies, r.body)
		seq = r.prev
	}
	for i := len(p.bodies) - 1; i >= 0; i-- {
		if err := p.scratch.ApplyEncoded(p.bodies[i]); err != nil {
			return err
		}
	}
	return nil
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
	sl := p.table.find(w.slot.key)
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

var errOlder = errors.New("the state is of an earlier version of this program: delete the state folder and the checkpoints of the loop, and its topic is replayed")

// Open finds the newest record of each profile in the state, as does the first call
// of Process.
func (p *Partition) Open(s State) error {
	if s == nil || p.opened {
		return nil
	}
	err := s.Scan([]byte("profile/"), func(_, _ []byte) (bool, error) { return false, errOlder })
	if err != nil {
		return err
	}
	err = s.Scan([]byte{logPrefix}, func(k, value []byte) (bool, error) {
		seq, err := parseLogKey(k)
		if err != nil {
			return false, err
		}
		r, err := parseRecord(value)
		if err != nil {
			return false, err
		}
		sl := p.table.find(r.key)
		if sl == nil {
			sl = p.table.insert(r.key)
		}
		sl.seq, sl.chain, sl.based, sl.newest = seq, r.chain, r.based, int32(r.at/daySeconds)
		p.keepRecord(sl, &r)
		p.tick(r.day, seq)
		p.clock, p.next = r.day, seq+1
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("open the profiles' log: %w", err)
	}
	p.opened = true
	return nil
}

// tick begins a segment of the log where a new day begins with a record.
func (p *Partition) tick(day int32, seq uint64) {
	if until := p.expired(day); until > 0 {
		n := 0
		for n < len(p.segments) && p.segments[n].first < until {
			n++
		}
		p.segments = append(p.segments[:0], p.segments[n:]...)
	}
	if n := len(p.segments); n == 0 || p.segments[n-1].day < day {
		p.segments = append(p.segments, segment{day, seq})
	}
}

// expired returns the number of the first record that is kept on a day; 0: nothing
// has expired.
func (p *Partition) expired(day int32) uint64 {
	until := uint64(0)
	for i := 0; i+1 < len(p.segments) && p.segments[i].day < day-logDays; i++ {
		until = p.segments[i+1].first
	}
	return until
}

package engine

import (
	"context"
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
	pairs   []pair
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
	drafts, err := p.Drafts(ctx, s, &t)
	var signals []signal.Signal
	for i := range drafts {
		signals = append(signals, drafts[i].Signal())
	}
	return signals, err
}

// Drafts is Process for those who write signals down at once: they hold until the next
// call of either alone, and until t changes.
func (p *Partition) Drafts(ctx context.Context, s State, t *payments.Transfer) ([]signal.Draft, error) {
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
	*c = profile.Change{Entry: profile.NewEntry(t), Other: profile.TokenOf(t.Other), Institution: t.Institution, Ref: t.Ref, Withdrawn: t.Withdrawn}
	p.work = work{began: true, slot: slot{key: k, used: true, recent: true}, prof: prof}
	if old != nil {
		p.work.slot, p.work.at = *old, old
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
	p.evaluate(prof, v, prof.Revision(), nil)
	p.lookAtSide()
	if err := p.stage(s, old == nil); err != nil {
		return nil, err
	}
	if err := p.stageSide(s); err != nil {
		return nil, err
	}
	return p.lent.drafts, nil
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

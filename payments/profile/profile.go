package profile

import (
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

const (
	day = 24 * 3600
	// Kept is how long before its newest transfer a profile reaches back, in seconds.
	Kept = 90 * day
	// settle is how late a transfer may come and still be kept exactly, in seconds.
	settle = 2 * day
	// fewExact transfers are always kept exactly, and more while they are younger than
	// settle; never more than mostExact.
	fewExact  = 256
	mostExact = 1024
	// maxDead limits the withdrawals that are remembered, the newest first.
	maxDead = 256
)

// A Profile is what is known of one subject in one role: a function of the set
// of transfers and withdrawals that came, in whatever order, as far as none came
// later than the package's text says.
type Profile struct {
	role    signal.Role
	subject signal.Subject
	marks   func(*Entry) Marks

	entries []Entry // by time and id
	others  []Other // those of entries, and of sealed
	dead    []death // by id
	newest  int64   // the newest time heard of
	// line is the time and id below which nothing is taken any more, beside Kept.
	lineAt  int64
	lineID  uint64
	changes uint64

	// Fired is the engine's: what its typologies last said.
	Fired []Fired
}

// Fired is that a typology fires on a profile.
type Fired struct {
	Typology, Version string
	About             Token  // zero: the profile's subject
	Said              uint64 // a hash of what was said
}

// A death is a withdrawal.
type death struct {
	id uint64
	at int64
}

// An Other is what a profile knows of one counterparty.
type Other struct {
	Token Token
	// Transfers counts all that are kept, First and Last are the times of the oldest
	// and the newest of them.
	Transfers   int
	First, Last int64
	Tie         Tie // the closest of all its transfers: one shared name is enough
	// Steady says that it looks like a regular customer or donor: see isSteady.
	Steady bool
	exact  int // of Transfers, those among the entries
}

// New returns the empty profile of a subject in a role. marks says what limits
// make of an amount; nil: nothing.
func New(subject signal.Subject, role signal.Role, marks func(*Entry) Marks) *Profile {
	return &Profile{role: role, subject: subject, marks: marks}
}

// Empty reports whether nothing is known.
func (p *Profile) Empty() bool { return p.changes == 0 }

// Revision grows with every change.
func (p *Profile) Revision() uint64 {
	return uint64(max(0, (p.newest-Kept)/3600))*1_000_000 + p.changes
}

func (p *Profile) find(at int64, id uint64) int {
	lo, hi := 0, len(p.entries)
	for lo < hi {
		if mid := (lo + hi) / 2; p.entries[mid].before(at, id) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func (p *Profile) indexID(id uint64) int {
	for i := len(p.entries) - 1; i >= 0; i-- {
		if p.entries[i].ID == id {
			return i
		}
	}
	return -1
}

// Add takes a transfer with its counterparty. It returns the place of the new
// entry, or -1 where there is none, and whether anything changed: a transfer
// that came before, or later than is kept, changes nothing, and one that was
// withdrawn before it came leaves no entry. One whose id is that of another
// transfer is a Rejection: the institution contradicts itself, and which is right
// cannot be told here.
func (p *Profile) Add(e Entry, other Token) (place int, changed bool, err error) {
	if i := p.indexID(e.ID); i >= 0 {
		known := &p.entries[i]
		if known.Amount != e.Amount || known.Currency != e.Currency || p.others[known.Other].Token != other {
			return -1, false, signal.Reject("reference-reused", "the institution gave this reference to another transfer before")
		}
		return -1, false, nil
	}
	if e.At < p.newest-Kept || e.At < p.lineAt || e.At == p.lineAt && e.ID <= p.lineID {
		return -1, false, nil
	}
	if d, dead := p.findDead(e.ID); dead {
		if p.dead[d].id != e.ID {
			return -1, false, nil
		}
		if e.At <= p.newest {
			return -1, false, nil
		}
		p.newest = e.At
		p.changes++
		p.cut()
		return -1, true, nil
	}
	if p.marks != nil {
		e.Marks = p.marks(&e)
	}
	e.Other = p.other(other)
	i := p.find(e.At, e.ID)
	p.entries = slices.Insert(p.entries, i, e)
	p.changes++
	p.newest = max(p.newest, e.At)
	p.count(int(e.Other))
	return i - p.cut(), true, nil
}

// Withdraw takes a transfer out; it may come before the transfer.
func (p *Profile) Withdraw(e Entry) (changed bool) {
	d, dead := p.findDead(e.ID)
	if dead || e.At < p.newest-Kept {
		return false
	}
	p.dead = slices.Insert(p.dead, d, death{id: e.ID, at: e.At})
	if len(p.dead) > maxDead {
		oldest := 0
		for i, d := range p.dead {
			if o := p.dead[oldest]; d.at < o.at || d.at == o.at && d.id < o.id {
				oldest = i
			}
		}
		p.dead = slices.Delete(p.dead, oldest, oldest+1)
	}
	if i := p.indexID(e.ID); i >= 0 {
		o := int(p.entries[i].Other)
		p.entries = slices.Delete(p.entries, i, i+1)
		p.count(o)
	}
	p.changes++
	p.newest = max(p.newest, e.At)
	p.cut()
	return true
}

func (p *Profile) findDead(id uint64) (int, bool) {
	return slices.BinarySearchFunc(p.dead, id, func(d death, id uint64) int {
		switch {
		case d.id < id:
			return -1
		case d.id > id:
			return 1
		}
		return 0
	})
}

// other returns the place of a counterparty, which is made where there is none.
func (p *Profile) other(t Token) uint16 {
	free := -1
	for i := range p.others {
		if p.others[i].Token == t && p.others[i].Transfers > 0 {
			return uint16(i)
		}
		if p.others[i].Transfers == 0 {
			free = i
		}
	}
	if free < 0 {
		free = len(p.others)
		p.others = append(p.others, Other{})
	}
	p.others[free] = Other{Token: t}
	return uint16(free)
}

// cut drops what is no longer kept, and returns how many entries that were.
func (p *Profile) cut() int {
	n := 0
	for n < len(p.entries) {
		e := &p.entries[n]
		over := len(p.entries) - n
		if e.At >= p.newest-Kept && (over <= fewExact || e.At >= p.newest-settle) && over <= mostExact {
			break
		}
		if e.At >= p.newest-Kept {
			p.lineAt, p.lineID = e.At, e.ID
		}
		n++
	}
	if n > 0 {
		var gone [mostExact + 1]uint16
		for i := range n {
			gone[i] = p.entries[i].Other
		}
		p.entries = slices.Delete(p.entries, 0, n)
		for _, o := range gone[:n] {
			p.count(int(o))
		}
	}
	p.dead = slices.DeleteFunc(p.dead, func(d death) bool { return d.at < p.newest-Kept })
	return n
}

// count makes a counterparty's summary anew.
func (p *Profile) count(o int) {
	out := Other{Token: p.others[o].Token}
	for i := range p.entries {
		e := &p.entries[i]
		if int(e.Other) != o {
			continue
		}
		if out.Transfers == 0 {
			out.First = e.At
		}
		out.Last = e.At
		out.Transfers++
		out.exact++
		out.Tie = max(out.Tie, e.Tie)
	}
	out.Steady = out.exact >= steadyTransfers && p.isSteady(o)
	p.others[o] = out
}

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
// later than the package's text says. Its memory can be used again (Reset, Decode).
type Profile struct {
	role    signal.Role
	subject signal.Subject
	marks   func(*Entry) Marks

	entries []Entry  // by time and id
	ids     []uint64 // theirs, in the same order
	others  []Other  // those of entries; one without transfers is a gap
	dead    []death  // by id
	sealed  sealed   // what is no longer among entries
	newest  int64    // the newest time heard of
	before  int64    // the newest time heard of that is older than is kept; 0: none
	changes uint64

	// text has the references of entries and the names of institutions, and what is no
	// longer used of them.
	text         []byte
	institutions []span

	// Fired is the engine's: what its typologies last said.
	Fired []Fired
	names []string // of typologies and versions, so that each is one string
}

// A span is a part of a profile's text.
type span struct{ at, len uint32 }

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

// New returns the empty profile of a subject in a role. marks says what limits
// make of an amount; nil: nothing.
func New(subject signal.Subject, role signal.Role, marks func(*Entry) Marks) *Profile {
	p := &Profile{}
	p.Reset(subject, role, marks)
	return p
}

// Reset makes p the empty profile of a subject in a role.
func (p *Profile) Reset(subject signal.Subject, role signal.Role, marks func(*Entry) Marks) {
	*p = Profile{
		role: role, subject: subject, marks: marks,
		entries: p.entries[:0], ids: p.ids[:0], others: p.others[:0], dead: p.dead[:0],
		text: p.text[:0], institutions: p.institutions[:0], Fired: p.Fired[:0], names: p.names,
	}
}

// Own gives p its subject in memory of its own, so that p may be kept longer than what it
// was made of.
func (p *Profile) Own(subject signal.Subject) { p.subject = subject }

// Len is how many transfers are kept exactly.
func (p *Profile) Len() int { return len(p.entries) }

// Weight is how much memory it takes, in entries.
func (p *Profile) Weight() int { return len(p.entries) + 40*len(p.sealed.slots) }

// Newest is the newest time heard of, in seconds since 1970; 0: none.
func (p *Profile) Newest() int64 { return p.newest }

// Revision grows with every change, also where the profile was forgotten between.
func (p *Profile) Revision() uint64 {
	return uint64(max(0, (p.newest-Kept)/3600))*1_000_000 + p.changes
}

// Add takes a transfer with its counterparty. It returns the place of the new entry, or -1 where there is none, and whether
// anything changed: a transfer that came before, or later than is kept, changes
// nothing, and one that was withdrawn before it came leaves no entry. One whose id
// is that of another transfer is a Rejection, and changes nothing: the institution
// contradicts itself, and which is right cannot be told here.
func (p *Profile) Add(e Entry, other Token) (place int, changed bool, err error) {
	return p.add(e, other, "", "")
}

// add is Add with the institution and its reference.
func (p *Profile) add(e Entry, other Token, institution, ref string) (place int, changed bool, err error) {
	if i := slices.Index(p.ids, e.ID); i >= 0 {
		known := &p.entries[i]
		if known.Amount != e.Amount || known.Currency != e.Currency || p.others[known.Other].Token != other {
			return -1, false, signal.Reject("reference-reused", "the institution gave this reference to another transfer before")
		}
		return -1, false, nil
	}
	if e.At < p.newest-Kept {
		return -1, p.forgot(e.At), nil
	}
	if p.sealed.covers(e.At, e.ID) {
		return -1, false, nil
	}
	if _, dead := p.findDead(e.ID); dead {
		if e.At <= p.newest {
			return -1, false, nil
		}
		// As if it had come before its withdrawal: windows end with it.
		p.newest = e.At
		p.changes++
		p.cut()
		return -1, true, nil
	}
	e.refAt, e.refLen = uint32(len(p.text)), uint16(len(ref))
	p.text = append(p.text, ref...)
	e.institution = p.institutionOf(institution)
	e.Other = p.other(other)
	i := p.find(e.At, e.ID)
	p.entries = slices.Insert(p.entries, i, e)
	if p.marks != nil {
		p.entries[i].Marks = p.marks(&p.entries[i])
	}
	p.ids = slices.Insert(p.ids, i, e.ID)
	p.changes++
	p.newest = max(p.newest, e.At)
	if i == len(p.entries)-1 {
		p.countNewest(&p.entries[i])
	} else {
		p.count(int(e.Other))
	}
	return i - p.cut(), true, nil
}

// Withdraw takes a transfer out; it may come before the transfer. It reports
// whether anything changed.
func (p *Profile) Withdraw(e Entry) bool {
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
	if i := slices.Index(p.ids, e.ID); i >= 0 {
		o := int(p.entries[i].Other)
		p.entries = slices.Delete(p.entries, i, i+1)
		p.ids = slices.Delete(p.ids, i, i+1)
		p.count(o)
	}
	p.changes++
	p.newest = max(p.newest, e.At)
	p.cut()
	return true
}

// forgot notes the time of a transfer that is older than is kept, and reports
// whether it is news.
func (p *Profile) forgot(at int64) bool {
	if at <= p.before {
		return false
	}
	p.before = at
	p.changes++
	return true
}

// Touch counts a change that is not of its transfers: what typologies say of it.
func (p *Profile) Touch() { p.changes++ }

// find returns the place of a time and id among the entries.
func (p *Profile) find(at int64, id uint64) int {
	hi := len(p.entries)
	if hi > 0 && p.entries[hi-1].before(at, id) {
		return hi
	}
	lo := 0
	for lo < hi {
		if mid := (lo + hi) / 2; p.entries[mid].before(at, id) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func (p *Profile) findDead(id uint64) (int, bool) {
	if len(p.dead) == 0 {
		return 0, false
	}
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

// cut drops what is older than is kept, and seals what is no longer kept exactly.
// It returns how many entries went.
func (p *Profile) cut() int {
	floor := p.newest - Kept
	n := 0
	for n < len(p.entries) {
		e := &p.entries[n]
		over := len(p.entries) - n
		if e.At >= floor {
			if over <= fewExact || e.At >= p.newest-settle && over <= mostExact {
				break
			}
			gap := int64(-1)
			if n+1 < len(p.entries) {
				gap = p.entries[n+1].At - e.At
			}
			p.sealed.add(e, p.others[e.Other].Token, gap)
		} else {
			p.before = max(p.before, e.At)
		}
		n++
	}
	p.sealed.cut(floor)
	if len(p.dead) > 0 {
		p.dead = slices.DeleteFunc(p.dead, func(d death) bool { return d.at < floor })
	}
	var memory [16]uint16
	others := memory[:0] // whose transfers went
	for i := range n {
		if o := p.entries[i].Other; !slices.Contains(others, o) {
			others = append(others, o)
		}
	}
	p.drop(n)
	for _, o := range others {
		p.count(int(o))
	}
	for _, token := range p.sealed.changed {
		if i := slices.IndexFunc(p.others, func(o Other) bool { return o.Token == token }); i >= 0 {
			p.count(i)
		}
	}
	p.sealed.changed = p.sealed.changed[:0]
	if len(p.text) > 2*refBytes*len(p.entries)+4096 {
		p.compact()
	}
	return n
}

// drop takes the oldest n entries out. Few are moved down, so that their memory stays
// whole for those to come.
func (p *Profile) drop(n int) {
	const few = 64
	if n == 0 {
		return
	}
	if len(p.entries) > few {
		p.entries, p.ids = p.entries[n:], p.ids[n:]
		return
	}
	p.entries = append(p.entries[:0], p.entries[n:]...)
	p.ids = append(p.ids[:0], p.ids[n:]...)
}

// refBytes is what an entry's text has at most, mostly.
const refBytes = 64

// compact copies what is used to memory of its own.
func (p *Profile) compact() {
	p.entries, p.ids = slices.Clone(p.entries), slices.Clone(p.ids)
	old, names := p.text, p.institutions
	p.text, p.institutions = make([]byte, 0, len(old)/2), nil
	for i := range p.entries {
		e := &p.entries[i]
		ref := old[e.refAt : e.refAt+uint32(e.refLen)]
		e.refAt = uint32(len(p.text))
		p.text = append(p.text, ref...)
		s := names[e.institution]
		e.institution = p.institutionOf(string(old[s.at : s.at+s.len]))
	}
}

// institutionOf returns the place of an institution, which is made where there is
// none.
func (p *Profile) institutionOf(name string) uint16 {
	for i, s := range p.institutions {
		if string(p.text[s.at:s.at+s.len]) == name {
			return uint16(i)
		}
	}
	p.institutions = append(p.institutions, span{uint32(len(p.text)), uint32(len(name))})
	p.text = append(p.text, name...)
	return uint16(len(p.institutions) - 1)
}

// source returns an entry's institution and reference.
func (p *Profile) source(e *Entry) (institution, ref []byte) {
	s := p.institutions[e.institution]
	return p.text[s.at : s.at+s.len], p.text[e.refAt : e.refAt+uint32(e.refLen)]
}

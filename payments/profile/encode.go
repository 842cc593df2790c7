package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// The first byte of a stored profile. Most remember nothing before what they keep,
// and need no place for it.
const (
	format       = 4
	formatBefore = 5 // with the time of View.Before
)

// Encode appends the profile's bytes: the same for the same profile.
func (p *Profile) Encode(b []byte) []byte {
	if p.before == 0 {
		b = append(b, format)
	} else {
		b = appendVarint(append(b, formatBefore), p.before)
	}
	b = appendUvarint(b, p.changes)
	b = appendVarint(b, p.newest)
	b = AppendFired(b, p.Fired)
	b = appendUvarint(b, uint64(len(p.dead)))
	for _, d := range p.dead {
		b = appendUint64(b, d.id)
		b = appendVarint(b, d.at)
	}
	b = p.sealed.append(b)

	// Counterparties and institutions are numbered in the order of the entries.
	var memory [2 * 64]uint16
	numbers := memory[:]
	if len(p.others)+len(p.institutions) > len(numbers) {
		numbers = make([]uint16, len(p.others)+len(p.institutions))
	}
	others, institutions := numbers[:len(p.others)], numbers[len(p.others):]
	nOthers, nInstitutions := uint16(0), uint16(0)
	for i := range p.entries {
		e := &p.entries[i]
		if others[e.Other] == 0 {
			nOthers++
			others[e.Other] = nOthers
		}
		if institutions[e.institution] == 0 {
			nInstitutions++
			institutions[e.institution] = nInstitutions
		}
	}
	b = appendUvarint(b, uint64(nOthers))
	n := uint16(0)
	for i := range p.entries {
		if o := p.entries[i].Other; others[o] == n+1 {
			b = append(b, p.others[o].Token[:]...)
			n++
		}
	}
	b = appendUvarint(b, uint64(nInstitutions))
	n = 0
	for i := range p.entries {
		if in := p.entries[i].institution; institutions[in] == n+1 {
			s := p.institutions[in]
			b = appendText(b, p.text[s.at:s.at+s.len])
			n++
		}
	}
	b = appendUvarint(b, uint64(len(p.entries)))
	last := int64(0)
	for i := range p.entries {
		e := &p.entries[i]
		b = appendVarint(b, e.At-last)
		last = e.At
		b = appendUvarint(b, uint64(others[e.Other]-1))
		b = appendUvarint(b, uint64(institutions[e.institution]-1))
		b = appendText(b, p.text[e.refAt:e.refAt+uint32(e.refLen)])
		b = appendEntry(b, e)
	}
	return b
}

// Decode makes p of what Encode wrote. An error means that the store is damaged,
// and leaves p empty.
func (p *Profile) Decode(data []byte, subject signal.Subject, role signal.Role, marks func(*Entry) Marks) error {
	p.Reset(subject, role, marks)
	if len(data) == 0 || data[0] != format && data[0] != formatBefore {
		return fmt.Errorf("a stored profile does not have format %d, which this program knows", format)
	}
	d := decoder{data: data, at: 1}
	if data[0] == formatBefore {
		p.before = d.varint()
		d.check(p.before != 0)
	}
	p.changes = d.uvarint()
	p.newest = d.varint()
	p.readFired(&d)
	for range d.count(9) {
		p.dead = append(p.dead, death{id: d.uint64(), at: d.varint()})
	}
	p.sealed = d.sealed()
	for range d.count(len(Token{})) {
		p.others = append(p.others, Other{Token: d.token()})
	}
	for range d.count(1) {
		name := d.text()
		p.institutions = append(p.institutions, span{uint32(len(p.text)), uint32(len(name))})
		p.text = append(p.text, name...)
	}
	n := d.count(20)
	d.check(n <= mostExact)
	if !d.broken {
		p.entries, p.ids = slices.Grow(p.entries, n), slices.Grow(p.ids, n)
	}
	last := int64(0)
	for i := 0; i < n && !d.broken; i++ {
		last += d.varint()
		other, institution, ref := d.uvarint(), d.uvarint(), d.text()
		d.check(other < uint64(len(p.others)) && institution < uint64(len(p.institutions)) && len(ref) < 1<<16)
		p.entries = append(p.entries, Entry{})
		e := &p.entries[i]
		d.entry(e)
		e.At, e.Other, e.institution = last, uint16(other), uint16(institution)
		e.refAt, e.refLen = uint32(len(p.text)), uint16(len(ref))
		p.text = append(p.text, ref...)
		if p.marks != nil {
			e.Marks = p.marks(e)
		}
		p.ids = append(p.ids, e.ID)
	}
	if d.broken || d.at < len(d.data) {
		p.Reset(subject, role, marks)
		return errors.New("a stored profile is damaged")
	}
	p.countAll()
	return nil
}

// countAll makes the summaries of all counterparties.
func (p *Profile) countAll() {
	if len(p.entries) < 16 || !p.sealed.empty() {
		for o := range p.others {
			p.count(o)
		}
		return
	}
	for i := range p.others {
		p.others[i].exact = 0
	}
	steady := false
	for i := range p.entries {
		e := &p.entries[i]
		o := &p.others[e.Other]
		if o.exact == 0 {
			o.First, o.amount, o.money = e.At, e.Amount, e.Currency
		}
		o.exact++
		o.mix += e.ID
		o.Transfers++
		o.Last = e.At
		o.Tie = max(o.Tie, e.Tie)
		if o.amount != e.Amount || o.money != e.Currency {
			o.amount = -1
		}
		steady = steady || o.exact >= steadyTransfers && o.amount >= 0
	}
	for i := range p.others {
		if o := &p.others[i]; steady && o.exact >= steadyTransfers && o.amount >= 0 {
			o.Steady = p.isSteady(i)
		}
	}
}

// What of an entry is not always there, by its bit.
const (
	hasBase = 1 << iota
	hasTown
	hasExposures
	hasPaidOut
	hasPurpose
	hasAnswers
	hasMoney // rail, funding, bought
	hasClasses
)

// hasAccount is a bit of the currency: the byte of those above is full.
const hasAccount = 1 << 15

// appendEntry writes what an entry has of its own.
func appendEntry(b []byte, e *Entry) []byte {
	at := len(b)
	b = append(b, 0)
	has := byte(0)
	b = appendUint64(b, e.ID)
	b = appendUvarint(b, uint64(e.Amount))
	currency := uint16(e.Currency)
	if e.Account != 0 {
		currency |= hasAccount
	}
	b = appendUint16(b, currency)
	b = appendUint16(b, uint16(e.Country)|uint16(e.Tie&1)<<15)
	b = appendUint16(b, uint16(e.OtherCountry)|uint16(e.Tie>>1)<<15)
	if e.Base != 0 {
		has |= hasBase
		b = appendUvarint(b, uint64(e.Base))
	}
	if e.OtherTown != 0 {
		has |= hasTown
		b = appendUint64(b, e.OtherTown)
	}
	if e.Exposures != 0 {
		has |= hasExposures
		b = appendUvarint(b, uint64(e.Exposures))
	}
	if e.PaidOutAfter != 0 {
		has |= hasPaidOut
		b = appendUvarint(b, uint64(e.PaidOutAfter))
	}
	if e.Purpose != [4]byte{} {
		has |= hasPurpose
		b = append(b, e.Purpose[:]...)
	}
	if e.Night|e.OtherNight|e.Tourists != 0 {
		has |= hasAnswers
		b = append(b, byte(e.Night)|byte(e.OtherNight)<<2|byte(e.Tourists)<<4)
	}
	if e.Rail != 0 || e.Funding != 0 || e.Bought != 0 {
		has |= hasMoney
		b = appendUint16(b, uint16(e.Rail))
		b = append(b, byte(e.Funding), byte(e.Bought))
	}
	if e.Classes != 0 {
		has |= hasClasses
		b = append(b, byte(e.Classes))
	}
	if e.Account != 0 {
		b = appendUint64(b, e.Account)
	}
	b[at] = has
	return b
}

// entry reads what appendEntry wrote into an entry that is zero.
func (d *decoder) entry(e *Entry) {
	head := d.take(9)
	if head == nil {
		return
	}
	has := head[0]
	e.ID = binary.LittleEndian.Uint64(head[1:])
	e.Amount = d.number()
	codes := d.take(6)
	if codes == nil {
		return
	}
	currency := binary.LittleEndian.Uint16(codes)
	e.Currency = Currency(currency &^ hasAccount)
	country, otherCountry := binary.LittleEndian.Uint16(codes[2:]), binary.LittleEndian.Uint16(codes[4:])
	e.Country, e.OtherCountry = Country(country&0x7fff), Country(otherCountry&0x7fff)
	e.Tie = Tie(country>>15 | otherCountry>>15<<1)
	d.check(e.Currency < Currencies)
	if has&hasBase != 0 {
		e.Base = d.number()
	}
	if has&hasTown != 0 {
		e.OtherTown = d.uint64()
	}
	if has&hasExposures != 0 {
		e.Exposures = Exposures(d.uvarint())
	}
	if has&hasPaidOut != 0 {
		e.PaidOutAfter = int32(d.uvarint())
	}
	if has&hasPurpose != 0 {
		copy(e.Purpose[:], d.take(4))
	}
	if has&hasAnswers != 0 {
		a := d.byte()
		e.Night, e.OtherNight, e.Tourists = Answer(a&3), Answer(a>>2&3), Answer(a>>4&3)
	}
	if has&hasMoney != 0 {
		e.Rail = Rail(d.uint16())
		e.Funding, e.Bought = Funding(d.byte()), Bought(d.byte())
	}
	if has&hasClasses != 0 {
		e.Classes = Classes(d.byte())
	}
	if currency&hasAccount != 0 {
		e.Account = d.uint64()
	}
}

// AppendFired writes what typologies last said.
func AppendFired(b []byte, fired []Fired) []byte {
	b = appendUvarint(b, uint64(len(fired)))
	for i := range fired {
		f := &fired[i]
		b = appendText(b, f.Typology)
		b = appendText(b, f.Version)
		if f.About == (Token{}) {
			b = append(b, 0)
		} else {
			b = append(b, 1)
			b = append(b, f.About[:]...)
		}
		b = appendUint64(b, f.Said)
	}
	return b
}

func (p *Profile) readFired(d *decoder) {
	p.Fired = p.Fired[:0]
	for range d.count(11) {
		f := Fired{Typology: p.name(d.text()), Version: p.name(d.text())}
		if d.byte() != 0 {
			f.About = d.token()
		}
		f.Said = d.uint64()
		p.Fired = append(p.Fired, f)
	}
}

// name returns the string of a name.
func (p *Profile) name(text []byte) string {
	for _, n := range p.names {
		if n == string(text) {
			return n
		}
	}
	n := string(text)
	if len(p.names) < 256 {
		p.names = append(p.names, n)
	}
	return n
}

package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// format is the first byte of a stored profile.
const format = 3

// Encode appends the profile's bytes: the same for the same profile.
func (p *Profile) Encode(b []byte) []byte {
	b = append(b, format)
	b = binary.AppendUvarint(b, p.changes)
	b = binary.AppendVarint(b, p.newest)
	b = binary.AppendVarint(b, p.lineAt)
	b = binary.LittleEndian.AppendUint64(b, p.lineID)
	b = binary.AppendUvarint(b, uint64(len(p.Fired)))
	for i := range p.Fired {
		f := &p.Fired[i]
		b = appendString(b, f.Typology)
		b = appendString(b, f.Version)
		b = append(b, f.About[:]...)
		b = binary.LittleEndian.AppendUint64(b, f.Said)
	}
	b = binary.AppendUvarint(b, uint64(len(p.dead)))
	for _, d := range p.dead {
		b = binary.LittleEndian.AppendUint64(b, d.id)
		b = binary.AppendVarint(b, d.at)
	}
	// Counterparties and institutions are numbered in the order of the entries.
	var numbers [mostExact + 1]uint16
	places := numbers[:0]
	if len(p.others) > len(numbers) {
		places = make([]uint16, 0, len(p.others))
	}
	places = places[:len(p.others)]
	var others []Token
	var institutions []string
	for i := range p.entries {
		e := &p.entries[i]
		if places[e.Other] == 0 {
			others = append(others, p.others[e.Other].Token)
			places[e.Other] = uint16(len(others))
		}
		if !slices.Contains(institutions, e.Institution) && len(institutions) < maxInstitutions {
			institutions = append(institutions, e.Institution)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(others)))
	for i := range others {
		b = append(b, others[i][:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(institutions)))
	for _, s := range institutions {
		b = appendString(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(p.entries)))
	last := p.newest - Kept
	for i := range p.entries {
		e := &p.entries[i]
		institution := slices.Index(institutions, e.Institution)
		b = appendEntry(b, e, e.At-last, places[e.Other]-1, institution)
		last = e.At
	}
	return b
}

// maxInstitutions limits those that have a number within a profile; any others are
// written out.
const maxInstitutions = 64

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

func appendEntry(b []byte, e *Entry, after int64, other uint16, institution int) []byte {
	var has byte
	set := func(is bool, bit byte) {
		if is {
			has |= bit
		}
	}
	set(e.Base != 0, hasBase)
	set(e.OtherTown != 0, hasTown)
	set(e.Exposures != 0, hasExposures)
	set(e.PaidOutAfter != 0, hasPaidOut)
	set(e.Purpose != [4]byte{}, hasPurpose)
	set(e.Night|e.OtherNight|e.Tourists != 0, hasAnswers)
	set(e.Rail != 0 || e.Funding|Funding(e.Bought) != 0, hasMoney)
	set(e.Classes != 0, hasClasses)
	b = append(b, has)
	b = binary.LittleEndian.AppendUint64(b, e.ID)
	b = binary.AppendUvarint(b, uint64(after))
	b = binary.AppendUvarint(b, uint64(e.Amount))
	b = binary.LittleEndian.AppendUint16(b, uint16(e.Currency))
	b = binary.LittleEndian.AppendUint16(b, uint16(e.Country)|uint16(e.Tie&1)<<15)
	b = binary.LittleEndian.AppendUint16(b, uint16(e.OtherCountry)|uint16(e.Tie>>1)<<15)
	b = binary.AppendUvarint(b, uint64(other))
	b = binary.AppendUvarint(b, uint64(institution+1))
	if institution < 0 {
		b = appendString(b, e.Institution)
	}
	b = appendString(b, e.Ref)
	if has&hasBase != 0 {
		b = binary.AppendUvarint(b, uint64(e.Base))
	}
	if has&hasTown != 0 {
		b = binary.LittleEndian.AppendUint64(b, e.OtherTown)
	}
	if has&hasExposures != 0 {
		b = binary.AppendUvarint(b, uint64(e.Exposures))
	}
	if has&hasPaidOut != 0 {
		b = binary.AppendUvarint(b, uint64(e.PaidOutAfter))
	}
	if has&hasPurpose != 0 {
		b = append(b, e.Purpose[:]...)
	}
	if has&hasAnswers != 0 {
		b = append(b, byte(e.Night)|byte(e.OtherNight)<<2|byte(e.Tourists)<<4)
	}
	if has&hasMoney != 0 {
		b = binary.LittleEndian.AppendUint16(b, uint16(e.Rail))
		b = append(b, byte(e.Funding), byte(e.Bought))
	}
	if has&hasClasses != 0 {
		b = append(b, byte(e.Classes))
	}
	return b
}

func (d *decoder) entry(p *Profile, last int64, others int, institutions []string) (e Entry) {
	has := d.byte()
	e.ID = d.uint64()
	e.At = last + int64(d.uvarint())
	e.Amount = int64(d.uvarint())
	e.Currency = Currency(d.uint16())
	country, otherCountry := d.uint16(), d.uint16()
	e.Country, e.OtherCountry = Country(country&0x7fff), Country(otherCountry&0x7fff)
	e.Tie = Tie(country>>15 | otherCountry>>15<<1)
	other := d.uvarint()
	d.check(other < uint64(others))
	e.Other = uint16(other)
	if n := d.uvarint(); n == 0 {
		e.Institution = d.string()
	} else if d.check(n <= uint64(len(institutions))); !d.broken {
		e.Institution = institutions[n-1]
	}
	e.Ref = d.string()
	if has&hasBase != 0 {
		e.Base = int64(d.uvarint())
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
	if p.marks != nil {
		e.Marks = p.marks(&e)
	}
	return e
}

// Decode reads what Encode wrote, and no bytes as an empty profile. An error means
// that the store is damaged.
func Decode(data []byte, subject signal.Subject, role signal.Role, marks func(*Entry) Marks) (*Profile, error) {
	p := New(subject, role, marks)
	if len(data) == 0 {
		return p, nil
	}
	if data[0] != format {
		return nil, fmt.Errorf("a stored profile has format %d, and this program knows %d", data[0], format)
	}
	d := decoder{text: string(data), at: 1}
	p.changes = d.uvarint()
	p.newest = d.varint()
	p.lineAt = d.varint()
	p.lineID = d.uint64()
	for range d.count(26) {
		f := Fired{Typology: d.string(), Version: d.string()}
		copy(f.About[:], d.take(len(f.About)))
		f.Said = d.uint64()
		p.Fired = append(p.Fired, f)
	}
	for range d.count(9) {
		p.dead = append(p.dead, death{id: d.uint64(), at: d.varint()})
	}
	p.others = make([]Other, d.count(len(Token{})))
	for i := range p.others {
		copy(p.others[i].Token[:], d.take(len(Token{})))
	}
	institutions := make([]string, d.count(1))
	for i := range institutions {
		institutions[i] = d.string()
	}
	n := d.count(20)
	p.entries = make([]Entry, 0, n+1) // one is about to be added
	last := p.newest - Kept
	for range n {
		e := d.entry(p, last, len(p.others), institutions)
		if d.broken {
			break
		}
		last = e.At
		p.entries = append(p.entries, e)
	}
	if d.broken || d.at < len(d.text) {
		return nil, errors.New("a stored profile is damaged")
	}
	for o := range p.others {
		p.count(o)
	}
	return p, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

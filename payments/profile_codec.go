package payments

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/signal"
)

// profileFormat is the first byte of a stored profile.
const profileFormat = 1

// encode writes the profile in one canonical form: numbers as varints, strings
// after their length, tokens as they are.
func (p *profile) encode() []byte {
	b := make([]byte, 0, 64+128*len(p.entries))
	b = append(b, profileFormat)
	b = binary.AppendVarint(b, p.floor)
	b = appendString(b, p.rules)
	b = binary.AppendUvarint(b, uint64(len(p.fired)))
	for _, typology := range p.fired {
		b = appendString(b, typology)
	}
	b = binary.AppendUvarint(b, uint64(len(p.entries)))
	for _, e := range p.entries {
		b = append(b, e.id[:]...)
		b = binary.AppendVarint(b, e.at)
		b = binary.AppendVarint(b, e.amount)
		b = append(b, e.other[:]...)
		b = append(b, byte(e.tie), e.classes)
		for _, s := range []string{e.currency, e.institution, e.ref, e.country, e.otherCountry} {
			b = appendString(b, s)
		}
	}
	return b
}

// decodeProfile reads what encode wrote; nothing at all is an empty profile. An
// error means that the store is damaged.
func decodeProfile(data []byte, role signal.Role) (*profile, error) {
	p := &profile{role: role}
	if len(data) == 0 {
		return p, nil
	}
	if data[0] != profileFormat {
		return nil, fmt.Errorf("stored profile has format %d, and this program knows %d", data[0], profileFormat)
	}
	d := decoder{data: data, text: string(data), at: 1}
	p.floor = d.varint()
	p.rules = d.string()
	for range d.count(1) {
		p.fired = append(p.fired, d.string())
	}
	n := d.count(2*len(token{}) + 9)
	p.entries = make([]entry, 0, n+1) // one is about to be added
	for range n {
		e := entry{id: d.token(), at: d.varint(), amount: d.varint(), other: d.token(), tie: tie(d.byte()), classes: d.byte()}
		e.currency, e.institution, e.ref = d.string(), d.string(), d.string()
		e.country, e.otherCountry = d.string(), d.string()
		p.entries = append(p.entries, e)
	}
	if d.broken || d.at < len(data) {
		return nil, errors.New("stored profile is damaged")
	}
	return p, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// A decoder reads values from one place on, and zeros once it is broken. Its
// strings are parts of text, the same bytes as data, to copy them only once.
type decoder struct {
	data   []byte
	text   string
	at     int
	broken bool
}

// skip steps over n bytes, and returns where they begin and end.
func (d *decoder) skip(n int) (from, to int) {
	if d.broken || n < 0 || n > len(d.data)-d.at {
		d.broken = true
		return 0, 0
	}
	d.at += n
	return d.at - n, d.at
}

func (d *decoder) byte() byte {
	from, to := d.skip(1)
	if from == to {
		return 0
	}
	return d.data[from]
}

func (d *decoder) token() (t token) {
	from, to := d.skip(len(t))
	copy(t[:], d.data[from:to])
	return t
}

func (d *decoder) string() string {
	from, to := d.skip(d.count(1))
	return d.text[from:to]
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.data[d.at:])
	d.varlen(n)
	return v
}

// count reads how many things of at least size bytes follow.
func (d *decoder) count(size int) int {
	v, n := binary.Uvarint(d.data[d.at:])
	d.varlen(n)
	if d.broken || v > uint64((len(d.data)-d.at)/size) {
		d.broken = true
		return 0
	}
	return int(v)
}

// varlen steps over a varint of n bytes, where n is what package binary says.
func (d *decoder) varlen(n int) {
	if n <= 0 {
		d.broken = true
		return
	}
	d.skip(n)
}

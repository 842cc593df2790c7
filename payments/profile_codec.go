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
	d := decoder{rest: data[1:]}
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
	if d.broken || len(d.rest) > 0 {
		return nil, errors.New("stored profile is damaged")
	}
	return p, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// A decoder reads values off the front of rest, and zeros once it is broken.
type decoder struct {
	rest   []byte
	broken bool
}

func (d *decoder) take(n int) []byte {
	if d.broken || n < 0 || n > len(d.rest) {
		d.broken = true
		return make([]byte, min(max(n, 0), len(token{})))
	}
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) byte() byte { return d.take(1)[0] }

func (d *decoder) token() token { return token(d.take(len(token{}))) }

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.broken = true
		return 0
	}
	d.take(n)
	return v
}

// count reads how many things of at least size bytes follow.
func (d *decoder) count(size int) int {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v > uint64(len(d.rest)/size) {
		d.broken = true
		return 0
	}
	d.take(n)
	return int(v)
}

func (d *decoder) string() string { return string(d.take(d.count(1))) }

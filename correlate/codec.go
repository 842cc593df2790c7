package correlate

import (
	"encoding/binary"
	"fmt"
	"math"
)

// What the state keeps of entries: uvarints, strings and lists by their length, times in
// nanoseconds since 1970 as the distance from one that comes before. Equal entries have
// equal bytes.

// Flags of an entry's head.
const (
	flagPrivate = 1 << iota
	flagEnded
	flagMore // facts follow
)

// largest is the most that an entry's size is told as: no more is of interest.
const largest = 1 << 12

// measure sets an entry's size.
func (e *entry) measure() {
	var room [512]byte
	e.size = uint16(min(len(appendEntry(room[:0], e)), largest))
}

func appendEntry(out []byte, e *entry) []byte {
	var flags byte
	if e.private {
		flags |= flagPrivate
	}
	if e.ended {
		flags |= flagEnded
	}
	if e.session != nil {
		flags |= flagMore
	}
	out = append(out, byte(e.kind), flags, byte(e.source))
	out = append(out, e.id[:]...)
	out = binary.AppendUvarint(out, e.revision)
	out = binary.AppendUvarint(out, uint64(e.start))
	out = binary.AppendUvarint(out, uint64(e.end-e.start))
	switch {
	case e.kind == kindGuest:
		out = binary.AppendUvarint(out, uint64(e.session.audience))
		out = append(out, e.session.host[:]...)
	case e.session != nil:
		out = binary.AppendUvarint(out, uint64(e.session.audience))
		out = binary.AppendUvarint(out, uint64(len(e.session.guests)))
		for _, g := range e.session.guests {
			out = append(out, g[:]...)
		}
	case e.match != nil:
		m := e.match
		for _, s := range []string{m.stream, m.kind, m.list, m.entry, m.category} {
			out = appendString(out, s)
		}
		for _, n := range []uint64{uint64(m.distance), m.frames, m.seen, m.pictures, bit(m.held)} {
			out = binary.AppendUvarint(out, n)
		}
	case e.score != nil:
		out = appendString(appendString(out, e.score.stream), e.score.classifier)
		out = binary.AppendUvarint(out, uint64(e.score.thousandth))
	case e.payment != nil:
		out = appendPayment(out, e.payment)
	}
	return out
}

func appendPayment(out []byte, p *paymentFacts) []byte {
	out = appendString(appendString(out, p.typology), p.rules)
	for _, n := range []uint64{bit(p.sender), bit(p.victim), math.Float64bits(p.strength), uint64(p.counterparties), uint64(p.unrelated)} {
		out = binary.AppendUvarint(out, n)
	}
	out = appendTimes(out, p.times)
	out = binary.AppendUvarint(out, uint64(len(p.pairs)))
	for i := range p.pairs {
		q := &p.pairs[i]
		out = append(out, q.other[:]...)
		for _, n := range []uint64{uint64(q.transfers), uint64(q.first), bit(q.related)} {
			out = binary.AppendUvarint(out, n)
		}
		out = appendTimes(out, q.times)
	}
	return out
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func appendString(out []byte, s string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

// appendTimes writes ascending times.
func appendTimes(out []byte, times []int64) []byte {
	out = binary.AppendUvarint(out, uint64(len(times)))
	last := int64(0)
	for _, t := range times {
		out = binary.AppendUvarint(out, uint64(t-last))
		last = t
	}
	return out
}

// entry reads what appendEntry wrote.
func (r *reader) entry() (e entry) {
	before := len(r.rest)
	defer func() { e.size = uint16(min(before-len(r.rest), largest)) }()
	e = entry{kind: kind(r.byte())}
	flags := r.byte()
	e.private, e.ended, e.source = flags&flagPrivate != 0, flags&flagEnded != 0, source(r.byte())
	copy(e.id[:], r.bytes(len(e.id)))
	e.revision, e.start = r.uvarint(), int64(r.uvarint())
	e.end = e.start + int64(r.uvarint())
	switch {
	case e.kind < kindMatch || e.kind >= kindEnd || flags >= flagMore<<1 || e.source >= sourceEnd:
		r.short = true
	case e.kind == kindSession && flags&flagMore != 0:
		e.session = &sessionFacts{audience: int(r.uvarint())}
		for range r.length(16) {
			var t token
			copy(t[:], r.bytes(len(t)))
			e.session.guests = append(e.session.guests, t)
		}
	case e.kind == kindGuest:
		e.session = &sessionFacts{audience: int(r.uvarint())}
		copy(e.session.host[:], r.bytes(len(e.session.host)))
	case e.kind == kindMatch:
		m := &matchFacts{stream: r.string(), kind: r.string(), list: r.string(), entry: r.string(), category: r.string()}
		m.distance, m.frames, m.seen, m.pictures, m.held = int(r.uvarint()), r.uvarint(), r.uvarint(), r.uvarint(), r.uvarint() == 1
		e.match = m
	case e.kind == kindScore:
		e.score = &scoreFacts{stream: r.string(), classifier: r.string(), thousandth: int(r.uvarint())}
	case e.kind == kindPayment:
		e.payment = r.payment()
	}
	return e
}

func (r *reader) payment() *paymentFacts {
	p := &paymentFacts{typology: r.string(), rules: r.string()}
	p.sender, p.victim, p.strength = r.uvarint() == 1, r.uvarint() == 1, math.Float64frombits(r.uvarint())
	p.counterparties, p.unrelated, p.times = int(r.uvarint()), int(r.uvarint()), r.times()
	for range r.length(20) {
		var q pairFacts
		copy(q.other[:], r.bytes(len(q.other)))
		q.transfers, q.first, q.related = int(r.uvarint()), int64(r.uvarint()), r.uvarint() == 1
		q.times = r.times()
		p.pairs = append(p.pairs, q)
	}
	return p
}

// A reader takes bytes off a slice; once it ran short it gives zeros.
type reader struct {
	rest  []byte
	short bool
}

// done is errDamaged unless all was read and nothing was missing.
func (r *reader) done() error {
	if r.short || len(r.rest) > 0 {
		return fmt.Errorf("%w: wrong length or form", errDamaged)
	}
	return nil
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || len(r.rest) < n {
		r.rest, r.short = nil, true
		return make([]byte, min(max(n, 0), 16))
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) byte() byte { return r.bytes(1)[0] }

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest, r.short = nil, true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// length reads how many of something follow that take so many bytes each at least.
func (r *reader) length(least int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/least) {
		r.rest, r.short = nil, true
		return 0
	}
	return int(n)
}

func (r *reader) string() string { return string(r.bytes(r.length(1))) }

func (r *reader) times() []int64 {
	n := r.length(1)
	if n == 0 {
		return nil
	}
	times := make([]int64, n)
	last := int64(0)
	for i := range times {
		last += int64(r.uvarint())
		times[i] = last
	}
	return times
}

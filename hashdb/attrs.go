package hashdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// attrs is what a row keeps of an entry beside its hash, list and id: a byte of
// flags, then what the flags announce, in their order. Nothing at all is a listed
// entry of which nothing else is known. Equal entries have equal attrs, so that they
// can be compared and stored once as bytes.
//
//	time        uvarint, seconds since 1970
//	parties     1 byte
//	tags        1 byte their number, then each with a length byte; ascending, no two equal
//	provenance  a length byte and the text
type attrs struct {
	disputed   bool
	time       uint32 // 0: not known.
	parties    uint8
	tags       []string
	provenance string
}

const (
	attrDisputed = 1 << iota
	attrTime
	attrParties
	attrTags
	attrProvenance
	attrAll = 1<<iota - 1
)

var errAttrs = errors.New("what is kept of an entry cannot be read")

// attrsOf returns the attrs of an entry that was checked and is not retracted.
func attrsOf(e *Entry) attrs {
	a := attrs{disputed: e.Status == Disputed, parties: uint8(e.Parties), provenance: e.Provenance}
	if !e.Time.IsZero() {
		a.time = uint32(e.Time.Unix())
	}
	if len(e.Tags) > 0 {
		a.tags = slices.Clone(e.Tags)
		slices.Sort(a.tags)
		a.tags = slices.Compact(a.tags)
	}
	return a
}

// when returns the time, zero when it is not known.
func (a *attrs) when() time.Time {
	if a.time == 0 {
		return time.Time{}
	}
	return time.Unix(int64(a.time), 0).UTC()
}

// append appends the encoded attrs to b.
func (a *attrs) append(b []byte) []byte {
	var flags byte
	for _, f := range []struct {
		flag byte
		set  bool
	}{
		{attrDisputed, a.disputed}, {attrTime, a.time != 0}, {attrParties, a.parties != 0},
		{attrTags, len(a.tags) > 0}, {attrProvenance, a.provenance != ""},
	} {
		if f.set {
			flags |= f.flag
		}
	}
	if flags == 0 {
		return b
	}
	b = append(b, flags)
	if a.time != 0 {
		b = binary.AppendUvarint(b, uint64(a.time))
	}
	if a.parties != 0 {
		b = append(b, a.parties)
	}
	if len(a.tags) > 0 {
		b = append(b, byte(len(a.tags)))
		for _, t := range a.tags {
			b = append(append(b, byte(len(t))), t...)
		}
	}
	if a.provenance != "" {
		b = append(append(b, byte(len(a.provenance))), a.provenance...)
	}
	return b
}

// disputed reports whether the encoded attrs are of a disputed entry.
func disputed(b []byte) bool { return len(b) > 0 && b[0]&attrDisputed != 0 }

// sameSaid reports whether encoded attrs say the same of an entry. How it came here is
// not what a list says of it: the same list from another file is the same list.
func sameSaid(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	a, b = withoutProvenance(a), withoutProvenance(b)
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return a[0]&^attrProvenance == b[0]&^attrProvenance && bytes.Equal(a[1:], b[1:])
}

// withoutProvenance returns encoded attrs up to the provenance, which is last.
func withoutProvenance(b []byte) []byte {
	if len(b) == 0 || b[0]&attrProvenance == 0 {
		return b
	}
	if b[0] == attrProvenance {
		return nil
	}
	in := attrReader{rest: b[1:]}
	if b[0]&attrTime != 0 {
		in.uvarint()
	}
	if b[0]&attrParties != 0 {
		in.byte()
	}
	if b[0]&attrTags != 0 {
		for n := in.byte(); n > 0; n-- {
			in.take(int(in.byte()))
		}
	}
	return b[:len(b)-len(in.rest)]
}

// decodeAttrs reads encoded attrs, of which it keeps nothing. It takes exactly what
// append gives.
func decodeAttrs(b []byte) (attrs, error) {
	var a attrs
	if len(b) == 0 {
		return a, nil
	}
	flags, in := b[0], attrReader{rest: b[1:]}
	if flags == 0 || flags&^attrAll != 0 {
		return attrs{}, errAttrs
	}
	a.disputed = flags&attrDisputed != 0
	if flags&attrTime != 0 {
		a.time = in.uvarint()
		in.want(a.time != 0)
	}
	if flags&attrParties != 0 {
		a.parties = in.byte()
		in.want(a.parties != 0)
	}
	if flags&attrTags != 0 {
		n := int(in.byte())
		in.want(n >= 1 && n <= maxTags)
		for i := 0; i < n && !in.bad; i++ {
			t := in.text()
			in.want(len(t) >= 1 && len(t) <= maxTag && (i == 0 || a.tags[i-1] < t))
			a.tags = append(a.tags, t)
		}
	}
	if flags&attrProvenance != 0 {
		a.provenance = in.text()
		in.want(len(a.provenance) >= 1 && len(a.provenance) <= maxRef)
	}
	if in.bad || len(in.rest) > 0 {
		return attrs{}, errAttrs
	}
	return a, nil
}

// attrReader takes encoded attrs apart, and remembers that something was wrong.
type attrReader struct {
	rest []byte
	bad  bool
}

func (r *attrReader) want(ok bool) { r.bad = r.bad || !ok }

func (r *attrReader) take(n int) []byte {
	if r.bad || n > len(r.rest) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *attrReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *attrReader) text() string { return string(r.take(int(r.byte()))) }

func (r *attrReader) uvarint() uint32 {
	v, n := binary.Uvarint(r.rest)
	// The shortest form only: its last byte is not zero.
	r.want(n > 0 && v <= 1<<32-1 && (n == 1 || n > 1 && r.rest[n-1] != 0))
	if r.bad {
		return 0
	}
	r.take(n)
	return uint32(v)
}

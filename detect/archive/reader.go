package archive

import (
	"encoding/binary"
	"math"
)

// reader takes encoded state apart, and remembers that something was wrong.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) want(ok bool) { r.bad = r.bad || !ok }

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if r.want(n > 0); r.bad {
		return 0
	}
	r.take(uint64(n))
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if r.want(n > 0); r.bad {
		return 0
	}
	r.take(uint64(n))
	return v
}

func (r *reader) uint32() uint32 {
	v := r.uvarint()
	r.want(v <= math.MaxUint32)
	return uint32(v)
}

func (r *reader) text() string { return string(r.take(r.uvarint())) }

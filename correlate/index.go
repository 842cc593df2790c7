package correlate

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// indexVersion is the first byte of an encoded set.
const indexVersion = 1

// encodeSet writes a set: a version byte, the day and the number of entries as
// uvarints, and for each entry a byte of kind and privacy, the 16 bytes of the
// id, and as uvarints its revision, its start and the length to its end, in
// nanoseconds. Equal sets have equal bytes.
func encodeSet(s set) []byte {
	out := make([]byte, 0, 16+44*len(s.entries))
	out = append(out, indexVersion)
	out = binary.AppendUvarint(out, uint64(s.day))
	out = binary.AppendUvarint(out, uint64(len(s.entries)))
	for _, e := range s.entries {
		head := byte(e.kind) << 1
		if e.private {
			head |= 1
		}
		out = append(out, head)
		out = append(out, e.id[:]...)
		out = binary.AppendUvarint(out, e.revision)
		out = binary.AppendUvarint(out, uint64(e.start))
		out = binary.AppendUvarint(out, uint64(e.end-e.start))
	}
	return out
}

// decodeSet reads what encodeSet wrote. Anything else, down to a byte left over
// or entries out of order, is errDamaged.
func decodeSet(data []byte) (set, error) {
	if len(data) == 0 || data[0] != indexVersion {
		return set{}, fmt.Errorf("%w: not version %d", errDamaged, indexVersion)
	}
	r := reader{rest: data[1:]}
	day, n := r.uvarint(), r.uvarint()
	if n > uint64(len(r.rest)/minEntry) {
		return set{}, fmt.Errorf("%w: says it has %d entries", errDamaged, n)
	}
	s := set{day: int64(day), entries: make([]entry, n)}
	for i := range s.entries {
		head := r.byte()
		e := entry{kind: kind(head >> 1), private: head&1 == 1}
		copy(e.id[:], r.bytes(len(e.id)))
		e.revision, e.start = r.uvarint(), int64(r.uvarint())
		e.end = e.start + int64(r.uvarint())
		if e.kind < kindMatch || e.kind > kindSession || i > 0 && s.entries[i-1].compare(e) >= 0 {
			return set{}, fmt.Errorf("%w: entry %d", errDamaged, i)
		}
		s.entries[i] = e
	}
	if r.short || len(r.rest) > 0 || !bytes.Equal(encodeSet(s), data) {
		return set{}, fmt.Errorf("%w: wrong length or form", errDamaged)
	}
	return s, nil
}

// minEntry is the least number of bytes that an entry takes.
const minEntry = 1 + 16 + 3

// A reader takes bytes off a slice; once it ran short it gives zeros.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) bytes(n int) []byte {
	if len(r.rest) < n {
		r.rest, r.short = nil, true
		return make([]byte, n)
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

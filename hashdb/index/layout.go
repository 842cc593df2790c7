package index

import (
	"encoding/binary"
	"fmt"
)

const (
	tableCount = 16
	halfValues = 1 << 16
	boundsSize = 4 * (halfValues + 1)
	idSize     = 3
	line       = 64 // A cache line: each part of a table starts on one.
)

// layout says where in a table its parts are, all little-endian. A table lists the
// codes by the value of one half, and there in their order:
//
//	bounds    65,537 × uint32: those with value v are at bounds[v] to bounds[v+1]
//	siblings  n × uint16: the other half of the same eighth
//	ids       n × 24 bits: the position among the codes
//
// Parts are padded with zero bytes to 64, and the tables, first to last, follow each
// other. Everything is read by offsets below 4 GiB in one slice of bytes, which serves
// machines of either byte order without a copy.
type layout struct {
	n, siblings, ids, stride int
}

func layoutOf(n int) layout {
	l := layout{n: n, siblings: padded(boundsSize)}
	l.ids = l.siblings + padded(2*n)
	l.stride = l.ids + padded(idSize*n)
	return l
}

func padded(n int) int { return (n + line - 1) / line * line }

func (l layout) size() int { return tableCount * l.stride }

// TablesSize returns the size in bytes of the encoded tables of n codes: five bytes a
// code in each of 16, and 4 MiB of bounds.
func TablesSize(n int) int64 {
	const parts = int64(line)
	pad := func(n int64) int64 { return (n + parts - 1) / parts * parts }
	return tableCount * (pad(boundsSize) + pad(2*int64(n)) + pad(idSize*int64(n)))
}

// check errs unless the bounds of every table rise from 0 to n, on which all reading
// relies. Ids are checked where they are used.
func (l layout) check(tables []byte) error {
	for t := range tableCount {
		bounds := tables[t*l.stride:][:boundsSize]
		last := uint32(0)
		for v := 0; v < boundsSize; v += 4 {
			b := binary.LittleEndian.Uint32(bounds[v:])
			if b < last || v == 0 && b != 0 {
				return fmt.Errorf("index table %d: bound %d is %d after %d", t, v/4, b, last)
			}
			last = b
		}
		if int(last) != l.n {
			return fmt.Errorf("index table %d: the last bound is %d, want %d", t, last, l.n)
		}
	}
	return nil
}

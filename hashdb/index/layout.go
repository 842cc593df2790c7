package index

import (
	"encoding/binary"
	"fmt"
)

const (
	tableCount  = 16
	halfValues  = 1 << 16
	boundsSize  = 4 * (halfValues + 1)
	siblingSize = 2
	idSize      = 3
	line        = 64 // A cache line: each part of a table starts on one.
)

// layout says where in a table its parts are, all little-endian. A table lists the
// codes by the value of one half, and those of one value, a bucket, in their order:
//
//	bounds   65,537 × uint32: those with value v are the entries bounds[v] to bounds[v+1]
//	buckets  for each value its entries' siblings, uint16, the other half of the same
//	         eighth, and then their ids, 24 bits, the position among the codes
//
// A bucket's ids follow its siblings because that is nearly always the same page of
// memory, and a look-up spends most of its time on finding pages. Both parts are padded
// with zero bytes to 64, and the tables, first to last, follow each other. Everything is
// read by offsets below 4 GiB in one slice of bytes, which serves machines of either
// byte order without a copy.
type layout struct {
	n, buckets, stride int
}

func layoutOf(n int) layout {
	l := layout{n: n, buckets: padded(boundsSize)}
	l.stride = l.buckets + padded((siblingSize+idSize)*n)
	return l
}

func padded(n int) int { return (n + line - 1) / line * line }

func (l layout) size() int { return tableCount * l.stride }

// bucket returns where in the tables the siblings and the ids of the entries lo to hi of
// table t are, which must be a bucket.
func (l layout) bucket(t int, lo, hi uint32) (siblings, ids uint32) {
	siblings = uint32(t*l.stride+l.buckets) + (siblingSize+idSize)*lo
	return siblings, siblings + siblingSize*(hi-lo)
}

// boundsOf returns where among the entries of a table those with value v are.
func boundsOf(table []byte, v uint16) (lo, hi uint32) {
	pair := binary.LittleEndian.Uint64(table[4*int(v):])
	return uint32(pair), uint32(pair >> 32)
}

// TablesSize returns the size in bytes of the encoded tables of n codes: five bytes a
// code in each of 16, and 4 MiB of bounds.
func TablesSize(n int) int64 {
	const unit = int64(line)
	rows := (siblingSize + idSize) * int64(n)
	return tableCount * (int64(padded(boundsSize)) + (rows+unit-1)/unit*unit)
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

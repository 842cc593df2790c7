package engine

import (
	"encoding/binary"
	"slices"
)

// A slab keeps byte strings outside of the garbage collector's sight: in chunks
// that hold no pointers, in places of some fifty sizes. The 10 million profiles of
// a partition would else be as many objects to mark.
type slab struct {
	classes []class
	bytes   int64 // of all chunks
}

// A class has the places of one size.
type class struct {
	size     int // of a place, with the two bytes or four that say how much of it is used
	perChunk int
	chunks   [][]byte
	free     []uint32 // places given back
	next     uint32   // the first place never used
}

// A ref names a place; 0 is none.
type ref uint64

const (
	chunkBytes   = 256 << 10
	lengthBytes  = 4
	smallestSize = 48
	largestSize  = 8 << 20 // no profile is as large
)

func newSlab() *slab {
	s := &slab{}
	for size := smallestSize; size <= largestSize; size += max(16, size/8) &^ 15 {
		s.classes = append(s.classes, class{size: size, perChunk: max(1, chunkBytes/size)})
	}
	return s
}

// put copies data to a place of its own, and gives old back, which may be 0.
func (s *slab) put(old ref, data []byte) ref {
	need := len(data) + lengthBytes
	at, _ := slices.BinarySearchFunc(s.classes, need, func(c class, need int) int { return c.size - need })
	if at == len(s.classes) {
		s.drop(old)
		return 0
	}
	if old == 0 || int(old>>32)-1 != at {
		s.drop(old)
		old = ref(at+1)<<32 | ref(s.classes[at].take(&s.bytes))
	}
	place := s.place(old)
	binary.LittleEndian.PutUint32(place, uint32(len(data)))
	copy(place[lengthBytes:], data)
	return old
}

// fits reports whether data of a length can be put without a new chunk.
func (s *slab) fits(old ref, length int) bool {
	at, _ := slices.BinarySearchFunc(s.classes, length+lengthBytes, func(c class, need int) int { return c.size - need })
	if at == len(s.classes) {
		return true // it is not kept
	}
	c := &s.classes[at]
	return old != 0 && int(old>>32)-1 == at || len(c.free) > 0 || int(c.next) < len(c.chunks)*c.perChunk
}

// get returns what lies in a place, which is the slab's own memory.
func (s *slab) get(r ref) []byte {
	place := s.place(r)
	n := binary.LittleEndian.Uint32(place)
	return place[lengthBytes : lengthBytes+n]
}

func (s *slab) place(r ref) []byte {
	c := &s.classes[r>>32-1]
	i := int(uint32(r))
	from := i % c.perChunk * c.size
	return c.chunks[i/c.perChunk][from : from+c.size]
}

// drop gives a place back.
func (s *slab) drop(r ref) {
	if r != 0 {
		c := &s.classes[r>>32-1]
		c.free = append(c.free, uint32(r))
	}
}

func (c *class) take(bytes *int64) uint32 {
	if n := len(c.free); n > 0 {
		i := c.free[n-1]
		c.free = c.free[:n-1]
		return i
	}
	if int(c.next) == len(c.chunks)*c.perChunk {
		c.chunks = append(c.chunks, make([]byte, c.perChunk*c.size))
		*bytes += int64(c.perChunk * c.size)
	}
	c.next++
	return c.next - 1
}

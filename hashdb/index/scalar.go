package index

import (
	"encoding/binary"
	"math/bits"
)

// survivors puts into found where the ids of the entries are whose siblings are near
// enough, and returns how many. It stops where found might become too short, and says
// how many buckets are done; of the one after those it has cut off what it has read.
func (x *Index) survivors(buckets []bucket, found []uint32) (n, done int) {
	if x.wide {
		return survivorsWide(x.tables, buckets, found)
	}
	return survivorsScalar(x.tables, buckets, found)
}

// lookUpEntries reads the ids.
func (x *Index) lookUpEntries(found, entries []uint32) {
	if x.wide {
		lookUpEntriesWide(x.tables, x.codes, found, entries)
		return
	}
	for i, at := range found {
		// Three bytes of four: there is always a byte before an id.
		entries[i] = binary.LittleEndian.Uint32(x.tables[at-1:]) >> 8
	}
}

// A word has four siblings, each in a lane of 16 bits.
const (
	lanes   = 4
	oneEach = 0x0001_0001_0001_0001
	topEach = 0x8000 * oneEach
)

func survivorsScalar(tables []byte, buckets []bucket, found []uint32) (n, done int) {
	for done = range buckets {
		if done%touched == 0 {
			touch(tables, buckets[done:min(done+touched, len(buckets))])
		}
		b := &buckets[done]
		siblings := tables[b.siblings:][:siblingSize*b.count]
		sibling := uint64(b.sibling) * oneEach
		// Adding this to a lane's count of bits, in its upper byte, sets the top bit
		// when the count is above what is left.
		over := uint64(0x7f-b.left) << 8 * oneEach
		ids := b.ids
		for len(siblings) >= 2*lanes {
			word := binary.LittleEndian.Uint64(siblings) ^ sibling
			word -= word >> 1 & 0x5555_5555_5555_5555
			word = word&0x3333_3333_3333_3333 + word>>2&0x3333_3333_3333_3333
			word = (word + word>>4) & 0x0f0f_0f0f_0f0f_0f0f
			if far := (word + word<<8 + over) & topEach; far != topEach {
				if n+lanes > len(found) {
					b.cut(len(siblings), ids)
					return n, done
				}
				for near := ^far & topEach; near != 0; near &= near - 1 {
					found[n] = ids + idSize*uint32(bits.TrailingZeros64(near)/16)
					n++
				}
			}
			siblings = siblings[2*lanes:]
			ids += idSize * lanes
		}
		for ; len(siblings) > 0; siblings = siblings[siblingSize:] {
			if bits.OnesCount16(binary.LittleEndian.Uint16(siblings)^b.sibling) <= int(b.left) {
				if n == len(found) {
					b.cut(len(siblings), ids)
					return n, done
				}
				found[n] = ids
				n++
			}
			ids += idSize
		}
	}
	return n, len(buckets)
}

const (
	// touched is how many buckets are brought into the cache together: with ten million
	// codes half of the smallest first-level cache.
	touched = 32
	// maxTouch is how far into a bucket, in bytes: the processor follows longer ones by
	// itself.
	maxTouch = 1024
)

// touch reads a byte of every line of the buckets' siblings. With so little to do for
// each, the processor waits for many of them at a time, where reading the siblings in
// earnest would wait for a few.
//
//go:noinline
func touch(tables []byte, buckets []bucket) (sum byte) {
	for i := range buckets {
		b := &buckets[i]
		end := b.siblings + min(siblingSize*b.count, maxTouch)
		for at := b.siblings; at < end; at = at&^(line-1) + line {
			sum += tables[at]
		}
	}
	return sum
}

// cut leaves of a bucket the last bytes of its siblings, whose ids start at ids.
func (b *bucket) cut(bytes int, ids uint32) {
	left := uint32(bytes / siblingSize)
	b.siblings += siblingSize * (b.count - left)
	b.count, b.ids = left, ids
}

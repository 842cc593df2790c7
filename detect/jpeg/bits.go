package jpeg

import "encoding/binary"

// bits reads entropy-coded data, in which a byte of 0xff is followed by a zero and any
// other byte behind it makes a marker.
type bits struct {
	data []byte
	pos  int    // The next byte.
	acc  uint64 // The next bits, from the highest on.
	n    uint   // How many of them are there.
	// Zeros stand for what is missing before a marker. These many bits of n, the last,
	// are such; more than n when some were read.
	missing uint
}

// enough is as many bits as a code of 16 and a value of 11 take together, and more.
const enough = 32

// refill returns pos, acc and n with more than enough bits. They are handed to and fro
// since they are worth keeping in registers.
func (b *bits) refill(pos int, acc uint64, n uint) (int, uint64, uint) {
	if pos+8 <= len(b.data) {
		next := binary.BigEndian.Uint64(b.data[pos:])
		// Without a byte of 0xff: none of the complement is zero.
		if none := ^next; (none-0x0101010101010101)&next&0x8080808080808080 == 0 {
			// As many whole bytes as there is room for. Bits of the next one are behind
			// them, and will be put there again.
			return pos + int(63-n)/8, acc | next>>(n&63), n | 56
		}
	}
	for ; n <= 56; n += 8 {
		switch {
		case pos < len(b.data) && b.data[pos] != 0xff:
			acc |= uint64(b.data[pos]) << ((56 - n) & 63)
			pos++
		case pos+1 < len(b.data) && b.data[pos] == 0xff && b.data[pos+1] == 0:
			acc |= 0xff << ((56 - n) & 63)
			pos += 2
		default:
			b.missing += 8
		}
	}
	return pos, acc, n
}

// marker ends a stretch of entropy-coded data. It returns the marker that follows, and
// false when none does, when bytes are left over or when bits were missing.
func (b *bits) marker() (byte, bool) {
	left := b.n - b.missing // Or very many, when some of the missing were read.
	if left >= 8 || b.pos+1 >= len(b.data) || b.data[b.pos] != 0xff {
		return 0, false
	}
	marker := b.data[b.pos+1]
	*b = bits{data: b.data, pos: b.pos + 2}
	return marker, true
}

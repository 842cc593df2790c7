package index

import (
	"cmp"
	"math/bits"
)

// Code is 256 bits, most significant word first; it compares as its hexadecimal form.
type Code [4]uint64

// Distance returns the number of bits, 0 to 256, in which c and o differ.
func (c Code) Distance(o Code) int {
	return bits.OnesCount64(c[0]^o[0]) + bits.OnesCount64(c[1]^o[1]) +
		bits.OnesCount64(c[2]^o[2]) + bits.OnesCount64(c[3]^o[3])
}

// Compare returns -1, 0 or +1 as c is before, equal to or after o.
func (c Code) Compare(o Code) int {
	for i := range c {
		if d := cmp.Compare(c[i], o[i]); d != 0 {
			return d
		}
	}
	return 0
}

// half returns half t, 0 to 15, counted from the most significant.
func (c *Code) half(t int) uint16 { return uint16(c[t/4] >> halfShift(t)) }

// halfShift returns how far half t is from the low end of its word.
func halfShift(t int) int { return 48 - 16*(t%4) }

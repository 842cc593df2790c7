package index

import "math/bits"

// See a code as eight eighths of 32 bits, and an eighth as two halves of 16. Give eighth
// e, from 0 to 7, the threshold floor((radius+1+e)/8) - 1. These thresholds, each plus
// one, add up to radius+1, so a code that exceeds all of them is further away than
// radius: one within radius keeps below the threshold of some eighth. In the same way
// one of that eighth's halves keeps below the smaller of two thresholds. At radius 31
// every eighth has threshold 3, and every half 1. So it is enough to visit, in the table
// of each half, the values within the half's threshold, to drop entries whose sibling
// exceeds what is left of the eighth's, and to compare the rest in full. At ten million
// uniform codes and radius 31 that is 272 buckets, some 41,500 siblings of two bytes,
// and about 110 codes.

// thresholds returns how many bits may differ in the eighth of half t, and in half t, at
// the given radius. Negative means that no entry need be sought there.
func thresholds(radius, t int) (eighth, half int) {
	eighth = (radius+1+t/2)/8 - 1
	return eighth, (eighth+1+t%2)/2 - 1
}

// maxHalfThreshold is how many bits of a half a look-up flips at most. Two flips are
// 137 buckets a table; with three it would be 697, and a scan is faster.
const maxHalfThreshold = 2

// maskCount is the number of masks of at most 0, 1 and 2 bits.
var maskCount = [maxHalfThreshold + 1]int{1, 17, 137}

// flips returns the 16-bit masks of at most two bits, those of fewer bits first.
func flips() []uint16 {
	masks := make([]uint16, 0, maskCount[maxHalfThreshold])
	for n := range maxHalfThreshold + 1 {
		for m := range halfValues {
			if bits.OnesCount16(uint16(m)) == n {
				masks = append(masks, uint16(m))
			}
		}
	}
	return masks
}

// firstTable returns the first table in which a look-up of q comes across c. A code is
// reported from there alone, so each is reported once without remembering which were.
func firstTable(c, q *Code, radius int) int {
	for t := range tableCount {
		eighth, half := thresholds(radius, t)
		own := bits.OnesCount16(c.half(t) ^ q.half(t))
		other := bits.OnesCount16(c.half(t^1) ^ q.half(t^1))
		if own <= half && own+other <= eighth {
			return t
		}
	}
	return -1
}

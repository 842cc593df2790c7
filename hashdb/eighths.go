package hashdb

import "math/bits"

// eighths is an exact index over 256-bit hashes.
//
// It sees a hash as eight eighths of 32 bits, and an eighth as two halves of 16.
// Give eighth e, from 0 to 7, the threshold floor((radius+1+e)/8) - 1. These
// thresholds, each plus one, add up to radius+1, so a hash that exceeds all of them
// is further away than radius: one within radius keeps below the threshold of some
// eighth. In the same way one of that eighth's halves keeps below the smaller of two
// thresholds. At radius 31 every eighth has threshold 3, and every half 1.
//
// So for each of the 16 halves a table lists the entries by that half's value, with
// the sibling half beside each. A look-up reads the lists of the values within the
// half's threshold, drops entries whose sibling exceeds what is left of the
// eighth's, and compares the rest in full. At ten million uniform hashes and
// radius 31 it reads some 41,500 siblings and compares about 110 hashes.
//
// Lists in which many entries share halves make it read more; where it would read
// more siblings than a scan has hashes, it scans, so that the worst case is bounded.
type eighths struct {
	hashes []words
	tables [16]halfTable
	masks  []uint16
}

// halfTable lists entries by the value of one half: those with value v are at
// bounds[v] to bounds[v+1].
type halfTable struct {
	bounds   []uint32
	entries  []uint32
	siblings []uint16
}

const (
	halfValues = 1 << 16
	// maxHalfThreshold is how many bits of a half a look-up flips at most. Two
	// flips are 137 lists a table; with three it would be 697, and a scan is faster.
	maxHalfThreshold = 2
)

// maskCount is the number of masks of at most 0, 1 and 2 bits.
var maskCount = [maxHalfThreshold + 1]int{1, 17, 137}

func newEighths(hashes []words) *eighths {
	x := &eighths{hashes: hashes, masks: flips()}
	for t := range x.tables {
		x.tables[t] = newHalfTable(hashes, t)
	}
	return x
}

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

func newHalfTable(hashes []words, t int) halfTable {
	x := halfTable{
		bounds:   make([]uint32, halfValues+1),
		entries:  make([]uint32, len(hashes)),
		siblings: make([]uint16, len(hashes)),
	}
	// Count each value one place further on, so that the running sums are starts
	// and, after filling has moved each start to its end, bounds again.
	for i := range hashes {
		if v := int(hashes[i].half(t)) + 2; v < len(x.bounds) {
			x.bounds[v]++
		}
	}
	for v := 1; v < len(x.bounds); v++ {
		x.bounds[v] += x.bounds[v-1]
	}
	for i := range hashes {
		v := int(hashes[i].half(t)) + 1
		at := x.bounds[v]
		x.bounds[v]++
		x.entries[at], x.siblings[at] = uint32(i), hashes[i].half(t^1)
	}
	return x
}

// half returns half t, 0 to 15, counted from the most significant.
func (w *words) half(t int) uint16 { return uint16(w[t/4] >> (48 - 16*(t%4))) }

// thresholds returns how many bits may differ in eighth e, and in its half t, at
// the given radius. Negative means that no entry need be sought there.
func thresholds(radius, t int) (eighth, half int) {
	eighth = (radius+1+t/2)/8 - 1
	return eighth, (eighth+1+t%2)/2 - 1
}

func (x *eighths) within(q words, radius int, hits []hit) []hit {
	if _, widest := thresholds(radius, 15); widest > maxHalfThreshold || x.visits(&q, radius) > len(x.hashes) {
		return scan(x.hashes).within(q, radius, hits)
	}
	for t := range x.tables {
		eighth, half := thresholds(radius, t)
		if half < 0 {
			continue
		}
		table := &x.tables[t]
		value, sibling := q.half(t), q.half(t^1)
		for _, m := range x.masks[:maskCount[half]] {
			v := int(value ^ m)
			lo, hi := table.bounds[v], table.bounds[v+1]
			left := eighth - bits.OnesCount16(m)
			for i, s := range table.siblings[lo:hi] {
				if bits.OnesCount16(s^sibling) > left {
					continue
				}
				entry := int(table.entries[int(lo)+i])
				d := x.hashes[entry].distance(q)
				if d <= radius && !x.foundBefore(&q, entry, radius, t) {
					hits = append(hits, hit{entry, d})
				}
			}
		}
	}
	return hits
}

// visits returns how many siblings a look-up would read. It also brings the bounds
// into the cache all at once, before the look-up needs them one after another.
func (x *eighths) visits(q *words, radius int) int {
	sum := 0
	for t := range x.tables {
		_, half := thresholds(radius, t)
		if half < 0 {
			continue
		}
		bounds, value := x.tables[t].bounds, q.half(t)
		for _, m := range x.masks[:maskCount[half]] {
			v := int(value ^ m)
			sum += int(bounds[v+1] - bounds[v])
		}
	}
	return sum
}

// foundBefore reports whether a table before t already gave the entry, so that each
// is reported once without remembering which were.
func (x *eighths) foundBefore(q *words, entry, radius, t int) bool {
	h := &x.hashes[entry]
	for earlier := range t {
		eighth, half := thresholds(radius, earlier)
		own := bits.OnesCount16(h.half(earlier) ^ q.half(earlier))
		other := bits.OnesCount16(h.half(earlier^1) ^ q.half(earlier^1))
		if own <= half && own+other <= eighth {
			return true
		}
	}
	return false
}

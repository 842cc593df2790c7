package backtest

import (
	"math/bits"
	"slices"
)

// A bitset is a set of small numbers.
type bitset []uint64

// with adds a number; the set may be another one then, as with append.
func (b bitset) with(n int32) bitset {
	for int(n/64) >= len(b) {
		b = append(b, 0)
	}
	b[n/64] |= 1 << (n % 64)
	return b
}

func (b bitset) has(n int32) bool { return b.at(int(n/64))&(1<<(n%64)) != 0 }

func (b bitset) at(i int) uint64 {
	if i < len(b) {
		return b[i]
	}
	return 0
}

func (b bitset) or(o bitset) bitset {
	out := make(bitset, max(len(b), len(o)))
	for i := range out {
		out[i] = b.at(i) | o.at(i)
	}
	return out
}

func (b bitset) and(o bitset) bitset {
	out := make(bitset, min(len(b), len(o)))
	for i := range out {
		out[i] = b[i] & o[i]
	}
	return out
}

func (b bitset) less(o bitset) bitset {
	out := slices.Clone(b)
	for i := range out {
		out[i] &^= o.at(i)
	}
	return out
}

func (b bitset) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b bitset) each(yield func(int32) bool) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			if !yield(int32(64*i + bits.TrailingZeros64(w))) {
				return
			}
		}
	}
}

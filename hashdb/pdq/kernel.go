package pdq

import "math/bits"

// The loops over all pixels. amd64 has them in assembly as well, with the same result
// to the bit, for they do the same operations on each element and in no other order.

// addValuesGo adds each value of src, times weight, to its sum.
func addValuesGo(sums, src []float32, weight float32) {
	sums = sums[:len(src)]
	for i, v := range src {
		sums[i] += float32(weight * v)
	}
}

// addBytesGo does so for bytes.
func addBytesGo(sums []float32, src []byte, weight float32) {
	sums = sums[:len(src)]
	for i, v := range src {
		sums[i] += float32(weight * float32(v))
	}
}

// limitsGo sets lo and hi to the limits of unsaturated luminance for each pair of cb
// and cr, once for each of the pixels that share it.
func limitsGo(lo, hi, cb, cr []byte) {
	across := len(lo) / max(1, len(cb))
	cr = cr[:len(cb)]
	for i := range cb {
		l, h := unsaturated(cb[i], cr[i])
		for k := range across {
			lo[i*across+k], hi[i*across+k] = l, h
		}
	}
}

// outsideGo sets bit i, counted across the words of found, where luma[i] is below lo[i]
// or above hi[i], and clears the others.
func outsideGo(found []uint32, luma, lo, hi []byte) {
	lo, hi = lo[:len(luma)], hi[:len(luma)]
	clear(found)
	for i, v := range luma {
		if v < lo[i] || v > hi[i] {
			found[i/32] |= 1 << (i % 32)
		}
	}
}

// addClippedGo adds to the sums what clipping changes of each pixel's luminance, times
// weight. The pixels are the bits of found, or more of those that saturate; across of
// them share a colour.
func addClippedGo(sums []float32, luma, cb, cr []byte, across int, weight float32, found uint32) {
	for ; found != 0; found &= found - 1 {
		x := bits.TrailingZeros32(found)
		at := x / across
		sums[x] += float32(weight * (clipped(luma[x], cb[at], cr[at]) - float32(luma[x])))
	}
}

// sumRowsGo sets out to the sum of the rows, each times its weight.
func sumRowsGo(out *[side]float32, rows *samples, weights *[side]float32) {
	*out = [side]float32{}
	for k, w := range weights {
		for j, v := range rows[k] {
			out[j] += float32(w * v)
		}
	}
}

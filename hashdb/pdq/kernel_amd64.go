//go:build amd64 && !purego

package pdq

import "golang.org/x/sys/cpu"

// The assembly does whole blocks of 8 sums, 16 colours or 32 pixels; Go does the rest.

//go:noescape
func addValuesAVX2(sums, src *float32, blocks int, weight float32)

//go:noescape
func addBytesAVX2(sums *float32, src *byte, blocks int, weight float32)

//go:noescape
func limitsAVX2(lo, hi, cb, cr *byte, blocks int)

//go:noescape
func limitsOfPairsAVX2(lo, hi, cb, cr *byte, blocks int)

//go:noescape
func addClippedAVX2(sums *float32, luma, cb, cr *byte, weight float32)

//go:noescape
func addClippedPairsAVX2(sums *float32, luma, cb, cr *byte, weight float32)

//go:noescape
func sumRowsAVX2(out *[side]float32, rows *samples, weights *[side]float32)

//go:noescape
func outsideAVX2(found *uint32, luma, lo, hi *byte, blocks int)

func addValues(sums, src []float32, weight float32) {
	sums = sums[:len(src)]
	done := 0
	if blocks := len(src) / 8; blocks > 0 && cpu.X86.HasAVX2 {
		addValuesAVX2(&sums[0], &src[0], blocks, weight)
		done = 8 * blocks
	}
	addValuesGo(sums[done:], src[done:], weight)
}

func addBytes(sums []float32, src []byte, weight float32) {
	sums = sums[:len(src)]
	done := 0
	if blocks := len(src) / 8; blocks > 0 && cpu.X86.HasAVX2 {
		addBytesAVX2(&sums[0], &src[0], blocks, weight)
		done = 8 * blocks
	}
	addBytesGo(sums[done:], src[done:], weight)
}

func limits(lo, hi, cb, cr []byte) {
	cr, hi = cr[:len(cb)], hi[:len(lo)]
	blocks, done := len(cb)/16, 0
	if blocks > 0 && cpu.X86.HasAVX2 {
		switch len(lo) / len(cb) {
		case 1:
			limitsAVX2(&lo[0], &hi[0], &cb[0], &cr[0], blocks)
			done = 16 * blocks
		case 2:
			limitsOfPairsAVX2(&lo[0], &hi[0], &cb[0], &cr[0], blocks)
			done = 16 * blocks
		}
	}
	if done < len(cb) {
		across := len(lo) / len(cb)
		limitsGo(lo[done*across:], hi[done*across:], cb[done:], cr[done:])
	}
}

func outside(found []uint32, luma, lo, hi []byte) {
	lo, hi, found = lo[:len(luma)], hi[:len(luma)], found[:(len(luma)+31)/32]
	blocks := len(luma) / 32
	if blocks == 0 || !cpu.X86.HasAVX2 {
		outsideGo(found, luma, lo, hi)
		return
	}
	outsideAVX2(&found[0], &luma[0], &lo[0], &hi[0], blocks)
	outsideGo(found[blocks:], luma[32*blocks:], lo[32*blocks:], hi[32*blocks:])
}

func addClipped(sums []float32, luma, cb, cr []byte, across int, weight float32, found uint32) {
	if len(luma) == 32 && len(sums) == 32 && cpu.X86.HasAVX2 {
		switch {
		case across == 1 && len(cb) == 32 && len(cr) == 32:
			addClippedAVX2(&sums[0], &luma[0], &cb[0], &cr[0], weight)
			return
		case across == 2 && len(cb) == 16 && len(cr) == 16:
			addClippedPairsAVX2(&sums[0], &luma[0], &cb[0], &cr[0], weight)
			return
		}
	}
	addClippedGo(sums, luma, cb, cr, across, weight, found)
}

func sumRows(out *[side]float32, rows *samples, weights *[side]float32) {
	if cpu.X86.HasAVX2 {
		sumRowsAVX2(out, rows, weights)
		return
	}
	sumRowsGo(out, rows, weights)
}

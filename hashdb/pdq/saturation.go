package pdq

import (
	"image"
	"math/bits"
)

// The offsets of red, green and blue from a pixel's luminance are JFIF's, rounded:
// 1.402 Cr, -0.344 Cb - 0.714 Cr, 1.772 Cb. The factors are in 32,768ths, and what is
// above one is added whole, so that 16 bits are enough.
const (
	redOfCr   = 13173 // 0.402
	greenOfCb = 11277 // 0.344136
	greenOfCr = 23401 // 0.714136
	blueOfCb  = 7471  // 0.228, below 2
)

// unsaturated returns the least and the greatest luminance at which the colour's red,
// green and blue all lie within 0 and 255.
func unsaturated(cb, cr uint8) (lo, hi uint8) {
	b, r := int32(cb)-128, int32(cr)-128
	red := r + share(r, redOfCr)
	green := -share(b, greenOfCb) - share(r, greenOfCr)
	blue := 2*b - share(b, blueOfCb)
	return uint8(max(0, -min(red, green, blue))), uint8(255 - max(0, red, green, blue))
}

func share(v, of int32) int32 { return (v*of + 1<<14) >> 15 }

// saturation finds the pixels of a picture whose luminance is not their luminance
// plane's. It keeps its buffers.
type saturation struct {
	row    int // Of chroma, of which lo and hi are; -1 for none.
	skip   int // Pixels of lo and hi before the picture's first.
	lo, hi []uint8
	found  []uint32 // A bit a pixel.
}

// add adds to sums what clipping changes of the luminance in row y of p, times weight.
// Pixels without a bit in used are left out; nil means all are used.
func (s *saturation) add(sums []float32, p *picture, y int, weight float32, used []uint32) {
	c := p.chroma
	left, top := c.Rect.Min.X, c.Rect.Min.Y
	at := c.COffset(left, top+y)
	across := columnsPerChroma(c.SubsampleRatio)
	if at != s.row {
		s.row, s.skip = at, left%across
		n := (s.skip + p.width + across - 1) / across
		n = min(n, len(c.Cb)-at, len(c.Cr)-at)
		if cap(s.lo) < n*across {
			s.lo, s.hi = make([]uint8, n*across), make([]uint8, n*across)
		}
		s.lo, s.hi = s.lo[:n*across], s.hi[:n*across]
		limits(s.lo, s.hi, c.Cb[at:][:n], c.Cr[at:][:n])
	}
	luma, lo, hi := p.bytes(y), s.lo[s.skip:], s.hi[s.skip:]
	if words := (p.width + 31) / 32; cap(s.found) < words {
		s.found = make([]uint32, words)
	}
	s.found = s.found[:(p.width+31)/32]
	outside(s.found, luma, lo, hi)
	cb, cr := c.Cb[at:], c.Cr[at:]
	for i, found := range s.found {
		if used != nil {
			found &= used[i]
		}
		for ; found != 0; found &= found - 1 {
			x := 32*i + bits.TrailingZeros32(found)
			v := (x + s.skip) / across
			sums[x] += float32(weight * (clipped(luma[x], cb[v], cr[v]) - float32(luma[x])))
		}
	}
}

// columnsPerChroma is how many pixels of a row share a colour.
func columnsPerChroma(r image.YCbCrSubsampleRatio) int {
	switch r {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		return 2
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		return 4
	}
	return 1
}

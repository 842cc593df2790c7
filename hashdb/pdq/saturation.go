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
	red, green, blue := offsets(cb, cr)
	return uint8(max(0, -min(red, green, blue))), uint8(255 - max(0, red, green, blue))
}

// clipped returns the luminance of a pixel whose channels are clipped to 0 and 255.
func clipped(y, cb, cr uint8) float32 {
	red, green, blue := offsets(cb, cr)
	clip := func(offset int32) uint8 { return uint8(min(max(int32(y)+offset, 0), 255)) }
	return Mode512.weigh(clip(red), clip(green), clip(blue))
}

func offsets(cb, cr uint8) (red, green, blue int32) {
	b, r := int32(cb)-128, int32(cr)-128
	return r + share(r, redOfCr), -share(b, greenOfCb) - share(r, greenOfCr), 2*b - share(b, blueOfCb)
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
// Pixels without a bit in used may be left out.
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
		x := 32 * i
		if found &= used[i]; found == 0 {
			continue
		}
		// A whole block of pixels and its colours, or what is left of the row.
		n := min(32, p.width-x)
		if s.skip == 0 {
			first, end := x/across, (x+n+across-1)/across
			addClipped(sums[x:x+n], luma[x:x+n], cb[first:end], cr[first:end], across, weight, found)
			continue
		}
		for ; found != 0; found &= found - 1 {
			x := x + bits.TrailingZeros32(found)
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

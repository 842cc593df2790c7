package jpeg

import "encoding/binary"

// maxBlocks is the most blocks of the two chroma components in a unit: of 10 in all they
// can be 2 each, with 2 or 4 of luminance.
const maxBlocks = 2 * 2

// chromaBlock is a block before its transform.
type chromaBlock struct {
	block block
	used  uint64
}

// span is the pixels from lo to hi.
type span struct{ lo, hi int32 }

const (
	// maxFirst bounds the first coefficient for spanOf; those of pixels are within 1024
	// and a half of their step. Beyond, sums of int32 may overflow in the transform, and
	// pixels are anything. Where the others are so large, spans are of all values anyway.
	maxFirst = 2048
	// slack is more than what rounding moves a pixel: 7/8 of the average, 3/4 of the
	// rest, a half in the end, and a little by factors that are right to four digits.
	slack = 2
)

// spanOf returns between which values all pixels of a block lie, by its first
// coefficient, which is 8 times their average, and the sum of the magnitudes of all
// others: none moves a pixel by more than a quarter of itself (T.81, A.3.3).
func spanOf(first, size int32) span {
	if first > maxFirst || first < -maxFirst {
		return span{0, 255}
	}
	average := first>>3 + neutral
	return span{clip(average - size/4 - slack), clip(average + size/4 + slack)}
}

func clip(v int32) int32 { return min(max(v, 0), 255) }

// unsaturated returns the luminance with which no pixel whose colours lie within the
// spans can saturate. The offsets of red, green and blue from luminance are JFIF's,
// 1.402 Cr, -0.3441 Cb - 0.7141 Cr and 1.772 Cb, here in 1024ths, with slack for rounding.
func unsaturated(cb, cr span) span {
	cb, cr = span{cb.lo - neutral, cb.hi - neutral}, span{cr.lo - neutral, cr.hi - neutral}
	least := min(1436*cr.lo, 1815*cb.lo, -353*cb.hi-732*cr.hi)
	most := max(1436*cr.hi, 1815*cb.hi, -353*cb.lo-732*cr.lo)
	return span{slack - least>>10, 255 - slack - most>>10}
}

// chroma decodes the colours of a unit, whose luminance lies within luma. Where none of
// its pixels can saturate they are made neutral: PDQ takes the luminance alone there.
func (d *Decoder) chroma(x, y int, luma span) bool {
	f := &d.frame
	per := f.components[1].h * f.components[1].v
	var spans [2]span
	var all uint64
	for i := range spans {
		for k := range per {
			b := &d.blocks[i*per+k]
			b.block = block{}
			used, size, ok := d.block(&f.components[1+i], &b.block)
			if !ok {
				return false
			}
			b.used = used
			all |= used
			s := spanOf(b.block[0], size)
			if k > 0 {
				s = span{min(s.lo, spans[i].lo), max(s.hi, spans[i].hi)}
			}
			spans[i] = s
		}
	}
	plain := false
	if all != 0 { // Else there is next to nothing to transform.
		safe := unsaturated(spans[0], spans[1])
		plain = luma.lo >= safe.lo && luma.hi <= safe.hi || f.components[0].within(x, y, safe)
	}
	for i := range spans {
		for k := range per {
			b := &d.blocks[i*per+k]
			dst, stride := f.components[1+i].at(x, y, k)
			if plain {
				fill(dst, stride, neutral)
			} else {
				b.block.pixels(b.used, dst, stride)
			}
		}
	}
	return true
}

// within reports whether all pixels of a unit lie within s, for an s about the middle.
func (c *component) within(x, y int, s span) bool {
	if s.lo < 0 || s.lo > 128 || s.hi < 128 || s.hi > 255 {
		return false
	}
	// A byte is less than a limit of up to 128 when its highest bit is not set and is
	// once the limit is taken away. What is borrowed from a byte was borrowed for such a
	// one.
	const highest = 128 * replicate
	least, most := uint64(s.lo)*replicate, uint64(255-s.hi)*replicate
	var outside uint64
	for row := range 8 * c.v {
		row := c.plane[(8*c.v*y+row)*c.stride+8*c.h*x:][:8*c.h]
		for ; len(row) >= 8; row = row[8:] {
			v := binary.LittleEndian.Uint64(row)
			outside |= (v-least)&^v | (^v-most)&v
		}
	}
	return outside&highest == 0
}

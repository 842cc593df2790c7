package pdq

import "image"

// picture is where luminance comes from: values as they are, bytes of gray, bytes of
// red, green, blue and one more, or planes of luminance and colour.
type picture struct {
	mode          Mode // Whose rounding it has.
	width, height int
	values        []float32    // Row after row; nil for all but Luma.
	pix           []byte       // From the first pixel on.
	stride        int          // Of pix.
	channels      int          // Of pix, and of the sums made from it: 1 or 4.
	chroma        *image.YCbCr // Whose pixels pix is the luminance of, or nil.
}

func (l Luma) picture() picture {
	return picture{width: l.Width, height: l.Height, values: l.Pix, channels: 1}
}

// pictureOf returns img as a picture, and false for a type that must be converted.
func pictureOf(img image.Image, mode Mode) (picture, bool) {
	b := img.Bounds()
	p := picture{mode: mode, width: b.Dx(), height: b.Dy(), channels: 1}
	switch t := img.(type) {
	case *image.YCbCr:
		p.chroma = t
	case *image.NYCbCrA:
		p.chroma = &t.YCbCr
	case *image.Gray:
		p.pix, p.stride = t.Pix[t.PixOffset(b.Min.X, b.Min.Y):], t.Stride
	case *image.RGBA:
		p.pix, p.stride, p.channels = t.Pix[t.PixOffset(b.Min.X, b.Min.Y):], t.Stride, 4
	case *image.NRGBA:
		p.pix, p.stride, p.channels = t.Pix[t.PixOffset(b.Min.X, b.Min.Y):], t.Stride, 4
	default:
		return picture{}, false
	}
	if c := p.chroma; c != nil {
		// Left of and above zero, package image shares colour out by another rule.
		if b.Min.X < 0 || b.Min.Y < 0 {
			return picture{}, false
		}
		p.pix, p.stride = c.Y[c.YOffset(b.Min.X, b.Min.Y):], c.YStride
	}
	return p, true
}

// bytes returns row y of pix.
func (p *picture) bytes(y int) []byte {
	return p.pix[y*p.stride:][:p.width*p.channels]
}

// fill sets dst to the luminance in row y, at the columns cols.
func (p *picture) fill(dst []float32, y int, cols []int) {
	dst, mode := dst[:len(cols)], p.mode
	switch {
	case p.values != nil:
		src := p.values[y*p.width:][:p.width]
		for j, col := range cols {
			dst[j] = src[col]
		}
	case p.channels == 4:
		src := p.bytes(y)
		for j, col := range cols {
			rgb := src[4*col:][:3]
			dst[j] = mode.weigh(rgb[0], rgb[1], rgb[2])
		}
	case p.chroma != nil:
		src, c := p.bytes(y), p.chroma
		for j, col := range cols {
			at := c.COffset(c.Rect.Min.X+col, c.Rect.Min.Y+y)
			dst[j] = lumaOf(src[col], c.Cb[at], c.Cr[at])
		}
	default:
		src := p.bytes(y)
		for j, col := range cols {
			dst[j] = float32(src[col])
		}
	}
}

// lumaOf is the luminance of a pixel of a JPEG. The luminance plane is nearer to the
// reference than red, green and blue made from it are, since Go and libjpeg spread
// chroma differently; but the reference clips the three channels to 0 and 255, which
// changes their sum for a saturated colour.
func lumaOf(y, cb, cr uint8) float32 {
	if lo, hi := unsaturated(cb, cr); y < lo || y > hi {
		return clipped(y, cb, cr)
	}
	return float32(y)
}

// What the reference's luminance takes of red, green and blue.
const (
	weightR = 0.299
	weightG = 0.587
	weightB = 0.114
)

// weigh is the reference's sum, in its order: in 32 bits in the C++ program, in 64 and
// rounded once in pdqhash. The conversions keep a compiler from fusing multiplication
// and addition, so that every processor agrees.
func (m Mode) weigh(r, g, b uint8) float32 {
	if m == ModeFull {
		return float32(float64(weightR*float64(r)) + float64(weightG*float64(g)) + float64(weightB*float64(b)))
	}
	return float32(weightR*float32(r)) + float32(weightG*float32(g)) + float32(weightB*float32(b))
}

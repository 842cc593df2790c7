package pdq

import (
	"image"
	"image/color"
)

// Mode names which of the two reference behaviours PDQ follows. They differ by up
// to 10 bits on a picture of more than 512 pixels a side, and not at all below.
type Mode uint8

const (
	// Mode512 first reduces a picture with a side above 512 pixels to exactly
	// 512x512 by taking nearest neighbours, as the C++ reference program does.
	// It is the default, for lists that program made.
	Mode512 Mode = iota
	// ModeFull filters the whole picture, as PyPI's pdqhash and so
	// python-threatexchange do.
	ModeFull
)

// String returns the mode's name: 512 or full.
func (m Mode) String() string {
	if m == ModeFull {
		return "full"
	}
	return "512"
}

// reducedSide is the side in pixels to which Mode512 reduces.
const reducedSide = 512

// Luma is a picture's luminance: Width*Height values of 0 (black) to 255 (white),
// row after row without gaps.
type Luma struct {
	Pix           []float32
	Width, Height int
}

// LumaOf returns the luminance of img, already reduced as mode wants it, so that
// pixels the hash will not use are not converted.
//
// From red, green and blue it is 0.299 R + 0.587 G + 0.114 B over 8-bit values, as
// in the reference. A JPEG's luminance plane already is that sum, before rounding,
// and is taken as it is but where a colour channel saturates. Straight alpha (PNG, WebP) is
// dropped, as python-threatexchange does; other pictures with alpha are seen
// over black.
func LumaOf(img image.Image, mode Mode) Luma {
	var s sampler
	return s.luma(img, mode)
}

// sampler takes luminance into a buffer that it reuses.
type sampler struct {
	cols, rows []int // The source column and row of each of the result's.
	chroma     []int // The place in a row of chroma that goes with each of cols.
	pix        []float32
}

// resize makes the sampler ready for a picture of the given size and returns the
// size of the result.
func (s *sampler) resize(width, height int, mode Mode) (int, int) {
	w, h := width, height
	if mode == Mode512 && (w > reducedSide || h > reducedSide) {
		w, h = reducedSide, reducedSide
	}
	s.cols = nearest(s.cols, w, width)
	s.rows = nearest(s.rows, h, height)
	if cap(s.pix) < w*h {
		s.pix = make([]float32, w*h)
	}
	s.pix = s.pix[:w*h]
	return w, h
}

// nearest fills dst with the source index of each of n samples along a side of
// size pixels, rounding down as the reference's resize does.
func nearest(dst []int, n, size int) []int {
	dst = dst[:0]
	for i := range n {
		dst = append(dst, i*size/n)
	}
	return dst
}

// luma returns the luminance of img; its Pix is the sampler's and good until the
// next call.
func (s *sampler) luma(img image.Image, mode Mode) Luma {
	b := img.Bounds()
	w, h := s.resize(b.Dx(), b.Dy(), mode)
	for i, row := range s.rows {
		dst, y := s.pix[i*w:][:w], b.Min.Y+row
		switch p := img.(type) {
		case *image.YCbCr:
			s.yCbCr(dst, p, y)
		case *image.NYCbCrA:
			s.yCbCr(dst, &p.YCbCr, y)
		case *image.Gray:
			copyBytes(dst, p.Pix[p.PixOffset(b.Min.X, y):], s.cols)
		case *image.RGBA:
			weighBytes(dst, p.Pix[p.PixOffset(b.Min.X, y):], s.cols)
		case *image.NRGBA:
			weighBytes(dst, p.Pix[p.PixOffset(b.Min.X, y):], s.cols)
		default:
			for j, col := range s.cols {
				dst[j] = colorLuma(img.At(b.Min.X+col, y))
			}
		}
	}
	return Luma{Pix: s.pix, Width: w, Height: h}
}

// reduce returns l as mode wants it: l itself, or a smaller one in the sampler's
// buffer.
func (s *sampler) reduce(l Luma, mode Mode) Luma {
	if mode == ModeFull || l.Width <= reducedSide && l.Height <= reducedSide {
		return l
	}
	w, h := s.resize(l.Width, l.Height, mode)
	for i, row := range s.rows {
		dst, src := s.pix[i*w:][:w], l.Pix[row*l.Width:][:l.Width]
		for j, col := range s.cols {
			dst[j] = src[col]
		}
	}
	return Luma{Pix: s.pix, Width: w, Height: h}
}

// yCbCr fills dst from row y of p. The luminance plane is nearer to the reference
// than red, green and blue made from it are, since Go and libjpeg spread chroma
// differently; but the reference clips the three channels to 0 and 255, which
// changes their sum for a saturated colour.
func (s *sampler) yCbCr(dst []float32, p *image.YCbCr, y int) {
	if y == p.Rect.Min.Y { // The first row, and the same for all.
		s.chroma = s.chroma[:0]
		for _, col := range s.cols {
			s.chroma = append(s.chroma, p.COffset(p.Rect.Min.X+col, y))
		}
	}
	luma, at := p.Y[p.YOffset(p.Rect.Min.X, y):], p.COffset(p.Rect.Min.X, y)
	cb, cr, chroma := p.Cb[at:], p.Cr[at:], s.chroma[:len(s.cols)]
	for j, col := range s.cols {
		l, b, r := luma[col], cb[chroma[j]], cr[chroma[j]]
		dst[j] = float32(l)
		if saturates(l, b, r) {
			dst[j] = weigh(color.YCbCrToRGB(l, b, r))
		}
	}
}

// saturates reports whether the colour's red, green or blue rounds to less than 0
// or more than 255. The factors are JFIF's, in 65,536ths; a sum that is negative or
// too large has a bit above the 24th.
func saturates(y, cb, cr uint8) bool {
	b, r := int32(cb)-128, int32(cr)-128
	sum := int32(y)<<16 + 1<<15
	return uint32((sum+91881*r)|(sum-22554*b-46802*r)|(sum+116130*b)) >= 1<<24
}

func copyBytes(dst []float32, src []byte, cols []int) {
	for j, col := range cols {
		dst[j] = float32(src[col])
	}
}

// weighBytes reads src as pixels of four bytes: red, green, blue and one more.
func weighBytes(dst []float32, src []byte, cols []int) {
	for j, col := range cols {
		p := src[4*col:][:3]
		dst[j] = weigh(p[0], p[1], p[2])
	}
}

func colorLuma(c color.Color) float32 {
	r, g, b, _ := c.RGBA()
	return weigh(uint8(r>>8), uint8(g>>8), uint8(b>>8))
}

// weigh is the reference's sum, in its order. The conversions keep a compiler
// from fusing multiplication and addition, so that every processor agrees.
func weigh(r, g, b uint8) float32 {
	return float32(0.299*float32(r)) + float32(0.587*float32(g)) + float32(0.114*float32(b))
}

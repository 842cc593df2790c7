package pdq

import (
	"fmt"
	"image"
)

// Mode names which of the two reference behaviours PDQ follows. They differ by up
// to 10 bits on a picture of more than 512 pixels a side, and below only where the
// rounding of colour decides a tie.
type Mode uint8

const (
	// Mode512 first reduces a picture with a side above 512 pixels to exactly
	// 512x512 by taking nearest neighbours, as the C++ reference program does, and
	// weighs colours in 32 bits. It is the default, for lists that program made.
	Mode512 Mode = iota
	// ModeFull filters the whole picture, as PyPI's pdqhash and so
	// python-threatexchange do, and weighs colours in 64 bits.
	ModeFull
)

// String returns the mode's name: 512 or full.
func (m Mode) String() string {
	if m == ModeFull {
		return "full"
	}
	return "512"
}

// ParseMode returns the mode with the given name.
func ParseMode(name string) (Mode, error) {
	for _, m := range []Mode{Mode512, ModeFull} {
		if name == m.String() {
			return m, nil
		}
	}
	return 0, fmt.Errorf("mode %.20q is not one of 512, full", name)
}

// reducedSide is the side in pixels to which Mode512 reduces.
const reducedSide = 512

// reduced returns the size that the mode filters of a picture of the given size.
func (m Mode) reduced(width, height int) (int, int) {
	if m == Mode512 && (width > reducedSide || height > reducedSide) {
		return reducedSide, reducedSide
	}
	return width, height
}

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
// and is taken as it is but where a colour channel saturates. Straight alpha (PNG,
// WebP) is dropped, as python-threatexchange does; other pictures with alpha are
// seen over black.
func LumaOf(img image.Image, mode Mode) Luma {
	b := img.Bounds()
	if b.Empty() {
		return Luma{}
	}
	w, h := mode.reduced(b.Dx(), b.Dy())
	l := Luma{Pix: make([]float32, w*h), Width: w, Height: h}
	p, direct := pictureOf(img, mode)
	cols := nearest(nil, w, b.Dx())
	for i := range h {
		dst, row := l.Pix[i*w:][:w], i*b.Dy()/h
		if direct {
			p.fill(dst, row, cols)
			continue
		}
		for j, col := range cols {
			r, g, b, _ := img.At(b.Min.X+col, b.Min.Y+row).RGBA()
			dst[j] = mode.weigh(uint8(r>>8), uint8(g>>8), uint8(b>>8))
		}
	}
	return l
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

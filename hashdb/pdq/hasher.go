package pdq

import (
	"errors"
	"fmt"
	"image"
)

// ErrTooSmall is wrapped by the error for a picture with fewer than 5 pixels
// along a side.
var ErrTooSmall = errors.New("picture is too small to hash")

// MinSide is the least side in pixels that the reference hashes.
const MinSide = 5

// Hasher computes hashes. It keeps its buffers, so that after the first pictures
// of a size it allocates nothing. It is for one goroutine at a time.
type Hasher struct {
	mode      Mode
	filter    tentFilter
	reference referenceFilter
	dct       *dctTable
	samples   samples
	coeffs    coefficients
}

// New returns a Hasher that follows the reference in the given mode.
func New(mode Mode) *Hasher {
	return &Hasher{mode: mode, dct: newDCTTable()}
}

// Image returns the hash of a decoded picture and its quality, as Luma does for the
// luminance of LumaOf, whichever of package image's types holds it.
func (h *Hasher) Image(img image.Image) (hash Hash, quality int, err error) {
	p := h.picture(img)
	return h.hash(&p)
}

// Luma returns the hash of l and its quality, 0 to 100: how much detail the
// picture has. Its authors discard hashes of quality below 50, since pictures
// without detail match each other.
//
// It is a function of l and the mode alone, the same on every processor, and to the
// bit that of the reference (facebook/ThreatExchange, pdq; its C++ program for
// Mode512, PyPI's pdqhash for ModeFull), whose operations it repeats in their order
// when rounding might decide: for flat colours, gradients and checkerboards, and for a
// few natural pictures in a hundred. Those take up to twenty times as long.
//
// The error wraps ErrTooSmall when a side is below 5 pixels after the mode's
// reduction, as in the reference; any other error says how l contradicts itself.
func (h *Hasher) Luma(l Luma) (hash Hash, quality int, err error) {
	if err := l.check(); err != nil {
		return Hash{}, 0, err
	}
	p := l.picture()
	return h.hash(&p)
}

func (l Luma) check() error {
	if l.Width == 0 || l.Height == 0 {
		return tooSmall(l.Width, l.Height)
	}
	if l.Width < 0 || l.Height < 0 || len(l.Pix) != l.Width*l.Height {
		return fmt.Errorf("luminance of %d values cannot be %d by %d pixels", len(l.Pix), l.Width, l.Height)
	}
	return nil
}

func tooSmall(width, height int) error {
	return fmt.Errorf("%d by %d pixels, want at least %d a side: %w", width, height, MinSide, ErrTooSmall)
}

// picture returns img as a picture, converted if need be.
func (h *Hasher) picture(img image.Image) picture {
	p, direct := pictureOf(img, h.mode)
	if !direct {
		l := LumaOf(img, h.mode)
		p = l.picture()
	}
	return p
}

func (h *Hasher) hash(p *picture) (hash Hash, quality int, err error) {
	if quality, err = h.transform(p, Original); err != nil {
		return Hash{}, 0, err
	}
	return h.coeffs.bits(Original), quality, nil
}

// transform computes the coefficients of p, such that its quality and its bits under
// the transforms named are the reference's.
func (h *Hasher) transform(p *picture, named ...Transform) (quality int, err error) {
	width, height := h.mode.reduced(p.width, p.height)
	if width < MinSide || height < MinSide {
		return 0, tooSmall(width, height)
	}
	h.filter.apply(p, width, height, &h.samples)
	if err := h.samples.check(); err != nil {
		return 0, err
	}
	allow := allowed(p, width, height)
	quality, sure := h.samples.quality(allow.sample)
	h.dct.apply(&h.samples, &h.coeffs)
	for _, t := range named {
		low, high := middle(h.coeffs.signed(t))
		sure = sure && high-low > allow.coefficients
	}
	if !sure {
		h.reference.apply(p, h.filter.cols, h.filter.rows, &h.samples)
		quality, _ = h.samples.quality(0)
		h.dct.apply(&h.samples, &h.coeffs)
	}
	return quality, nil
}

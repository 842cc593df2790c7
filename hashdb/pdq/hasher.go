package pdq

import (
	"errors"
	"fmt"
	"image"
	"slices"
)

// ErrTooSmall is wrapped by the error for a picture with fewer than 5 pixels
// along a side.
var ErrTooSmall = errors.New("picture is too small to hash")

// MinSide is the least side in pixels that the reference hashes.
const MinSide = 5

// Hasher computes hashes. It keeps its buffers, so that after the first pictures
// of a size it allocates nothing. It is for one goroutine at a time.
type Hasher struct {
	mode    Mode
	filter  tentFilter
	dct     *dctTable
	samples [side][side]float32
	coeffs  [kept][kept]float32
}

// New returns a Hasher that follows the reference in the given mode.
func New(mode Mode) *Hasher {
	return &Hasher{mode: mode, dct: newDCTTable()}
}

// Image returns the hash of a decoded picture and its quality, as Luma does for the
// luminance of LumaOf, whichever of package image's types holds it.
func (h *Hasher) Image(img image.Image) (hash Hash, quality int, err error) {
	p, direct := pictureOf(img)
	if !direct {
		l := LumaOf(img, h.mode)
		p = l.picture()
	}
	return h.hash(&p)
}

// Luma returns the hash of l and its quality, 0 to 100: how much detail the
// picture has. Its authors discard hashes of quality below 50, since pictures
// without detail match each other.
//
// It is a function of l and the mode alone, the same on every processor. It
// follows the reference (facebook/ThreatExchange, pdq) but for rounding in the
// filter, which decides bits only where coefficients tie at the median: flat
// colours, gradients, checkerboards.
//
// The error wraps ErrTooSmall when a side is below 5 pixels after the mode's
// reduction, as in the reference; any other error says how l contradicts itself.
func (h *Hasher) Luma(l Luma) (hash Hash, quality int, err error) {
	if l.Width > 0 && l.Height > 0 && len(l.Pix) == l.Width*l.Height || l.Width == 0 || l.Height == 0 {
		p := l.picture()
		return h.hash(&p)
	}
	return Hash{}, 0, fmt.Errorf("luminance of %d values cannot be %d by %d pixels", len(l.Pix), l.Width, l.Height)
}

func (h *Hasher) hash(p *picture) (hash Hash, quality int, err error) {
	if p.width == 0 || p.height == 0 {
		return Hash{}, 0, tooSmall(p.width, p.height)
	}
	width, height := h.mode.reduced(p.width, p.height)
	if width < MinSide || height < MinSide {
		return Hash{}, 0, tooSmall(width, height)
	}
	h.filter.apply(p, width, height, &h.samples)
	quality, err = h.quality()
	if err != nil {
		return Hash{}, 0, err
	}
	h.dct.apply(&h.samples, &h.coeffs)
	return h.bits(), quality, nil
}

func tooSmall(width, height int) error {
	return fmt.Errorf("%d by %d pixels, want at least %d a side: %w", width, height, MinSide, ErrTooSmall)
}

// quality is the reference's: the sum of the differences between neighbouring
// samples, in whole percent of the range so that faint ones vanish, over 90.
func (h *Hasher) quality() (int, error) {
	sum := 0
	for i := range side {
		for j, v := range h.samples[i] {
			// The tolerance is for rounding. NaN fails the comparison too.
			if !(v >= -0.01 && v <= 255.01) {
				return 0, errors.New("luminance must lie within 0 and 255")
			}
			if i > 0 {
				sum += percent(h.samples[i-1][j], v)
			}
			if j > 0 {
				sum += percent(h.samples[i][j-1], v)
			}
		}
	}
	return min(sum/90, 100), nil
}

func percent(u, v float32) int {
	d := int((u - v) * 100 / 255)
	return max(d, -d)
}

// bits sets bit 16i+j, counted from the hash's last, where coefficient i,j is above
// the median: the 128th of the 256 in order.
func (h *Hasher) bits() Hash {
	var sorted [kept * kept]float32
	for i := range h.coeffs {
		copy(sorted[i*kept:], h.coeffs[i][:])
	}
	slices.Sort(sorted[:])
	median := sorted[len(sorted)/2-1]
	var hash Hash
	for i := range h.coeffs {
		for j, v := range h.coeffs[i] {
			if v > median {
				bit := i*kept + j
				hash[31-bit/8] |= 1 << (bit % 8)
			}
		}
	}
	return hash
}

package pdq

import (
	"errors"
	"math"
)

// samples are a picture's filtered luminance, 0 to 255, by row and column.
type samples [side][side]float32

// allowance is how far tentFilter and the reference's filter may come apart by rounding:
// in a sample, and in two coefficients off in opposite directions.
type allowance struct{ sample, coefficients float32 }

// allowed is at least twice what was measured over 2,690 photos and drawn pictures of
// many sizes: at most 0.0015 in a sample and 0.0055 in a coefficient, 0.0012 in one of a
// photo.
//
// Where luminance is whole numbers and the boxes are 1, 2 or 4 wide, the reference's sums
// are exact but for its boxes at the edges: 0.00044 and 0.00040 were measured. That is
// how a large gray picture is in Mode512. A decoded JPEG need not be held to more either,
// since decoders differ by more than that.
func allowed(p *picture, width, height int) allowance {
	exact := func(size int) bool {
		box, _ := boxOf(size)
		return box == 1 || box == 2 || box == 4
	}
	whole := p.values == nil && p.channels == 1
	if whole && (p.chroma != nil || exact(width) && exact(height)) {
		return allowance{0.001, 0.001}
	}
	return allowance{0.005, 0.012}
}

// check reports luminance beyond its range.
func (s *samples) check() error {
	for i := range s {
		for _, v := range s[i] {
			// The tolerance is for rounding. NaN fails the comparison too.
			if !(v >= -0.01 && v <= 255.01) {
				return errors.New("luminance must lie within 0 and 255")
			}
		}
	}
	return nil
}

// quality is the reference's: the sum of the differences between neighbouring
// samples, in whole percent of the range so that faint ones vanish, over 90. It is
// sure when samples that are off by at most tolerance would have given the same.
func (s *samples) quality(tolerance float32) (quality int, sure bool) {
	tolerance *= 2 * percent // Both neighbours may be off.
	sum, below, above := 0, 0, 0
	add := func(u, v float32) {
		// The reference multiplies and divides one after the other.
		d := float32(math.Abs(float64((u - v) * 100 / 255)))
		whole := int(d)
		sum += whole
		switch part := d - float32(whole); {
		case part < tolerance && whole > 0:
			below++
		case part > 1-tolerance:
			above++
		}
	}
	for i := range s {
		for j, v := range s[i] {
			if i > 0 {
				add(s[i-1][j], v)
			}
			if j > 0 {
				add(s[i][j-1], v)
			}
		}
	}
	of := func(sum int) int { return min(sum/90, 100) }
	return of(sum), of(sum-below) == of(sum+above)
}

// percent is what a difference of one is of the range.
const percent = 100.0 / 255

package pdq

import (
	"errors"
	"math"
)

// samples are a picture's filtered luminance, 0 to 255, by row and column.
type samples [side][side]float32

// How far tentFilter and the reference's filter come apart by rounding. Over 850
// pictures of 11 kinds and 21 sizes the most was 0.0015 in a sample and 0.0032 in a
// coefficient, 0.0011 in one of a photo. A coefficient's allowance is for two, which
// would have to be off by as much in opposite directions.
const (
	sampleError      = 0.005
	coefficientError = 0.01
)

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

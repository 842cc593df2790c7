package pdq

import "testing"

// A step of 20 % in each of 64 rows is 64 times 20 whole percent, or 19 when the samples
// are off by ever so little: the quality is 14 or 13.
func TestQualityIsSureOnlyAwayFromWholePercents(t *testing.T) {
	for _, test := range []struct {
		name      string
		step      float32
		tolerance float32
		quality   int
		sure      bool
	}{
		{"on a whole percent", 51, 0.005, 14, false},
		{"just below", 50.999, 0.005, 13, false},
		{"just below, and nothing to lose", 48.449, 0.005, 12, false},
		{"on a whole percent, no tolerance", 51, 0, 14, true},
		{"between", 52, 0.005, 14, true},
		{"flat", 0, 0.005, 0, true},
	} {
		var s samples
		for i := range s {
			for j := side / 2; j < side; j++ {
				s[i][j] = test.step
			}
		}
		if quality, sure := s.quality(test.tolerance); quality != test.quality || sure != test.sure {
			t.Errorf("%s: quality %d, sure: %v, want %d, %v", test.name, quality, sure, test.quality, test.sure)
		}
	}
}

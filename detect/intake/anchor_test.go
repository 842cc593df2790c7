package intake

import (
	"testing"
	"time"
)

func TestAnchorFollowsTheStreamAndNeverGoesBack(t *testing.T) {
	type frame struct{ pts, arrival, want float64 } // seconds
	for name, frames := range map[string][]frame{
		"steady":                                {{100, 0, 0}, {101, 1, 1}, {102, 2, 2}},
		"late once, as networks are":            {{0, 0, 0}, {1, 4, 1}, {2, 4.1, 2}, {3, 4.2, 3}, {4, 4.3, 4}, {5, 5, 5}},
		"a pause that the sender counted":       {{0, 0, 0}, {60, 60, 60}, {61, 61, 61}},
		"a pause that the sender did not count": {{0, 0, 0}, {1, 61, 61}, {2, 62, 62}},
		"a short one":                           {{0, 0, 0}, {1, 10, 1}, {2, 11, 2}},
		"back to zero":                          {{9000, 0, 0}, {9001, 1, 1}, {0, 2, 2}, {1, 3, 3}},
		"ahead by an hour":                      {{0, 0, 0}, {1, 1, 1}, {3602, 2, 2}, {3603, 3, 3}},
		"time stands still":                     {{5, 0, 0}, {5, 1, 1}, {5, 2, 2}},
		"the burst with which HLS begins": {{0, 0, 0}, {1, 0.01, 0.01}, {2, 0.02, 0.02}, {3, 0.03, 0.03},
			{4, 4, 1.03}, {5, 4.01, 2.03}, {6, 4.02, 3.03}, {7, 4.03, 4.03}, {8, 8, 5.03}},
		"a burst in no time":            {{0, 0, 0}, {1, 0, 0.001}, {2, 0, 0.002}, {3, 1, 1}},
		"our clock is set back":         {{0, 100, 100}, {1, 101, 101}, {2, 50, 101.001}, {3, 51, 101.002}, {60, 108, 108}},
		"our clock is set forward":      {{0, 0, 0}, {1, 100, 100}, {2, 101, 101}},
		"a sender that counts too fast": {{0, 0, 0}, {10.1, 10, 10}, {20.2, 20, 20}, {30.3, 30, 30}},
	} {
		t.Run(name, func(t *testing.T) {
			seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)).Round(time.Microsecond) }
			var a anchor
			zone := time.FixedZone("", 3600)
			for i, f := range frames {
				got := a.at(seconds(f.pts), start.Add(seconds(f.arrival)).In(zone))
				if want := start.Add(seconds(f.want)); got != want {
					t.Errorf("picture %d: %s, want %s", i, got.Sub(start), want.Sub(start))
				}
			}
		})
	}
}

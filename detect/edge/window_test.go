package edge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestWindowsAreTheSecondsAskedFor compares windows with a set of seconds, whatever is
// asked and in whatever order.
func TestWindowsAreTheSecondsAskedFor(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	const seconds = 400
	joins, closed := 0, 0
	for range 300 {
		var windows []Window
		var asked, through [seconds]bool // the moment, and all from it to the next
		count := 1 + rng.IntN(maxWindows)
		for n := range count {
			from := rng.IntN(seconds)
			to := min(from+rng.IntN(6), seconds-1)
			s := span{sec(float64(from)), sec(float64(to))}

			new, want := 0, 0
			for _, part := range outside(windows, s) {
				new += int(part.to.Sub(part.from) / time.Second)
			}
			for second := from; second < to; second++ {
				if !through[second] {
					want++
				}
				through[second] = true
			}
			if new != want {
				t.Fatalf("outside: %d s of %d to %d are new, want %d", new, from, to, want)
			}
			before := len(windows)
			windows, _ = addWindow(windows, Window{From: s.from, To: s.to, Why: []string{fmt.Sprint(n)}})
			if len(windows) <= before {
				joins++
			}
			for second := from; second <= to; second++ {
				asked[second] = true
			}
		}
		if len(windows) > maxWindows {
			t.Fatalf("%d windows", len(windows))
		}
		why := 0
		for i, w := range windows {
			why += len(w.Why)
			if w.To.Before(w.From) || i > 0 && !windows[i-1].To.Before(w.From) {
				t.Fatalf("windows %v and %v", windows[max(0, i-1)], w)
			}
		}
		if why < count {
			t.Fatalf("%d reasons for %d", why, count)
		}
		for second := range seconds {
			at := sec(float64(second))
			if asked[second] != wanted(windows, span{at, at}) {
				t.Fatalf("second %d: wanted %t", second, !asked[second])
			}
			if !asked[second] {
				closed++
			}
		}
	}
	if joins < 100 || closed < 100 {
		t.Errorf("%d joins, %d seconds not asked for", joins, closed)
	}
}

func TestTooManyWindowsJoinTheClosest(t *testing.T) {
	var windows []Window
	for n := range maxWindows {
		windows, _ = addWindow(windows, Window{From: sec(float64(100 * n)), To: sec(float64(100*n + 10)), Why: []string{fmt.Sprint(n)}})
	}
	windows, _ = addWindow(windows, Window{From: sec(1030), To: sec(1040), Why: []string{"close"}})
	if len(windows) != maxWindows {
		t.Fatalf("%d windows", len(windows))
	}
	if w := windows[10]; !w.From.Equal(sec(1000)) || !w.To.Equal(sec(1040)) || !slices.Equal(w.Why, []string{"10", "close"}) {
		t.Errorf("joined %+v", w)
	}
}

func TestGapsJoin(t *testing.T) {
	gap := func(from, to float64, why string) Gap { return Gap{From: sec(from), To: sec(to), Frames: 1, Why: why} }
	var gaps []Gap
	for _, g := range []Gap{gap(0, 0, whyFull), gap(1, 1, whyFull), gap(2, 3, whyFull), gap(4, 4, whyBad), gap(100, 100, whyBad)} {
		gaps = addGap(gaps, g, 5*time.Second)
	}
	want := []Gap{{sec(0), sec(3), 3, whyFull}, gap(4, 4, whyBad), gap(100, 100, whyBad)}
	if !slices.Equal(gaps, want) {
		t.Errorf("gaps %v", gaps)
	}
	for n := range 200 {
		gaps = addGap(gaps, gap(float64(1000*n), float64(1000*n), whyFull), time.Second)
	}
	frames := 0
	for _, g := range gaps {
		frames += g.Frames
	}
	if len(gaps) != maxGaps || frames != 205 {
		t.Errorf("%d gaps of %d frames", len(gaps), frames)
	}
}

package observe

import (
	"math"
	"testing"
)

// TestATableByHand: of 9 guilty streams 4 have a score in a tenth, of 99 innocent ones 9:
// (4.5/10) / (9.5/100).
func TestATableByHand(t *testing.T) {
	var counts [2][bins]float64
	counts[0][5], counts[1][5] = 4, 9
	counts[0][8], counts[1][8] = 3, 0
	got := table("c", counts, [2]float64{9, 99})
	if len(got.Points) != 2 || got.Guilty != 9 || got.Innocent != 99 {
		t.Fatalf("%+v", got)
	}
	for i, want := range []TablePoint{{0.55, math.Log(4.5 / 10 / (9.5 / 100))}, {0.85, math.Log(3.5 / 10 / (0.5 / 100))}} {
		if p := got.Points[i]; math.Abs(p.Score-want.Score) > 1e-9 || math.Abs(p.Value-want.Value) > 1e-9 {
			t.Errorf("point %d: %v, want %v", i, p, want)
		}
	}
}

// TestAHigherScoreIsNeverWorthLess: tenths that say so are put together.
func TestAHigherScoreIsNeverWorthLess(t *testing.T) {
	var counts [2][bins]float64
	counts[0][4], counts[1][4] = 8, 1
	counts[0][5], counts[1][5] = 1, 8
	counts[0][9], counts[1][9] = 9, 1
	got := table("c", counts, [2]float64{20, 20})
	if len(got.Points) != 2 || got.Points[0].Score != 0.5 || got.Points[1].Value <= got.Points[0].Value {
		t.Errorf("%+v", got.Points)
	}
	one := table("c", [2][bins]float64{{0, 3}, {0, 3}}, [2]float64{5, 5})
	if len(one.Points) != 2 {
		t.Errorf("a table of one line: %+v", one.Points)
	}
}

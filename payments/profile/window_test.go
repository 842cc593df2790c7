package profile

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMostIsBestOfTheNumber holds the quick search to the one that counts everything.
func TestMostIsBestOfTheNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	several := 0
	for range 2000 {
		v := &View{Others: make([]Other, 3)}
		var picked []int32
		at := int64(0)
		for i := range r.IntN(20) {
			at += r.Int64N(5) // often none, so that several are at once
			v.Entries = append(v.Entries, Entry{At: at, Other: uint16(r.IntN(3))})
			if r.IntN(3) > 0 {
				picked = append(picked, int32(i))
			}
		}
		width := r.Int64N(12)
		s := v.Best(picked, width, Span.Transfers)
		if got, want := v.Most(picked, width), picked[s.From:s.To]; !slices.Equal(got, want) {
			t.Fatalf("of %v within %d: %v, must be %v", v.Entries, width, got, want)
		}
		if s.To < len(picked) {
			several++
		}
	}
	if several < 100 {
		t.Errorf("only %d did not end with the last", several)
	}
}

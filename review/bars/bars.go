// Package bars draws the parts of a score, for pages that explain one.
package bars

import (
	"cmp"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/review"
)

// A Bar is a part of a score as it is drawn: to the right what speaks for the suspicion,
// to the left what speaks against it, from a line in the middle.
type Bar struct {
	review.Part
	X, W float64 // of 200
	For  bool
}

// Of orders a score's parts for a reader: where it begins, then the weightiest first.
func Of(parts []review.Part) []Bar {
	longest := 1.0
	for _, p := range parts {
		longest = math.Max(longest, math.Abs(p.Weight))
	}
	list := make([]Bar, 0, len(parts))
	for _, p := range parts {
		b := Bar{Part: p, For: p.Weight > 0, W: 98 * math.Abs(p.Weight) / longest}
		if b.X = 100; !b.For {
			b.X = 100 - b.W
		}
		list = append(list, b)
	}
	slices.SortStableFunc(list, func(a, b Bar) int {
		if a.Name == "prior" || b.Name == "prior" {
			return cmp.Compare(order(a), order(b))
		}
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	})
	return list
}

func order(b Bar) int {
	if b.Name == "prior" {
		return 0
	}
	return 1
}

package console

import (
	"cmp"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/review"
)

// A bar is a part of a score as it is drawn: to the right what speaks for the suspicion,
// to the left what speaks against it, from a line in the middle.
type bar struct {
	review.Part
	X, W float64 // of 200
	For  bool
}

// bars orders a score's parts for a reader: where it begins, then the weightiest first.
func bars(parts []review.Part) []bar {
	longest := 1.0
	for _, p := range parts {
		longest = math.Max(longest, math.Abs(p.Weight))
	}
	list := make([]bar, 0, len(parts))
	for _, p := range parts {
		b := bar{Part: p, For: p.Weight > 0, W: 98 * math.Abs(p.Weight) / longest}
		if b.X = 100; !b.For {
			b.X = 100 - b.W
		}
		list = append(list, b)
	}
	slices.SortStableFunc(list, func(a, b bar) int {
		if a.Name == "prior" || b.Name == "prior" {
			return cmp.Compare(order(a), order(b))
		}
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	})
	return list
}

func order(b bar) int {
	if b.Name == "prior" {
		return 0
	}
	return 1
}

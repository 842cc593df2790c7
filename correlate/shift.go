package correlate

import (
	"cmp"
	"math"
	"slices"
)

// A span is a stretch of time in Unix nanoseconds, both ends included.
type span struct{ from, to int64 }

// merge sorts spans and joins those that overlap, in place.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	merged := spans[:0]
	for _, s := range spans {
		if last := len(merged) - 1; last >= 0 && s.from <= merged[last].to {
			merged[last].to = max(merged[last].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// covered reports whether t lies in one of merged spans.
func covered(spans []span, t int64) bool {
	i, _ := slices.BinarySearchFunc(spans, t, func(s span, t int64) int { return cmp.Compare(s.to, t) })
	return i < len(spans) && spans[i].from <= t
}

// aligned counts the times that lie in spans.
func aligned(spans []span, times []int64) (k int) {
	for _, t := range times {
		if covered(spans, t) {
			k++
		}
	}
	return k
}

// chance is how likely it is by chance that so many of the times lie in the spans as do:
// the share of the ways to turn the times round within the window, all together, by whole
// days and by whole weeks, in which as many or more do.
//
// It is an exact permutation test on the history itself. Turned by whole days, a
// history keeps its hours of the day and how its transfers come together, so that who is
// paid and streams in the evening shows nothing; turned by whole weeks it keeps its days
// of the week too. Which of the two habits somebody has is not known, and the mean of
// the two shares is taken: it is no less than the one that is right by more than half.
// The history as it is counts among the ways, so that no window of n days ever gives
// less than about 1/n. Spans and times lie in the window, which begins at from.
func chance(spans []span, times []int64, from int64, days int) float64 {
	least := aligned(spans, times)
	whole := int64(days) * day
	byDay, byWeek, weeks := 0, 0, 0
	for d := range days {
		k, short := 0, 0 // how many may still be missed
		for i, t := range times {
			t += int64(d) * day
			if t >= from+whole {
				t -= whole
			}
			if covered(spans, t) {
				k++
			}
			if short = least - k; short > len(times)-1-i {
				break
			}
		}
		enough := k >= least
		if enough {
			byDay++
		}
		if d%7 == 0 {
			weeks++
			if enough {
				byWeek++
			}
		}
	}
	return float64(byDay)/float64(2*days) + float64(byWeek)/float64(2*weeks)
}

// reach is how likely it is that at least k of n transfers are aligned where each is so
// with probability q.
func reach(k, n int, q float64) float64 {
	sum, term := 0.0, math.Pow(q, float64(n)) // of all n
	for i := n; i >= k; i-- {
		sum += term
		term *= float64(i) / float64(n-i+1) * (1 - q) / q
	}
	return min(sum, 1)
}

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

// chance is how likely it is by habit and chance that so many of the times lie in the
// spans as do. It is made of all ways to turn the times round within the window, all
// together, by whole days and by whole weeks, and of how many lie in the spans then.
// Turned by whole days, a history keeps its hours of the day and how its transfers come
// together, so that who is paid and streams in the evening shows nothing; turned by
// whole weeks it keeps its days of the week too. Which of the two habits somebody has is
// not known.
//
// The first answer is an exact permutation test on the history itself: the share of the
// ways in which as many or more lie in the spans, the mean of that by days and that by
// weeks, which is no less than half of the one that is right. The history as it is counts
// among the ways, so that it can never be less than a floor of about 1/n. Where it is that, no other
// way has as many, and the second answer tells how far they are from it: on how many of
// the days of payment a time lies in the spans, against the mean over the other ways,
// by days or by weeks, whichever is more, as if days were independent. It is believed
// down to the square of the floor.
//
// Spans and times lie in the window, which begins at from.
func chance(spans []span, times []int64, from int64, days int) float64 {
	least := aligned(spans, times)
	groups := evenings(times)
	now := alignedGroups(spans, groups, 0, from, days)
	byDay, byWeek, weeks := 0, 0, 0
	groupsByDay, groupsByWeek := 0, 0
	for d := range days {
		enough, k := false, 0
		if d == 0 {
			enough = true
		} else {
			k = alignedGroups(spans, groups, d, from, days)
			enough = k >= min(now, 1) && turnedAligned(spans, times, d, from, days) >= least
			groupsByDay += k
		}
		if enough {
			byDay++
		}
		if d%7 == 0 {
			weeks++
			groupsByWeek += k
			if enough {
				byWeek++
			}
		}
	}
	floor := 1/float64(2*days) + 1/float64(2*weeks)
	share := float64(byDay)/float64(2*days) + float64(byWeek)/float64(2*weeks)
	if byDay > 1 || least == 0 {
		return share
	}
	// One more than was seen, as one more way: nobody's habits are known to the last.
	n := float64(len(groups))
	rate := max((float64(groupsByDay)+n)/(n*float64(days)), (float64(groupsByWeek)+n)/(n*float64(weeks)))
	return max(reach(now, len(groups), min(rate, 1)), floor*floor)
}

// turned is a time d days later, round the window.
func turned(t int64, d int, from int64, days int) int64 {
	t += int64(d) * day
	if t >= from+int64(days)*day {
		t -= int64(days) * day
	}
	return t
}

// turnedAligned counts the times that lie in spans, turned by d days.
func turnedAligned(spans []span, times []int64, d int, from int64, days int) (k int) {
	for _, t := range times {
		if covered(spans, turned(t, d, from, days)) {
			k++
		}
	}
	return k
}

// evenings puts together the times that come within half a day of each other.
func evenings(times []int64) (groups [][]int64) {
	first := 0
	for i := range times {
		if i+1 == len(times) || times[i+1]-times[i] > day/2 {
			groups = append(groups, times[first:i+1])
			first = i + 1
		}
	}
	return groups
}

// alignedGroups counts the groups of which some time lies in spans, turned by d days.
func alignedGroups(spans []span, groups [][]int64, d int, from int64, days int) (k int) {
	for _, g := range groups {
		for _, t := range g {
			if covered(spans, turned(t, d, from, days)) {
				k++
				break
			}
		}
	}
	return k
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

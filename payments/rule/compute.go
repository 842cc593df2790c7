package rule

import (
	"math"
	"slices"

	"github.com/vigil-stream/vigil/payments/profile"
)

// A measurer makes a number of picks, ascending and at least one; known is false
// where there is none: no rate, too few transfers, amounts that cannot be compared.
type measurer func(s *scene, c *Compiled, picks []int32) (value float64, known bool)

func measurerOf(m Measure) measurer {
	switch m.Kind {
	case Sum, Mean, Median, Least, Most:
		if m.Of == Gap {
			return ofGaps(m.Kind)
		}
		return ofAmounts(m.Kind, m.Of)
	case Distinct:
		return distinct
	case Share:
		return share
	case Slope, Variation:
		return trend
	case First:
		return first
	case Since:
		return since
	case Mirrors:
		return mirrors
	case OtherRole:
		return otherRole
	case Span:
		return func(s *scene, _ *Compiled, picks []int32) (float64, bool) {
			return float64(s.at(picks, len(picks)-1) - s.at(picks, 0)), true
		}
	case TimesMax, TimesMean, Deviation:
		if m.Of == Daily {
			return daily
		}
		return against
	case Benford:
		return benford
	}
	return func(_ *scene, _ *Compiled, picks []int32) (float64, bool) { return float64(len(picks)), true }
}

func (s *scene) entry(picks []int32, i int) *profile.Entry { return &s.view.Entries[picks[i]] }

func (s *scene) at(picks []int32, i int) int64 { return s.view.Entries[picks[i]].At }

// numbers gathers a number of each pick. It is memory of the scene.
func (s *scene) numbers(picks []int32, of func(e *profile.Entry) int64) []float64 {
	s.whole = s.whole[:0]
	for _, p := range picks {
		s.whole = append(s.whole, float64(of(&s.view.Entries[p])))
	}
	return s.whole
}

// gaps gathers the seconds between each pick and the one before.
func (s *scene) gaps(picks []int32) []float64 {
	s.whole = s.whole[:0]
	for i := 1; i < len(picks); i++ {
		s.whole = append(s.whole, float64(s.at(picks, i)-s.at(picks, i-1)))
	}
	return s.whole
}

// amounts gathers amounts that can be compared: in the one currency of all, else
// in base currency where all have a rate.
func (s *scene) amounts(picks []int32) ([]float64, bool) {
	own, base := true, true
	for _, p := range picks {
		e := &s.view.Entries[p]
		own = own && e.Currency == s.entry(picks, 0).Currency
		base = base && e.Base > 0
	}
	switch {
	case own:
		return s.numbers(picks, func(e *profile.Entry) int64 { return e.Amount }), true
	case base:
		return s.numbers(picks, func(e *profile.Entry) int64 { return e.Base }), true
	}
	return nil, false
}

func ofAmounts(kind MeasureKind, of Quantity) measurer {
	return func(s *scene, _ *Compiled, picks []int32) (float64, bool) {
		if of == AmountIn { // of one currency: others do not count
			return reduce(kind, s.numbers(picks, func(e *profile.Entry) int64 { return e.Amount })), true
		}
		for _, p := range picks {
			if s.view.Entries[p].Base == 0 {
				return 0, false // no rate: a sum of the others would be a wrong guess
			}
		}
		return reduce(kind, s.numbers(picks, func(e *profile.Entry) int64 { return e.Base })), true
	}
}

func ofGaps(kind MeasureKind) measurer {
	return func(s *scene, _ *Compiled, picks []int32) (float64, bool) {
		gaps := s.gaps(picks)
		if len(gaps) == 0 {
			return 0, false
		}
		return reduce(kind, gaps), true
	}
}

func reduce(kind MeasureKind, numbers []float64) float64 {
	switch kind {
	case Least:
		return slices.Min(numbers)
	case Most:
		return slices.Max(numbers)
	case Median:
		slices.Sort(numbers)
		return numbers[len(numbers)/2]
	}
	var sum float64
	for _, n := range numbers {
		sum += n
	}
	if kind == Mean {
		return sum / float64(len(numbers))
	}
	return sum
}

func meanAndDeviation(numbers []float64) (mean, deviation float64) {
	mean = reduce(Mean, numbers)
	for _, n := range numbers {
		deviation += (n - mean) * (n - mean)
	}
	return mean, math.Sqrt(deviation / float64(len(numbers)))
}

func distinct(s *scene, c *Compiled, picks []int32) (float64, bool) {
	t := newTally(s, c)
	var n int64
	for _, p := range picks {
		e := &s.view.Entries[p]
		if c.Measure.What == NewCounterparties && s.view.Of(e).First < s.from {
			continue
		}
		n += t.change(e, 1)
	}
	return float64(n), true
}

// share is of the transfers in the window that are not left out.
func share(s *scene, c *Compiled, picks []int32) (float64, bool) {
	entries, all := s.view.Entries, 0
	first := after(entries, s.from)
	if c.Window.Transfers > 0 {
		first = s.newestOf(c)
	}
	for i := first; i < len(entries); i++ {
		if c.share == nil || c.share(s, &entries[i]) {
			all++
		}
	}
	return 100 * float64(len(picks)) / float64(all), true
}

// trend is a slope by least squares over the index, or the variation, in percent of
// the mean.
func trend(s *scene, c *Compiled, picks []int32) (float64, bool) {
	numbers, known := s.gaps(picks), true
	if c.Measure.Of == Amount {
		numbers, known = s.amounts(picks)
	}
	if !known || len(numbers) < 2 {
		return 0, false
	}
	mean, deviation := meanAndDeviation(numbers)
	if mean == 0 {
		return 0, false
	}
	if c.Measure.Kind == Variation {
		return 100 * deviation / mean, true
	}
	middle := float64(len(numbers)-1) / 2
	var xy, xx float64
	for i, n := range numbers {
		x := float64(i) - middle
		xy += x * (n - mean)
		xx += x * x
	}
	return 100 * xy / xx / mean, true
}

// first is 1 where the newest pick is the first of its kind among the picks.
func first(s *scene, c *Compiled, picks []int32) (float64, bool) {
	newest := s.entry(picks, len(picks)-1)
	for _, p := range picks[:len(picks)-1] {
		e := &s.view.Entries[p]
		var same bool
		switch c.Measure.What {
		case "country":
			same = e.OtherCountry == newest.OtherCountry
		case "rail":
			same = e.Rail == newest.Rail
		case "currency":
			same = e.Currency == newest.Currency
		default:
			same = e.Other == newest.Other
		}
		if same {
			return 0, true
		}
	}
	return 1, true
}

// since is how long after the one before it the newest pick came. Where the profile
// keeps no other transfer, and the rule leaves none out, it may remember when the one
// before was, which is older than what it keeps.
func since(s *scene, c *Compiled, picks []int32) (float64, bool) {
	newest := s.at(picks, len(picks)-1)
	switch v := s.view; {
	case len(picks) > 1:
		return float64(newest - s.at(picks, len(picks)-2)), true
	case c.keep == nil && c.only == 0 && len(v.Entries) == 1 && !v.Sketched && v.Before > 0:
		return float64(newest - v.Before), true
	}
	return 0, false
}

// against compares the newest pick's amount with those before it.
func against(s *scene, c *Compiled, picks []int32) (float64, bool) {
	numbers, known := s.amounts(picks)
	if !known || len(numbers) < 2 {
		return 0, false
	}
	newest, before := numbers[len(numbers)-1], numbers[:len(numbers)-1]
	switch c.Measure.Kind {
	case TimesMax:
		return newest / slices.Max(before), true
	case TimesMean:
		return newest / reduce(Mean, before), true
	}
	return deviations(newest, before)
}

// daily compares how many picks there are in the 24 hours up to the newest transfer
// with how many there were in each 24 hours before, back to the oldest pick.
func daily(s *scene, c *Compiled, picks []int32) (float64, bool) {
	blocks := int((s.view.Newest-s.at(picks, 0))/day) + 1
	s.whole = s.whole[:0]
	for range blocks {
		s.whole = append(s.whole, 0)
	}
	for _, p := range picks {
		s.whole[(s.view.Newest-s.view.Entries[p].At)/day]++
	}
	if len(s.whole) < 2 {
		return 0, false
	}
	return deviations(s.whole[0], s.whole[1:])
}

// deviations is how many standard deviations a number lies above those before it.
// Where these do not vary, there is no such number.
func deviations(newest float64, before []float64) (float64, bool) {
	mean, deviation := meanAndDeviation(before)
	if deviation == 0 {
		return 0, false
	}
	return (newest - mean) / deviation, true
}

// benford is the chi-square of the amounts' first digits against Benford's law,
// by which the digit d leads log10(1+1/d) of them; 8 degrees of freedom.
func benford(s *scene, _ *Compiled, picks []int32) (float64, bool) {
	numbers, known := s.amounts(picks)
	if !known {
		return 0, false
	}
	var digits [10]float64
	for _, n := range numbers {
		for n >= 10 {
			n = math.Floor(n / 10)
		}
		digits[int(n)]++
	}
	var chi float64
	for d := 1; d <= 9; d++ {
		expected := float64(len(numbers)) * math.Log10(1+1/float64(d))
		chi += (digits[d] - expected) * (digits[d] - expected) / expected
	}
	return chi, true
}

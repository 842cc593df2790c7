package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// A Curve ranks people by one variant of the score. People of equal scores are one step.
type Curve struct {
	Steps []Step
	// Guilty and Total are the weights of all.
	Guilty, Total float64
}

// A Step is what lies at or above a score, by weight.
type Step struct{ Score, Guilty, Cases float64 }

// NewCurve ranks people. times, one a person, multiplies their weights (the bootstrap's
// draws); nil is once each.
func NewCurve(people []Person, v Variant, times []float64) Curve {
	return newRanking(people, v).curve(people, times)
}

// A ranking is the order of people by a variant, to be weighed again and again.
type ranking struct {
	v     Variant
	order []int32
}

func newRanking(people []Person, v Variant) ranking {
	r := ranking{v, make([]int32, len(people))}
	for i := range r.order {
		r.order[i] = int32(i)
	}
	slices.SortFunc(r.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(people[b].Best[v], people[a].Best[v]), cmp.Compare(a, b))
	})
	return r
}

func (r ranking) curve(people []Person, times []float64) Curve {
	var c Curve
	for i, at := range r.order {
		p := &people[at]
		w := p.Weight
		if times != nil {
			w *= times[at]
		}
		c.Total += w
		if p.Guilty {
			c.Guilty += w
		}
		if i == 0 || p.Best[r.v] != c.Steps[len(c.Steps)-1].Score {
			last := Step{}
			if i > 0 {
				last = c.Steps[len(c.Steps)-1]
			}
			c.Steps = append(c.Steps, Step{p.Best[r.v], last.Guilty, last.Cases})
		}
		s := &c.Steps[len(c.Steps)-1]
		s.Cases += w
		if p.Guilty {
			s.Guilty += w
		}
	}
	return c
}

// AveragePrecision is the area below the curve of precision over recall, as a sum over the
// steps of recall (not interpolated, so it does not flatter). It is NaN where nobody is
// guilty.
func (c Curve) AveragePrecision() float64 {
	if c.Guilty == 0 {
		return math.NaN()
	}
	area, before := 0.0, 0.0
	for _, s := range c.Steps {
		if s.Cases > 0 {
			area += (s.Guilty - before) / c.Guilty * s.Guilty / s.Cases
		}
		before = s.Guilty
	}
	return area
}

// An Operating point is what a threshold gives. Shares are of weights; Precision is NaN
// where there is no case, Recall where nobody is guilty.
type Operating struct {
	Threshold float64 `json:"threshold"`
	Cases     float64 `json:"cases"` // people who become one, by weight
	Found     float64 `json:"found"` // of them guilty
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

// At returns what a threshold gives.
func (c Curve) At(threshold float64) Operating {
	o := Operating{Threshold: threshold}
	n, _ := slices.BinarySearchFunc(c.Steps, threshold, func(s Step, t float64) int {
		if s.Score >= t {
			return -1
		}
		return 1
	})
	if n > 0 {
		o.Cases, o.Found = c.Steps[n-1].Cases, c.Steps[n-1].Guilty
	}
	o.Precision, o.Recall = o.Found/o.Cases, o.Found/c.Guilty
	return o
}

// Threshold returns the lowest score at which there are no more cases than a budget per
// 10,000 people. Where even the highest score has more, it is above that: nobody can be
// told from so many others.
func (c Curve) Threshold(per10k float64) float64 {
	allowed := per10k * c.Total / 10_000
	best := math.Inf(1)
	for i, s := range c.Steps {
		if s.Cases > allowed {
			if i == 0 {
				return s.Score + 1e-3
			}
			// Between the two, so that a score a little lower elsewhere is no case.
			return min(best, (c.Steps[i-1].Score+s.Score)/2)
		}
		best = s.Score
	}
	return best
}

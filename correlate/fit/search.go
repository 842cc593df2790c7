package fit

import (
	"math"
	"slices"

	"github.com/vigil-stream/vigil/correlate"
)

// A search is a model with what holds it.
type search struct {
	model
	pull   pull
	signs  []int8
	floors []float64 // nil: none
}

// begin lays weights out as a model that is pulled towards them.
func begin(w *correlate.Weights, p correlate.Parameters) *search {
	s := &search{model: model{explanations: len(p.Matrix), features: len(p.Matrix[0])}}
	features := w.Features()
	for e, row := range p.Matrix {
		s.theta = append(append(s.theta, p.Prior-math.Log(p.Shares[e])), row...)
		s.signs = append(s.signs, 0)
		for k := range row {
			s.signs = append(s.signs, int8(features[k].Sign))
		}
	}
	s.pull.to = append([]float64(nil), s.theta...)
	return s
}

// freely is how little an intercept is held where it may move: how common things are the
// rows tell, and what was assumed of it is a guess.
const freely = 0.01

func (s *search) search(rows []sparse, o Options) (took int, done bool) {
	s.pull.strength = make([]float64, len(s.theta))
	for i := range s.pull.strength {
		switch {
		case i%(s.features+1) != 0:
			s.pull.strength[i] = 1 / (o.Spread * o.Spread)
		case o.KeepPrior:
			s.pull.strength[i] = 1e9
		default:
			s.pull.strength[i] = freely
		}
	}
	return s.minimise(rows, s.pull, s.within, o.Rounds)
}

// withSigns gives every row the part that everybody has.
func withSigns(w *correlate.Weights, rows []Row) []Row {
	k := slices.IndexFunc(w.Features(), func(f correlate.Feature) bool { return f.Name == correlate.SignsExpected })
	if k < 0 {
		return rows
	}
	out := slices.Clone(rows)
	for i := range out {
		for _, values := range []*[]float64{&out[i].Values, &out[i].Final} {
			if len(*values) > 0 && (*values)[k] == 0 {
				*values = slices.Clone(*values)
				(*values)[k] = 1
			}
		}
	}
	return out
}

// sampled fixes the intercepts at how common each label is among the rows, whatever it is
// elsewhere: what is left is evidence, which is the same here and there.
func (s *search) sampled(rows []Row, label func(string) int) {
	n := map[int]float64{}
	for _, r := range rows {
		n[label(r.Label)] += r.Times
	}
	for e := range s.explanations {
		at := e * (s.features + 1)
		s.theta[at] = math.Log(n[guilty] / max(n[e], 0.5))
		s.pull.to[at] = s.theta[at]
	}
}

// hold lays floors out by parameter.
func (s *search) hold(w *correlate.Weights, floors map[string]float64) {
	if len(floors) == 0 {
		return
	}
	s.floors = make([]float64, len(s.theta))
	for i := range s.floors {
		s.floors[i] = math.Inf(-1)
	}
	for k, f := range w.Features() {
		if floor, held := floors[f.Name]; held {
			for e := range s.explanations {
				s.floors[e*(s.features+1)+1+k] = floor
			}
		}
	}
}

// within puts a parameter where it may be.
func (s *search) within(i int, x float64) float64 {
	x = within(x, s.signs[i])
	if s.floors != nil {
		x = max(x, s.floors[i])
	}
	return x
}

// restore gives the intercepts back that another had.
func (s *search) restore(other *search) {
	for e := range s.explanations {
		s.row(e)[0] = other.row(e)[0]
	}
}

// score is that of a case, before calibration.
func (s *search) score(row *sparse, z []float64) float64 {
	all := s.odds(row, z) // ln(1 + Σ exp(−z))
	return -all - math.Log(-math.Expm1(-all))
}

// as are the model's numbers as parameters.
func (s *search) as(p correlate.Parameters) correlate.Parameters {
	out := correlate.Parameters{Named: p.Named, Shares: make([]float64, s.explanations), Matrix: make([][]float64, s.explanations)}
	sum := 0.0
	for e := range s.explanations {
		out.Shares[e] = math.Exp(-s.row(e)[0])
		sum += out.Shares[e]
		out.Matrix[e] = append([]float64(nil), s.row(e)[1:]...)
	}
	for e := range out.Shares {
		out.Shares[e] /= sum
	}
	out.Prior = -math.Log(sum)
	return out
}

func (s *search) parameters(w *correlate.Weights, before correlate.Parameters, o Options) correlate.Parameters {
	p := s.as(before)
	if o.KeepPrior {
		p.Prior, p.Shares = before.Prior, before.Shares
	}
	return p
}

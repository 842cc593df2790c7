package fit

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/correlate"
)

// Options say how to fit. Version and Source are required.
type Options struct {
	Version string // of the weights that come out
	Source  string // what they were fitted on, for every number that moves
	// Spread is how far, in natural log, a weight may be from what it was before, as a
	// standard deviation: small, and what was assumed stays. 1 when 0.
	Spread float64
	// KeepPrior leaves the prior and the shares as they were: rows that were chosen, as
	// decided cases are, do not tell how common anything is.
	KeepPrior bool
	// Sampled says, with KeepPrior, that rows were chosen by what people are, as in a world
	// with more guilty people, or other innocent ones, than there are: how common each is
	// among the rows is then left out of the weights, and for calibration every row stands for
	// as many as the prior and the shares say. Decided cases were chosen by what was seen, and are not.
	Sampled bool
	// Prevalence is how common guilt is where the weights are used, if it is another than
	// among the rows, which may have more of it so that there is something to learn from.
	// The prior, and with it every score, is moved from the one to the other. 0 is as among
	// the rows; with KeepPrior it has no effect.
	Prevalence float64
	// Floors are weights, by the name of the part, below which no explanation's may fall: what
	// a deployment promises, whatever rows say.
	Floors map[string]float64
	// NoCalibration leaves scores as the regression gives them.
	NoCalibration bool
	Rounds        int // of the search, at most; 2,000 when 0
}

// Least is how many rows of each label, guilty and innocent, a fit needs.
const Least = 20

// enoughForSteps is how many guilty rows an isotonic calibration needs; with fewer it is
// Platt's, which has two numbers.
const enoughForSteps = 300

// folds is in how many parts rows are left out, in turn, for calibration.
const folds = 5

// ErrTooFew says that there are too few rows to fit on.
var ErrTooFew = errors.New("too few rows")

// A Report says how well what was fitted does on the rows.
type Report struct {
	Rows, Guilty float64 // people
	Rounds       int
	Settled      bool // the search came to its end
	// Before and After are the mean negative log-likelihood of guilty or not, by the
	// weights of before and, for rows that had no part in the fit, by those fitted.
	Before, After float64
	Moved         int // numbers that are not what they were
	Calibrated    string
}

// Fit returns a weights file fitted on rows.
func Fit(w *correlate.Weights, rows []Row, o Options) ([]byte, Report, error) {
	if o.Version == "" || o.Source == "" {
		return nil, Report{}, errors.New("fit: a version and a source are needed")
	}
	if o.Spread == 0 {
		o.Spread = 1
	}
	if o.Rounds == 0 {
		o.Rounds = 2000
	}
	if o.Spread < 0 || o.Rounds < 0 || o.Prevalence < 0 || o.Prevalence >= 0.5 {
		return nil, Report{}, errors.New("fit: neither spread nor rounds may be below 0, and the prevalence must be from 0 to 0.5")
	}
	place := map[string]int{Guilty: guilty, Innocent: innocent}
	for e, name := range w.Explanations() {
		place[name] = e
	}
	var r Report
	badRows, goodRows := 0, 0
	for i, row := range rows {
		if _, known := place[row.Label]; !known {
			return nil, r, fmt.Errorf("fit: row %d: its label is no explanation of the weights", i)
		}
		if len(row.Values) != len(w.Features()) {
			return nil, r, fmt.Errorf("fit: row %d: %d values, and there are %d features", i, len(row.Values), len(w.Features()))
		}
		r.Rows += row.Times
		if row.Label == Guilty {
			badRows++
			r.Guilty += row.Times
		} else {
			goodRows++
		}
	}
	if badRows < Least || goodRows < Least {
		return nil, r, fmt.Errorf("fit: %w: %d guilty and %d innocent, and %d of each are needed, so that nobody is told from the weights", ErrTooFew, badRows, goodRows, Least)
	}
	label := func(l string) int { return place[l] }
	rows = withSigns(w, rows)
	before := w.Parameters()

	whole := begin(w, before)
	whole.hold(w, o.Floors)
	if o.KeepPrior && o.Sampled {
		whole.sampled(rows, label)
	}
	r.Rounds, r.Settled = whole.search(compress(rows, label), o)
	after := whole.parameters(w, before, o)

	stands := func(int) float64 { return 1 }
	if o.KeepPrior && o.Sampled {
		stands = standsFor(before, rows, r, label)
	}
	// Every row is scored once by a fit that did not see it.
	var held []scored
	for fold := range folds {
		var seen, unseen []Row
		for i, row := range rows {
			if i%folds == fold {
				unseen = append(unseen, row)
			} else {
				seen = append(seen, row)
			}
		}
		m := begin(w, whole.as(before))
		m.pull, m.floors = whole.pull, whole.floors
		for e := range m.explanations {
			m.row(e)[0] = whole.row(e)[0]
		}
		m.search(compress(seen, label), o)
		if o.KeepPrior {
			m.restore(begin(w, before))
		}
		z := make([]float64, m.explanations)
		for _, s := range compress(unseen, label) {
			held = append(held, scored{m.score(&s, z), s.label == guilty, s.times * stands(s.label)})
		}
	}
	if !o.NoCalibration {
		enough := int(r.Guilty)
		if o.Sampled {
			enough = 0 // few stand for many
		}
		after.Calibration, r.Calibrated = calibrated(held, enough)
	}
	if o.Prevalence > 0 && !o.KeepPrior {
		shift := logit(o.Prevalence) - logit(r.Guilty/r.Rows)
		after.Prior += shift
		for i := range after.Calibration {
			after.Calibration[i].Score += shift
			after.Calibration[i].Value += shift
		}
	}
	old := begin(w, before)
	z := make([]float64, old.explanations)
	all := 0.0
	for _, s := range compress(rows, label) {
		r.Before += s.times * stands(s.label) * loss(scored{old.score(&s, z), s.label == guilty, s.times})
		all += s.times * stands(s.label)
	}
	for _, h := range held {
		r.After += h.times * loss(h)
	}
	r.Before, r.After = r.Before/all, r.After/all
	data, err := w.With(o.Version, o.Source, after)
	if err != nil {
		return nil, r, fmt.Errorf("fit: %w", err)
	}
	r.Moved = moved(before, after)
	return data, r, nil
}

// standsFor tells how many people a row of each label stands for, where the prior and the
// shares say how common each is. Innocents of no known explanation stand for themselves.
func standsFor(p correlate.Parameters, rows []Row, r Report, label func(string) int) func(int) float64 {
	n := map[int]float64{}
	for _, row := range rows {
		n[label(row.Label)] += row.Times
	}
	prior := 1 / (1 + math.Exp(-p.Prior))
	return func(l int) float64 {
		switch l {
		case guilty:
			return r.Rows * prior / n[l]
		case innocent:
			return 1
		}
		return r.Rows * (1 - prior) * p.Shares[l] / n[l]
	}
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func loss(s scored) float64 {
	if s.guilty {
		return softplus(-s.score)
	}
	return softplus(s.score)
}

// calibrated makes a table of scores that the fit had no part in.
func calibrated(held []scored, guilty int) ([]correlate.Point, string) {
	if guilty >= enoughForSteps {
		if points := isotonic(held, 15); len(points) >= 2 {
			return points, fmt.Sprintf("isotonic, %d steps", len(points))
		}
	}
	a, b := platt(held)
	const far = 20 // beyond any score
	return []correlate.Point{{Score: -far, Value: -far*a + b}, {Score: far, Value: far*a + b}}, fmt.Sprintf("Platt: %.3f × score %+.3f", a, b)
}

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
		if out[i].Values[k] == 0 {
			out[i].Values = slices.Clone(out[i].Values)
			out[i].Values[k] = 1
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

// moved counts the numbers that differ by more than a thousandth.
func moved(a, b correlate.Parameters) (n int) {
	far := func(x, y float64) bool { return math.Abs(x-y) > 0.0005 }
	if far(a.Prior, b.Prior) {
		n++
	}
	for e := range a.Matrix {
		if far(a.Shares[e], b.Shares[e]) {
			n++
		}
		for k := range a.Matrix[e] {
			if far(a.Matrix[e][k], b.Matrix[e][k]) {
				n++
			}
		}
	}
	return n
}

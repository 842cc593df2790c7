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
	// Natural is how many rows, the first ones, are of a world whose innocent people are as
	// common as they are: scores are calibrated on those alone. 0 where there are none.
	Natural int
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
	var held, natural []scored
	for fold := range folds {
		var seen, unseen, first []Row
		for i, row := range rows {
			switch {
			case i%folds != fold:
				seen = append(seen, row)
			case i < o.Natural:
				first = append(first, row)
			default:
				unseen = append(unseen, row)
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
		for _, s := range compress(finally(first), label) {
			natural = append(natural, scored{m.score(&s, z), s.label == guilty, s.times})
		}
		for _, s := range compress(append(unseen, first...), label) {
			held = append(held, scored{m.score(&s, z), s.label == guilty, s.times * stands(s.label)})
		}
	}
	switch {
	case o.NoCalibration:
	case len(natural) > 0:
		after.Calibration, r.Calibrated = naturally(natural, before.Prior, o.KeepPrior)
	case o.Sampled: // few stand for many
		after.Calibration, r.Calibrated = calibrated(held, 0)
	default:
		after.Calibration, r.Calibrated = calibrated(held, int(r.Guilty))
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

// finally are rows as of the moment that is the same for everybody.
func finally(rows []Row) []Row {
	out := slices.Clone(rows)
	for i := range out {
		if out[i].Final != nil {
			out[i].Values = out[i].Final
		}
	}
	return out
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

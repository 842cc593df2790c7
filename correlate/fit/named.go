package fit

import (
	"errors"
	"fmt"
	"math"

	"github.com/vigil-stream/vigil/correlate"
)

// A NamedRow is one whom the case of a guilty person would name, and whether that is right.
type NamedRow struct {
	Values []float64 // of correlate.NamedFeatures
	Guilty bool
}

// Named fits the weights of those whom a case names: a logistic regression, signs kept,
// pulled towards the weights of before with the spread given. It returns the weights file,
// and the mean surprise of a row (−ln P) before and after.
func Named(w *correlate.Weights, rows []NamedRow, o Options) (data []byte, before, after float64, err error) {
	features := correlate.NamedFeatures()
	guilty := 0
	for i, r := range rows {
		if len(r.Values) != len(features) {
			return nil, 0, 0, fmt.Errorf("fit: row %d of those named: %d values, and there are %d features", i, len(r.Values), len(features))
		}
		if r.Guilty {
			guilty++
		}
	}
	if guilty < Least || len(rows)-guilty < Least {
		return nil, 0, 0, fmt.Errorf("fit: %w: of those named %d are guilty and %d innocent, and %d of each are needed", ErrTooFew, guilty, len(rows)-guilty, Least)
	}
	if o.Version == "" || o.Source == "" {
		return nil, 0, 0, errors.New("fit: a version and a source are needed")
	}
	if o.Spread == 0 {
		o.Spread = 1
	}
	p := w.Parameters()
	was := append([]float64(nil), p.Named...)
	before = namedLoss(rows, was, nil)
	p.Named = searchNamed(rows, was, features, o.Spread)
	after = namedLoss(rows, p.Named, nil)
	data, err = w.With(o.Version, o.Source, p)
	return data, before, after, err
}

// namedLoss is the mean surprise, with its gradient in grad if that is not nil.
func namedLoss(rows []NamedRow, theta, grad []float64) float64 {
	clear(grad)
	sum := 0.0
	for _, r := range rows {
		z := theta[0]
		for k, x := range r.Values {
			z += theta[1+k] * x
		}
		d := 1 / (1 + math.Exp(-z))
		if r.Guilty {
			sum += softplus(-z)
			d--
		} else {
			sum += softplus(z)
		}
		if grad != nil {
			grad[0] += d
			for k, x := range r.Values {
				grad[1+k] += d * x
			}
		}
	}
	n := float64(len(rows))
	for i := range grad {
		grad[i] /= n
	}
	return sum / n
}

// searchNamed goes down the gradient with a step that halves where it overshoots; eight
// weights need nothing faster.
func searchNamed(rows []NamedRow, was []float64, features []correlate.Feature, spread float64) []float64 {
	n := float64(len(rows))
	full := func(theta, grad []float64) float64 {
		loss := namedLoss(rows, theta, grad)
		for i := 1; i < len(theta); i++ {
			d := theta[i] - was[i]
			loss += d * d / (2 * spread * spread * n)
			if grad != nil {
				grad[i] += d / (spread * spread * n)
			}
		}
		return loss
	}
	theta, grad, step := append([]float64(nil), was...), make([]float64, len(was)), 1.0
	for range 5000 {
		at := full(theta, grad)
		next := make([]float64, len(theta))
		for step > 1e-9 {
			for i := range next {
				next[i] = theta[i] - step*grad[i]
				if i > 0 {
					next[i] = within(next[i], int8(features[i-1].Sign))
				}
			}
			if full(next, nil) <= at {
				break
			}
			step /= 2
		}
		far := 0.0
		for i := range next {
			far = max(far, math.Abs(next[i]-theta[i]))
		}
		copy(theta, next)
		if far < 1e-6 {
			break
		}
		step = min(step*1.3, 10)
	}
	return theta
}

package fit

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/correlate"
)

// enoughForSteps is how many guilty rows an isotonic calibration needs; with fewer it is
// Platt's, which has two numbers.
const enoughForSteps = 300

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

// naturally makes a table of the scores of a natural world, which may have more guilty
// people than the prior says: that moves log odds by the same everywhere.
func naturally(rows []scored, prior float64, keep bool) ([]correlate.Point, string) {
	bad, good := 0.0, 0.0
	for _, r := range rows {
		if r.guilty {
			bad += r.times
		} else {
			good += r.times
		}
	}
	more := 0.0
	if keep {
		more = math.Log(bad/good) - prior
	}
	shifted := slices.Clone(rows)
	for i := range shifted {
		shifted[i].score += more
	}
	points := bent(shifted)
	if points == nil {
		return calibrated(rows, 0)
	}
	for i := range points {
		points[i].Score -= more
		points[i].Value -= more
	}
	return points, fmt.Sprintf("a line with %d bends", len(points))
}

// A scored row is a score that its row had no part in, and what is true.
type scored struct {
	score  float64
	guilty bool
	times  float64
}

// platt finds a and b so that 1/(1+exp(−a×score−b)) makes the labels likeliest, a not
// below a tenth, with a pull of one row towards a = 1, b = 0 (Platt 1999).
func platt(rows []scored) (a, b float64) {
	a, b = 1, 0
	loss := func(a, b float64) float64 {
		sum := ((a-1)*(a-1) + b*b) / 2
		for _, r := range rows {
			z := a*r.score + b
			if r.guilty {
				z = -z
			}
			sum += r.times * softplus(z)
		}
		return sum
	}
	at := loss(a, b)
	for range 100 { // Newton's steps, shortened where they go too far
		ga, gb, haa, hab, hbb := a-1, b, 1.0, 0.0, 1.0
		for _, r := range rows {
			p := 1 / (1 + math.Exp(-a*r.score-b))
			d := p
			if r.guilty {
				d--
			}
			h := r.times * p * (1 - p)
			ga += r.times * d * r.score
			gb += r.times * d
			haa += h * r.score * r.score
			hab += h * r.score
			hbb += h
		}
		det := haa*hbb - hab*hab
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		step := 1.0
		for ; step > 1e-6; step /= 2 {
			na, nb := max(a-step*da, 0.1), b-step*db
			if next := loss(na, nb); next < at {
				a, b, at = na, nb, next
				break
			}
		}
		if step <= 1e-6 || math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	return a, b
}

func softplus(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }

// isotonic pools adjacent violators (Ayer and others 1955): steps of scores, each with the
// share of guilty rows among those with such scores, ascending. Every step has at least
// so many rows of each label, so that its share is neither 0 nor 1, and no single person
// makes one.
func isotonic(rows []scored, least float64) []correlate.Point {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b scored) int { return cmp.Compare(a.score, b.score) })
	type step struct{ score, bad, good float64 } // score is the sum, by times
	var steps []step
	for _, r := range rows {
		s := step{score: r.score * r.times}
		if r.guilty {
			s.bad = r.times
		} else {
			s.good = r.times
		}
		steps = append(steps, s)
		for n := len(steps); n > 1; n = len(steps) {
			before, last := steps[n-2], steps[n-1]
			if before.bad >= least && before.good >= least && before.bad*(last.bad+last.good) <= last.bad*(before.bad+before.good) {
				break
			}
			steps = append(steps[:n-2], step{before.score + last.score, before.bad + last.bad, before.good + last.good})
		}
	}
	for n := len(steps); n > 1 && (steps[n-1].bad < least || steps[n-1].good < least); n = len(steps) {
		before, last := steps[n-2], steps[n-1]
		steps = append(steps[:n-2], step{before.score + last.score, before.bad + last.bad, before.good + last.good})
	}
	var points []correlate.Point
	for _, s := range steps {
		if s.bad > 0 && s.good > 0 {
			points = append(points, correlate.Point{Score: s.score / (s.bad + s.good), Value: math.Log(s.bad / s.good)})
		}
	}
	return points
}

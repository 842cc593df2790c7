package observe

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/evaluate"
)

// Scorers are the weights, whole and with some of the evidence denied.
type Scorers struct {
	Version string
	// KeepFrom is the score above which the parts of people are kept: evaluate.Remembered,
	// unless it is set before a world is run through.
	KeepFrom   float64
	correlator *correlate.Correlator
	names      []string // of features
	numbers    correlate.Parameters
	kept       [evaluate.Variants][]bool // of features
	bar        float64                   // from which on a case opens
	shifts     []float64                 // of scores, to each of evaluate.Prevalences
}

// NewScorers makes the variants of weights: what a variant is denied weighs nothing.
func NewScorers(weights []byte) (*Scorers, error) {
	w, err := correlate.LoadWeights(weights)
	if err != nil {
		return nil, err
	}
	s := &Scorers{Version: w.Version(), KeepFrom: evaluate.Remembered, correlator: correlate.New(w), bar: w.Bar(), numbers: w.Parameters()}
	for _, prevalence := range evaluate.Prevalences() {
		s.shifts = append(s.shifts, evaluate.Shift(s.numbers.Prior, prevalence))
	}
	for _, f := range w.Features() {
		s.names = append(s.names, f.Name)
		for v := range evaluate.Variants {
			s.kept[v] = append(s.kept[v], keeps(v, f.Name))
		}
	}
	// A part that this package does not know would be taken for a payment typology's.
	for _, name := range slices.Concat(hashParts, timingParts, paymentParts, platformParts) {
		if !slices.Contains(s.names, name) {
			return nil, fmt.Errorf("the weights have no part %s, by which variants are told apart", name)
		}
	}
	return s, nil
}

// The parts by what tells them; all others are payment typologies.
var (
	hashParts     = []string{"list-match"}
	timingParts   = []string{"payment-session-coincidence", "several-payers-coincide", "paid-visits", "paid-sessions", "unpaid-sessions", "unpaid-visits", "watched-session-coincidence", "visits-paid-for", "several-hosts"}
	paymentParts  = []string{"related-counterparties", "regular-rhythm", "strangers-who-pay", "steady-payers", "fixed-price", "long-relation", "sextortion-series"}
	platformParts = []string{
		"private-session", "low-audience", "public-sessions", "large-audience", "user-flag", "classifier-score",
		"paying-guests", "one-to-one", "further-scores", "unremarked-streams", "public-beside-private", "alike-lengths",
		"givers-without-streams",
	}
)

// keeps reports whether a variant may see a part.
func keeps(v evaluate.Variant, part string) bool {
	if part == correlate.SignsExpected {
		return true // everybody has it
	}
	switch v {
	case evaluate.Hashes:
		return slices.Contains(hashParts, part)
	case evaluate.Payments:
		return !slices.Contains(slices.Concat(hashParts, timingParts, platformParts), part)
	case evaluate.NoTiming:
		return !slices.Contains(timingParts, part)
	}
	return true
}

// nameFrom is the score from which on it is asked whom a case names: below, whoever is named
// is below what is remembered as well.
const nameFrom = evaluate.Remembered

type assessment struct {
	scores [evaluate.Variants]float64
	values []float64
	named  []correlate.Named
	help   bool
}

func (s *Scorers) assess(ctx context.Context, known *correlate.Partition, state memory, t *watched) (assessment, error) {
	got, err := known.Assess(ctx, state, t.subject, nameFrom)
	if err != nil {
		return assessment{}, err
	}
	a := assessment{values: got.Values, named: got.Named, help: got.Help}
	for v := range evaluate.Variants {
		switch {
		case got.Help: // who is put to a person as a possible victim is no suspect
			a.scores[v] = evaluate.Floor
		case v == evaluate.All:
			a.scores[v] = max(evaluate.Floor, got.Score)
		case v == evaluate.Hashes && t.kinds&hasMatch == 0, v == evaluate.Payments && t.kinds&hasPayment == 0:
			a.scores[v] = evaluate.Floor
		default:
			a.scores[v] = max(evaluate.Floor, s.denied(v, got.Values))
		}
	}
	return a, nil
}

// denied is the score of a variant, by the formula of correlate, without the calibration,
// which was made for the whole: −ln Σ exp(−score against each explanation).
func (s *Scorers) denied(v evaluate.Variant, values []float64) float64 {
	least := math.Inf(1)
	scores := make([]float64, len(s.numbers.Matrix))
	for e, weights := range s.numbers.Matrix {
		z := s.numbers.Prior - math.Log(s.numbers.Shares[e])
		for k, x := range values {
			if x != 0 && s.kept[v][k] {
				z += weights[k] * x
			}
		}
		scores[e] = z
		least = min(least, z)
	}
	sum := 0.0
	for _, z := range scores {
		sum += math.Exp(least - z)
	}
	return least - math.Log(sum)
}

// parts names the values that are there.
func (s *Scorers) parts(values []float64) map[string]float64 {
	m := make(map[string]float64)
	for i, v := range values {
		if v != 0 {
			m[s.names[i]] = v
		}
	}
	return m
}

package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/evaluate"
)

// Scorers are the weights, whole and with some of the evidence denied, all looking at the
// same state.
type Scorers struct {
	Version string
	all     [evaluate.Variants]*correlate.Correlator
	names   []string // of features
	// KeepFrom is the score above which the parts of people are kept: evaluate.Remembered,
	// unless it is set before a world is run through.
	KeepFrom float64
}

// NewScorers makes the variants of weights: what a variant is denied weighs nothing.
func NewScorers(weights []byte) (*Scorers, error) {
	s := &Scorers{KeepFrom: evaluate.Remembered}
	for v := range evaluate.Variants {
		data, err := denied(weights, v)
		if err != nil {
			return nil, err
		}
		w, err := correlate.LoadWeights(data)
		if err != nil {
			return nil, fmt.Errorf("weights of %q: %w", v, err)
		}
		if v == evaluate.All {
			s.Version = w.Version()
			for _, f := range w.Features() {
				s.names = append(s.names, f.Name)
			}
		}
		s.all[v] = correlate.New(w)
	}
	return s, nil
}

// The parts that tell whether payments and streams coincide, and those that only payments
// tell; typologies are payments too.
var (
	timingParts  = []string{"payment-session-coincidence", "several-payers-coincide"}
	paymentParts = []string{"related-counterparties", "regular-rhythm", "long-relation", "sextortion-series"}
)

// keeps reports whether a variant may see a part.
func keeps(v evaluate.Variant, part string) bool {
	switch v {
	case evaluate.Hashes:
		return part == "list-match"
	case evaluate.Payments:
		return slices.Contains(paymentParts, part)
	case evaluate.NoTiming:
		return !slices.Contains(timingParts, part)
	}
	return true
}

func denied(weights []byte, v evaluate.Variant) ([]byte, error) {
	if v == evaluate.All {
		return weights, nil
	}
	var file map[string]any
	if err := json.Unmarshal(weights, &file); err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	parts, ok := file["parts"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("weights: have no parts")
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if !keeps(v, name) {
			parts[name] = nothing()
		}
	}
	if typologies, ok := file["typologies"].(map[string]any); ok && v == evaluate.Hashes {
		for _, t := range typologies {
			if t, ok := t.(map[string]any); ok {
				t["against"] = nothing()
			}
		}
	}
	delete(file, "calibration") // it was made for the whole
	return json.Marshal(file)
}

func nothing() map[string]any {
	return map[string]any{"*": map[string]any{"value": 0, "source": "denied for comparison"}}
}

type assessment struct {
	scores [evaluate.Variants]float64
	values []float64
	help   bool
}

func (s *Scorers) assess(ctx context.Context, state memory, t *watched) (assessment, error) {
	var a assessment
	for v := range evaluate.Variants {
		a.scores[v] = evaluate.Floor
		if v == evaluate.Hashes && t.kinds&hasMatch == 0 || v == evaluate.Payments && t.kinds&hasPayment == 0 {
			continue
		}
		got, err := s.all[v].Assess(ctx, state, t.subject)
		if err != nil {
			return a, err
		}
		if v == evaluate.All {
			a.values, a.help = got.Values, got.Help
		}
		if !got.Help { // who is put to a person as a possible victim is no suspect
			a.scores[v] = max(evaluate.Floor, got.Score)
		}
	}
	return a, nil
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

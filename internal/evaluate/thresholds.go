package evaluate

import "fmt"

// Thresholds are by prevalence, variant and budget, as validation gave them. A file of them
// is versioned by the weights that they are for.
type Thresholds struct {
	Weights string         `json:"weights"`
	From    Described      `json:"from"` // the world that they were found on
	Of      []ThresholdsAt `json:"at"`   // natural-log odds at the prevalence
}

// ThresholdsAt are those of one prevalence and variant, by Budgets.
type ThresholdsAt struct {
	Prevalence float64   `json:"prevalence"`
	Variant    string    `json:"variant"`
	Budgets    []float64 `json:"budgets"` // cases per 10,000 people
	Scores     []float64 `json:"scores"`
}

// FitThresholds finds the thresholds on worlds that are not to be measured.
func FitThresholds(people []Person, weights string) Thresholds {
	all := people
	t := Thresholds{Weights: weights}
	for _, prevalence := range prevalences {
		people := seenAt(all, prevalence)
		for v := range Variants {
			at := ThresholdsAt{Prevalence: prevalence, Variant: v.String(), Budgets: budgets}
			c := NewCurve(people, v, nil)
			for _, b := range budgets {
				at.Scores = append(at.Scores, c.Threshold(b))
			}
			t.Of = append(t.Of, at)
		}
	}
	return t
}

// Score returns a threshold.
func (t Thresholds) Score(prevalence float64, v Variant, budget float64) (float64, error) {
	for _, at := range t.Of {
		if at.Prevalence == prevalence && at.Variant == v.String() {
			for i, b := range at.Budgets {
				if b == budget && i < len(at.Scores) {
					return at.Scores[i], nil
				}
			}
		}
	}
	return 0, fmt.Errorf("the thresholds have none of %q at a prevalence of %g and %g cases per 10,000", v, prevalence, budget)
}

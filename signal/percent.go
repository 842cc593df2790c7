package signal

import "fmt"

// Percent writes a probability as people read it, to a tenth of a percent. Nothing that is
// estimated is certain, so that it never says 0 or 100.
func Percent(p float64) string {
	switch {
	case p >= 0.9995:
		return "over 99.9 %"
	case p < 0.0005:
		return "under 0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

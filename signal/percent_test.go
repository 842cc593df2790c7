package signal

import "testing"

func TestNoProbabilityIsCertain(t *testing.T) {
	for p, want := range map[float64]string{
		0: "under 0.1 %", 0.00049: "under 0.1 %", 0.0005: "0.1 %", 0.5: "50.0 %", 0.817: "81.7 %",
		0.99949: "99.9 %", 0.9995: "over 99.9 %", 1: "over 99.9 %",
	} {
		if got := Percent(p); got != want {
			t.Errorf("%v: %s, not %s", p, got, want)
		}
	}
}

package flood

import (
	"testing"
	"time"

	"github.com/vigil-stream/vigil/correlate"
)

// TestCasesFallAndComeBack: the cases that the first few matches opened are withdrawn
// when the entry floods, no other is opened, and a release opens all.
func TestCasesFallAndComeBack(t *testing.T) {
	const floods, limit = 100, 5
	weights, err := correlate.DefaultWeights()
	if err != nil {
		t.Fatal(err)
	}
	room, cases, opened := correlate.New(weights), memory{}, map[string]bool{}
	r, most := newRoom(t, Options{Streams: limit}), 0
	take := func(out Result) {
		t.Helper()
		for _, s := range out.Signals {
			changed, err := room.Process(t.Context(), cases, s)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changed {
				if delete(opened, c.ID); c.State == correlate.Open {
					opened[c.ID] = true
				}
			}
		}
		most = max(most, len(opened))
	}
	for i := range floods {
		s := match(i, 8, time.Duration(i)*time.Second)
		s.Match.Distance, s.Match.Pictures = 0, 8
		take(r.match(s))
	}
	if most != limit || len(opened) != 0 {
		t.Errorf("%d cases were open at once, and %d are", most, len(opened))
	}
	take(r.verdict(verdict(true, time.Hour)))
	if len(opened) != floods {
		t.Errorf("%d of %d cases are open after the release", len(opened), floods)
	}
}

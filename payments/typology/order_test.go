package typology

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

// TestTheOrderOfArrivalDoesNotMatter shuffles profiles of all kinds.
func TestTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	types := All(DefaultRules())
	r := rand.New(rand.NewPCG(7, 8))
	profiles := someProfiles(t, 1000, r)
	// Two senders who escalate alike, and two victims at the same times.
	two := func(all []payment) []payment {
		return append(slices.Clone(all), func() (out []payment) {
			for _, p := range all {
				out = append(out, with(p, func(p *payment) { p.from = "Xa" }))
			}
			return out
		}()...)
	}
	profiles = append(profiles, transfersOf(t, signal.Recipient, two(escalating(9, toStranger()))),
		transfersOf(t, signal.Recipient, two(series(toStranger(), 6, 50, 100, 300))))
	both := series(toStranger(), 6, 50, 100, 300)
	both = append(both, series(with(toStranger(), func(p *payment) { p.to = "Xa" }), 6, 50, 100, 200, 300)...)
	profiles = append(profiles, transfersOf(t, signal.Sender, both))
	fired := 0
	for n, transfers := range profiles {
		want := findings(t, types, transfers)
		fired += len(want)
		times := 3
		if n >= len(profiles)-3 {
			times = 20
		}
		for range times {
			shuffled := slices.Clone(transfers)
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			// Those of before two days of the newest may come too late where there are very
			// many; none of these profiles has as many.
			if got := findings(t, types, shuffled); !reflect.DeepEqual(got, want) {
				t.Fatalf("profile %d: %v, and in order %v", n, got, want)
			}
		}
	}
	if fired < 1000 {
		t.Errorf("only %d findings", fired)
	}
}

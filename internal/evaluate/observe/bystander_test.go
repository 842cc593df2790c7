package observe

import (
	"testing"
	"time"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/evaluate"
	"github.com/vigil-stream/vigil/internal/world/simulate"
	"github.com/vigil-stream/vigil/signal"
)

// TestApartIsWithoutTheNetwork: what a bystander would be without a network's cases is what
// the own case and those of others say, and a tie that the labels do not tell of takes
// nothing away.
func TestApartIsWithoutTheNetwork(t *testing.T) {
	s, err := NewScorers(correlate.AssumedFile())
	if err != nil {
		t.Fatal(err)
	}
	watch := newWatcher(s, []simulate.Label{
		{Subjects: []signal.Subject{"host"}, Group: simulate.Streamer, Network: 7},
		{Subjects: []signal.Subject{"tied"}, Group: simulate.Ordinary, Ties: []int{7}},
		{Subjects: []signal.Subject{"untied"}, Group: simulate.Ordinary},
		{Subjects: []signal.Subject{"elsewhere"}, Group: simulate.Ordinary, Ties: []int{8}},
		{Subjects: []signal.Subject{"tutor"}, Group: simulate.Tutor},
	}, time.Time{})
	names := func(host signal.Subject, score float64, whom ...signal.Subject) {
		var all []correlate.Named
		for _, other := range whom {
			all = append(all, correlate.Named{Subject: other, Values: make([]float64, len(correlate.NamedFeatures())), Score: 2})
		}
		watch.of[host].scores[evaluate.All] = score
		watch.name(watch.of[host], all, map[int]bool{})
	}
	stand := func(person int) (with, without float64) {
		p, view := &watch.people[person], watch.people[person].Views[0]
		watch.stand(&view.Standing, person, 1, 0, nil)
		if view.Apart == nil {
			return view.Best[evaluate.All], view.Best[evaluate.All]
		}
		watch.stand(view.Apart, person, 1, 0, p.Ties)
		return view.Best[evaluate.All], view.Apart.Best[evaluate.All]
	}
	names("host", 3, "tied", "untied", "elsewhere")
	named := evaluate.Both(3, evaluate.Probability(2))
	for person, want := range []float64{1: evaluate.Floor, 2: named, 3: named} {
		if person == 0 {
			continue
		}
		if with, without := stand(person); with != named || without != want {
			t.Errorf("person %d: %v with the network, %v without; want %v and %v", person, with, without, named, want)
		}
	}
	names("tutor", 1, "tied")
	if with, without := stand(1); with != named || without != evaluate.Both(1, evaluate.Probability(2)) {
		t.Errorf("named by a tutor as well: %v and %v", with, without)
	}
	view := watch.people[1].Views[0]
	watch.stand(&view.Standing, 1, 2, -2, nil)
	if want := evaluate.Both(1, evaluate.Probability(2)); view.Last != want {
		t.Errorf("where fewer are guilty, by a case at 3-2: %v, want %v", view.Last, want)
	}
	watch.of["tied"].scores[evaluate.All] = 2.5
	if _, without := stand(1); without != 2.5 {
		t.Errorf("an own case: %v without the network", without)
	}
}

// TestBystandersOfAWorld: some are named by a network's case alone, and nobody is less
// suspected with it than without.
func TestBystandersOfAWorld(t *testing.T) {
	s, err := NewScorers(correlate.DefaultFile())
	if err != nil {
		t.Fatal(err)
	}
	tied, changed, shifts := 0, 0, s.shifts
	for _, p := range see(t, aWorld(t), 2) {
		for i, view := range p.Views {
			if (view.Apart != nil) != (len(p.Ties) > 0) || p.Guilty && view.Apart != nil {
				t.Fatal("who is a bystander is not as the labels have it")
			}
			if view.Apart == nil {
				continue
			}
			tied++
			with, without := view.Best[evaluate.All], view.Apart.Best[evaluate.All]
			own := evaluate.Floor + 0.0
			if p.Own > evaluate.Floor {
				own = max(own, p.Own+shifts[i])
			}
			if without > with || without < own {
				t.Errorf("without the network %v, with it %v, own %v", without, with, own)
			}
			if without < with {
				changed++
			}
		}
	}
	if tied < 100 || changed < 10 {
		t.Errorf("%d bystanders, %d of them named by a network's case", tied, changed)
	}
}

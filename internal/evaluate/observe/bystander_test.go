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
		p := &watch.people[person]
		watch.stand(&p.Standing, person, 1, nil)
		if p.Apart == nil {
			return p.Best[evaluate.All], p.Best[evaluate.All]
		}
		watch.stand(p.Apart, person, 1, p.Ties)
		return p.Best[evaluate.All], p.Apart.Best[evaluate.All]
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
	watch.of["tied"].scores[evaluate.All] = 2.5
	if _, without := stand(1); without != 2.5 {
		t.Errorf("an own case: %v without the network", without)
	}
}

// TestBystandersOfAWorld: some are named by a network's case alone, and nobody is less
// suspected with it than without.
func TestBystandersOfAWorld(t *testing.T) {
	tied, changed := 0, 0
	for _, p := range see(t, aWorld(t), 2) {
		if (p.Apart != nil) != (len(p.Ties) > 0) || p.Guilty && p.Apart != nil {
			t.Fatal("who is a bystander is not as the labels have it")
		}
		if p.Apart == nil {
			continue
		}
		tied++
		if p.Apart.Best[evaluate.All] > p.Best[evaluate.All] || p.Apart.Best[evaluate.All] < p.Own {
			t.Errorf("without the network %v, with it %v, own %v", p.Apart.Best[evaluate.All], p.Best[evaluate.All], p.Own)
		}
		if p.Apart.Best[evaluate.All] < p.Best[evaluate.All] {
			changed++
		}
	}
	if tied < 50 || changed < 5 {
		t.Errorf("%d bystanders, %d of them named by a network's case", tied, changed)
	}
}

package evaluate

import (
	"math"
	"testing"
)

// town is three networks and who stands beside: who is tied to which, with what score while one of them is there, and
// without.
func town() []Person {
	people := made([]float64{9, 8, 7, 6, 5, 0, 4, 1, 2, 6}, []bool{true, true, true, false, false, false, false, false, false, false})
	tie := func(i int, without float64, networks ...int32) {
		u := Unseen()
		for v := range u.Best {
			u.Best[v] = without
		}
		u.Last = without
		people[i].Ties, people[i].Apart = networks, &u
	}
	tie(3, 0, 1)    // named by a network's case alone
	tie(4, 5, 2)    // suspected without it as well
	tie(5, 0, 3)    // beside a network, and not suspected
	tie(6, 0, 1, 2) // named by two
	tie(7, -9, 2)   // nothing is known of without the network
	people[3].Corridor, people[9].Corridor = "AU-PH", "AU-PH"
	return people // 8 and 9 dealt with none, whatever names them
}

// thin gives what the town is with some of its networks: a count at a threshold of innocent
// people who are suspected.
func thin(people []Person, there func(network int32) bool, threshold float64) float64 {
	n := 0.0
	for i := range people {
		p := &people[i]
		if p.Guilty {
			continue
		}
		best := p.Best[All]
		if p.Apart != nil {
			best = p.Apart.Best[All]
			for _, network := range p.Ties {
				if there(network) {
					best = p.Best[All]
				}
			}
		}
		if best >= threshold {
			n++
		}
	}
	return n
}

// TestBystandersAreThinned: what a world with more networks gives by weight is exactly what
// worlds at the true prevalence give on average, over each way in which networks may be
// missing.
func TestBystandersAreThinned(t *testing.T) {
	people := town()
	halves := Halves(people)
	near(t, "prevalence", Prevalence(halves), 0.3)
	for _, prevalence := range []float64{0.3, 0.1, 0.01, 0.0001} {
		Weigh(halves, prevalence)
		w := halves[0].Weight
		for _, threshold := range []float64{7, 5.5, 4.5, 3, 1.5, 0.5, -1} {
			expected := 0.0
			for way := range 8 {
				chance := 1.0
				for n := range 3 {
					if way>>n&1 == 1 {
						chance *= w
					} else {
						chance *= 1 - w
					}
				}
				expected += chance * thin(people, func(network int32) bool { return way>>(network-1)&1 == 1 }, threshold)
			}
			all, _ := FalsePositives(halves, threshold, (*Person).group)
			near(t, "false positives", all.Weighted, expected)
			o := NewCurve(halves, All, nil).At(threshold)
			near(t, "those of the curve", o.Cases-o.Found, expected)
			c := count(halves, All, threshold, nil)
			near(t, "those that are counted", c.cases-c.found, expected)
			near(t, "people", c.total-c.guilty, 7)
			near(t, "prevalence by weight", c.guilty/c.total, prevalence)
		}
	}
}

// TestOnlyTheTruthMakesABystander: who is named without a tie, by an innocent's case or in
// an own one, counts as a whole person; who is wronged is told by count.
func TestOnlyTheTruthMakesABystander(t *testing.T) {
	halves := Halves(town())
	Weigh(halves, 0.01)
	w := halves[0].Weight
	near(t, "weight of a network", w, 0.01*0.7/(0.3*0.99))
	all, groups := FalsePositives(halves, 4.5, (*Person).group)
	// By themselves 9, who dealt with no network, and 4, who is suspected either way.
	if all.People != 7 || all.Cases != 2 {
		t.Errorf("%+v", all)
	}
	near(t, "by weight", all.Weighted, 2+w)
	b := CountBystanders(halves, 4.5)
	if b.People != 5 || b.Cases != 2 || b.Named != 1 || b.Groups["g"] != 2 {
		t.Errorf("%+v", b)
	}
	near(t, "weight of a network, told", b.Network, w)
	for _, g := range groups {
		if g.Name == Bystander && (g.People != 5 || g.Cases != 2 || g.Ratio <= 1) {
			t.Errorf("%+v", g)
		}
	}
	_, corridors := FalsePositives(halves, 5.5, func(p *Person) string { return p.Corridor })
	near(t, "rate of a corridor of two, one of them a bystander", corridors[0].Rate.Value, (1+w)/2)
	c := Calibrate(halves, 0.02, func(p *Person) float64 { return p.Last }, NewResampler(halves, 1, 10))
	weight := 0.0
	for _, bin := range c.Bins {
		weight += bin.Weight
	}
	// Of all but 7, who is told something beside the network alone.
	near(t, "weight of those told anything", weight, 3*w+6+w)
}

// TestMoreNetworksHaveMoreBystanders: where a guilty person counts more than one, so do
// those beside.
func TestMoreNetworksHaveMoreBystanders(t *testing.T) {
	halves := Halves(town())
	Weigh(halves, 0.6)
	w := halves[0].Weight
	all, _ := FalsePositives(halves, 5.5, (*Person).group)
	if w <= 1 {
		t.Fatal(w)
	}
	near(t, "false positives", all.Weighted, 1+w)
}

// TestABystanderIsDrawnWithTheNetwork, in the half beside it.
func TestABystanderIsDrawnWithTheNetwork(t *testing.T) {
	halves := Halves(town())
	circles := make(map[int32]int32)
	for _, p := range halves {
		switch {
		case p.Guilty:
			circles[p.Network] = p.Circle
		case p.half == beside && p.Circle != circles[p.Ties[0]]:
			t.Error("a half beside a network is drawn by itself")
		case p.half == apart && p.Circle < 3:
			t.Error("a half apart is drawn with a network")
		}
	}
	if math.IsNaN(MeasureAt(halves, All, 5, NewResampler(halves, 1, 50)).Precision.Low) {
		t.Error("no interval")
	}
}

// TestEveryPrevalenceHasItsOwnStandings: who is named by a case may stand above an own case
// where fewer people are guilty and below it where more are.
func TestEveryPrevalenceHasItsOwnStandings(t *testing.T) {
	people := made([]float64{0, 0, -9}, []bool{true, false, false})
	people[0].Views, people[1].Views = make([]View, 2), make([]View, 2)
	for v := range 2 {
		people[0].Views[v].Best[All] = []float64{1, 2}[v]
		people[1].Views[v].Best[All] = []float64{3, 1}[v]
	}
	for i, prevalence := range prevalences {
		at := seenAt(people, prevalence)
		near(t, "area", NewCurve(at, All, nil).AveragePrecision(), []float64{at[0].Weight / (at[0].Weight + 1), 1}[i])
		if at[2].Best[All] != -9 {
			t.Error("without views the standing is the same everywhere")
		}
	}
	if people[0].Best[All] != 0 {
		t.Error("who was measured is not what they were")
	}
}

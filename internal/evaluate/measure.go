package evaluate

import "math"

// A Measure is what a threshold gives, with intervals.
type Measure struct {
	Threshold float64 `json:"threshold"`
	// CasesPer10k are the people who become a case, of ten thousand, by weight.
	CasesPer10k float64  `json:"cases_per_10k"`
	Precision   Interval `json:"precision"`
	Recall      Interval `json:"recall"` // of guilty people
	// Networks is the share of networks of which at least one member becomes a case: the
	// case names the others.
	Networks Interval `json:"networks"`
	// Roles is the recall by group of guilty people.
	Roles map[string]float64 `json:"roles"`
}

// tally is what people at or above a threshold add up to.
type tally struct {
	cases, found, guilty, total float64
	networks                    map[int32]float64 // weight by network; negative: found
}

// MeasureAt measures a threshold on people, with intervals by resampling their circles.
func MeasureAt(people []Person, v Variant, threshold float64, r *Resampler) Measure {
	value := count(people, v, threshold, nil)
	m := Measure{Threshold: threshold, CasesPer10k: 1e4 * value.cases / value.total, Roles: make(map[string]float64)}
	var precision, recall, networks []float64
	// Most people are neither guilty nor a case, and change nothing of the three.
	var some []Person
	var at []int32
	for i := range people {
		if p := &people[i]; p.Guilty || p.Best[v] >= threshold {
			some, at = append(some, Person{Guilty: p.Guilty, Network: p.Network, Weight: p.Weight, Standing: Standing{Best: p.Best}}), append(at, int32(i))
		}
	}
	own := make([]float64, len(at))
	r.Each(func(_ int, times []float64) {
		for i, of := range at {
			own[i] = times[of]
		}
		t := count(some, v, threshold, own)
		precision = append(precision, t.found/t.cases)
		recall = append(recall, t.found/t.guilty)
		networks = append(networks, t.share())
	})
	m.Precision = Percentiles(value.found/value.cases, precision)
	m.Recall = Percentiles(value.found/value.guilty, recall)
	m.Networks = Percentiles(value.share(), networks)
	found, all := make(map[string]float64), make(map[string]float64)
	for i := range people {
		if p := &people[i]; p.Guilty {
			all[p.Group]++
			if p.Best[v] >= threshold {
				found[p.Group]++
			}
		}
	}
	for g, n := range all {
		m.Roles[g] = found[g] / n
	}
	return m
}

func count(people []Person, v Variant, threshold float64, times []float64) tally {
	t := tally{networks: make(map[int32]float64)}
	for i := range people {
		p := &people[i]
		w := p.Weight
		if times != nil {
			w *= times[i]
		}
		t.total += w
		is := p.Best[v] >= threshold
		if is {
			t.cases += w
		}
		if !p.Guilty {
			continue
		}
		t.guilty += w
		if is {
			t.found += w
		}
		if w > 0 && p.Network != 0 {
			// All members of a network are drawn as often, so any of them tells its weight.
			if is || t.networks[p.Network] < 0 {
				w = -w
			}
			t.networks[p.Network] = w
		}
	}
	return t
}

// share is that of networks found.
func (t tally) share() float64 {
	found, all := 0.0, 0.0
	for _, w := range t.networks {
		all += math.Abs(w)
		if w < 0 {
			found -= w
		}
	}
	return found / all
}

// AreaWith is the average precision with its interval.
func AreaWith(people []Person, v Variant, r *Resampler) Interval {
	rank := newRanking(people, v)
	value := rank.curve(people, nil).AveragePrecision()
	var draws []float64
	r.Each(func(_ int, times []float64) { draws = append(draws, rank.curve(people, times).AveragePrecision()) })
	return Percentiles(value, draws)
}

package evaluate

import "math"

// Calibration compares the probabilities that were told with what was true, at one moment
// for everybody.
type Calibration struct {
	Bins []Bin `json:"bins"`
	// ECE is the mean distance between what was told and what was true, over the bins, by
	// weight of the people in them; Worst is the largest, over bins that hold Enough.
	ECE   float64 `json:"ece"`
	Worst float64 `json:"worst"`
	// People are those counted, Least the probability from which on they are.
	People int     `json:"people"`
	Least  float64 `json:"least"`
}

// A Bin is a tenth of the probabilities.
type Bin struct {
	Low    float64  `json:"low"`
	High   float64  `json:"high"`
	Told   float64  `json:"told"`   // mean
	True   Interval `json:"true"`   // share guilty, with Wilson's bounds by Effective
	Weight float64  `json:"weight"` // of people
	People int      `json:"people"`
	// Effective is how many people of equal weights would tell as much (Kish 1965): where a
	// guilty person counts a hundredth, a single innocent one moves a bin by a lot.
	Effective float64 `json:"effective"`
}

// Enough is how many people a bin must hold, by Effective, to be held to anything: the share
// of fewer is known to no better than a sixth.
const Enough = 30

// Calibrate puts people into ten bins by the probability of a score, those from least on:
// of all others nobody was told anything. score gives the natural-log odds of a person.
func Calibrate(people []Person, least float64, score func(*Person) float64) Calibration {
	c := Calibration{Least: least, Bins: make([]Bin, 10)}
	for i := range c.Bins {
		c.Bins[i].Low, c.Bins[i].High = float64(i)/10, float64(i+1)/10
	}
	guilty, squares := make([]float64, len(c.Bins)), make([]float64, len(c.Bins))
	for i := range people {
		p := Probability(score(&people[i]))
		if p < least {
			continue
		}
		b := min(int(p*10), 9)
		c.People++
		c.Bins[b].People++
		c.Bins[b].Weight += people[i].Weight
		squares[b] += people[i].Weight * people[i].Weight
		c.Bins[b].Told += p * people[i].Weight
		if people[i].Guilty {
			guilty[b] += people[i].Weight
		}
	}
	total := 0.0
	for i := range c.Bins {
		b := &c.Bins[i]
		if b.People == 0 {
			continue
		}
		b.Told /= b.Weight
		b.Effective = b.Weight * b.Weight / squares[i]
		b.True = Wilson(guilty[i]/b.Weight, b.Effective)
		gap := math.Abs(b.Told - b.True.Value)
		c.ECE += gap * b.Weight
		total += b.Weight
		if b.Effective >= Enough {
			c.Worst = max(c.Worst, gap)
		}
	}
	if total > 0 {
		c.ECE /= total
	}
	return c
}

// Wilson is the 95 % score interval of a share seen in n (Wilson 1927).
func Wilson(share, n float64) Interval {
	if n == 0 {
		return Interval{math.NaN(), 0, 1}
	}
	const z = 1.959964
	mid := (share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return Interval{share, max(0, mid-half), min(1, mid+half)}
}

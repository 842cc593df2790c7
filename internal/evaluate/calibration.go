package evaluate

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// Calibration compares the probabilities that were told with what was true, at one moment
// for everybody.
type Calibration struct {
	Bins []Bin `json:"bins"`
	// ECE is the mean distance between what was told and what was true, over the bins, by
	// weight of the people in them.
	ECE float64 `json:"ece"`
	// Worst is the largest distance, over bins that hold Enough circles, and WorstOfPeople over
	// those that hold as many people, were these independent.
	Worst         float64 `json:"worst"`
	WorstOfPeople float64 `json:"worst_of_people"`
	// People are those counted, Least the probability from which on they are.
	People int     `json:"people"`
	Least  float64 `json:"least"`
}

// A Bin is a tenth of the probabilities.
type Bin struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Told float64 `json:"told"` // mean
	// True is the share guilty, with bounds by drawing whole circles and one more person that
	// was not seen.
	True    Interval `json:"true"`
	Weight  float64  `json:"weight"` // of people
	People  int      `json:"people"`
	Circles int      `json:"circles"`
	// Effective is how many circles of equal weight would tell as much (Kish 1965): where a
	// guilty person counts a hundredth, a single innocent one moves a bin by a lot, and so does
	// a network whose case names many. EffectivePeople is the same of people, were they
	// independent.
	Effective       float64 `json:"effective"`
	EffectivePeople float64 `json:"effective_people"`
	// Off says that True excludes whatever is Within of what was told.
	Off bool `json:"off"`
}

const (
	// Enough is how many circles a bin must hold, by Effective, for its distance to be held to
	// anything: the share of fewer is known to no better than a sixth.
	Enough = 30
	// Within is how far what is true may lie from what was told.
	Within = 0.1
)

// Gap is how far what was true lies from what was told.
func (b Bin) Gap() float64 { return math.Abs(b.Told - b.True.Value) }

// binned is what is summed of a bin, in all and draw by draw.
type binned struct {
	guilty, squares float64
	circles         map[int32]float64 // weight
	low, high       []float64         // share guilty, with one more innocent or guilty person
}

// Calibrate puts people into ten bins by the probability of a score, those from least on:
// of all others nobody was told anything. score gives the natural-log odds of a person, and
// sample draws their circles.
func Calibrate(people []Person, least float64, score func(*Person) float64, sample *Resampler) Calibration {
	c := Calibration{Least: least, Bins: make([]Bin, 10)}
	sums := make([]binned, len(c.Bins))
	for i := range c.Bins {
		c.Bins[i].Low, c.Bins[i].High = float64(i)/10, float64(i+1)/10
		sums[i].circles = make(map[int32]float64)
	}
	var some, bins []int // who is counted, and in which bin
	for i := range people {
		p := Probability(score(&people[i]))
		if p < least {
			continue
		}
		at, w := min(int(p*10), 9), people[i].Weight
		some, bins = append(some, i), append(bins, at)
		b, s := &c.Bins[at], &sums[at]
		b.People++
		b.Weight += w
		b.Told += p * w
		s.squares += w * w
		s.circles[people[i].Circle] += w
		if people[i].Guilty {
			s.guilty += w
		}
	}
	c.People = len(some)
	sample.shares(people, some, bins, sums)
	total := 0.0
	for i := range c.Bins {
		if b := &c.Bins[i]; b.Weight > 0 {
			b.finish(&sums[i])
			c.ECE += b.Gap() * b.Weight
			total += b.Weight
			if b.Effective >= Enough {
				c.Worst = max(c.Worst, b.Gap())
			}
			if b.EffectivePeople >= Enough {
				c.WorstOfPeople = max(c.WorstOfPeople, b.Gap())
			}
		}
	}
	if total > 0 {
		c.ECE /= total
	}
	return c
}

// shares draws the share guilty of each bin. What was not seen may be somewhere else: where
// an innocent person counts a hundred times what a guilty one does, a bin of guilty people
// alone says little. So the lower bound is of draws with an innocent person more, and the
// upper with a guilty one, each with an exponential weight of mean 1: where all weigh the
// same that is the exact interval of a share (Clopper and Pearson 1934; of weighted counts
// Fay and Feuer 1997).
func (r *Resampler) shares(people []Person, some, bins []int, sums []binned) {
	var one, other float64 // weight of a guilty and of an innocent person
	for i := range people {
		if p := &people[i]; p.Guilty {
			one = max(one, p.Weight)
		} else {
			other = max(other, p.Weight)
		}
	}
	die := rand.New(rand.NewPCG(r.seed, math.MaxUint64)) // no draw's own
	guilty, all := make([]float64, len(sums)), make([]float64, len(sums))
	r.Each(func(_ int, times []float64) {
		clear(guilty)
		clear(all)
		for j, i := range some {
			w := people[i].Weight * times[i]
			all[bins[j]] += w
			if people[i].Guilty {
				guilty[bins[j]] += w
			}
		}
		for i := range sums {
			innocent, more := other*die.ExpFloat64(), one*die.ExpFloat64()
			sums[i].low = append(sums[i].low, guilty[i]/(all[i]+innocent))
			sums[i].high = append(sums[i].high, (guilty[i]+more)/(all[i]+more))
		}
	})
}

func (b *Bin) finish(s *binned) {
	squares := 0.0
	for _, circle := range slices.Sorted(maps.Keys(s.circles)) {
		squares += s.circles[circle] * s.circles[circle]
	}
	b.Told /= b.Weight
	b.Circles = len(s.circles)
	b.Effective, b.EffectivePeople = b.Weight*b.Weight/squares, b.Weight*b.Weight/s.squares
	share := s.guilty / b.Weight
	b.True = Interval{share, Percentiles(share, s.low).Low, Percentiles(share, s.high).High}
	b.Off = b.True.High < b.Told-Within || b.True.Low > b.Told+Within
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

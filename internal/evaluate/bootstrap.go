package evaluate

import (
	"math"
	"math/rand/v2"
	"slices"
)

// An Interval holds a value with the bounds of 95 in 100 bootstrap draws.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// A Resampler draws circles of people with replacement, again and again: all members of a
// circle are drawn together, as often. The draws are Poisson (each circle's number is of
// mean 1), which for many circles is the multinomial bootstrap and needs no fixed size.
type Resampler struct {
	circles []int32 // of each person, from 0
	n       int
	seed    uint64
	drawn   [][]uint8 // by draw, how often each circle is
	Draws   int
}

// NewResampler numbers the circles of people.
func NewResampler(people []Person, seed uint64, draws int) *Resampler {
	r := &Resampler{circles: make([]int32, len(people)), seed: seed, Draws: draws}
	number := make(map[int32]int32)
	for i := range people {
		n, ok := number[people[i].Circle]
		if !ok {
			n = int32(len(number))
			number[people[i].Circle] = n
		}
		r.circles[i] = n
	}
	r.n = len(number)
	return r
}

// Each calls f with how often each person is drawn, draw after draw. The slice is used
// again.
func (r *Resampler) Each(f func(draw int, times []float64)) {
	times := make([]float64, len(r.circles))
	for d, of := range r.draw() {
		for i, c := range r.circles {
			times[i] = float64(of[c])
		}
		f(d, times)
	}
}

// draw draws all circles, once for all who ask.
func (r *Resampler) draw() [][]uint8 {
	for d := len(r.drawn); d < r.Draws; d++ {
		die := rand.New(rand.NewPCG(r.seed, uint64(d)))
		of := make([]uint8, r.n)
		for i := range of {
			of[i] = uint8(poisson1(die))
		}
		r.drawn = append(r.drawn, of)
	}
	return r.drawn[:r.Draws]
}

func poisson1(die *rand.Rand) float64 {
	n, p := 0.0, die.Float64()
	for limit := math.Exp(-1); p > limit; n++ {
		p *= die.Float64()
	}
	return n
}

// Percentiles is the interval of draws about a value. Draws that are NaN (no case, say)
// are left out; bounds are NaN where none is left.
func Percentiles(value float64, draws []float64) Interval {
	ok := make([]float64, 0, len(draws))
	for _, d := range draws {
		if !math.IsNaN(d) {
			ok = append(ok, d)
		}
	}
	slices.Sort(ok)
	return Interval{value, quantile(ok, 0.025), quantile(ok, 0.975)}
}

// quantile interpolates linearly between sorted values.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

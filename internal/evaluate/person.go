package evaluate

import (
	"math"
	"slices"
)

// A Variant is a score: the whole one, or one that is denied some of the evidence.
type Variant int

// The variants.
const (
	All      Variant = iota
	Hashes           // list matches alone: what a system sees that matches hashes
	Payments         // payment typologies alone
	Tazama           // payments alone, by the public rules of Tazama
	NoTiming         // everything but whether payments and streams coincide
	Variants         // how many there are
)

func (v Variant) String() string {
	return [...]string{"all", "hashes only", "payments only", "payments only, Tazama's public rules", "all without timing"}[v]
}

// A Person is what the pipeline made of somebody, and what is true.
type Person struct {
	Group    string
	Guilty   bool
	Network  int32 // 0 for the innocent
	Circle   int32 // who is resampled together
	Corridor string
	// Ties are the networks with which an innocent person truly dealt, by the world's labels:
	// a bystander.
	Ties []int32
	// Weight is how many people this one stands for, see Weigh.
	Weight float64
	Standing
	// Apart is what a bystander's standing would be if the networks of Ties were not there to
	// name the person; nil for all others. See Halves.
	Apart *Standing
	// Views are Standing and Apart at each of Prevalences; without them those stand for all.
	Views []View
	half  half
	// Own is the highest score of an own case.
	Own float64
	// Shown says of a guilty person that anything is told by which the person could be found,
	// Lack why not, and Streams of how many commissioned streams something beside is told.
	Shown   bool
	Lack    string
	Streams int
	// Opened says that on some day an own case was open, or one that names the person. Victim
	// says that the person was put to a reviewer as a possible victim and not as a suspect.
	Opened, Victim bool
	// FirstPayment and FirstSession are days since the world began, NaN where there is none.
	FirstPayment, FirstSession float64
	// Parts are those of the day of Own, by name, for people whose score was above
	// Remembered.
	Parts map[string]float64
	// Final are those of the world's last day.
	Final map[string]float64
}

// A View is how suspected somebody was where so many people are guilty: Standing and Apart
// of a Person. An own case's odds and a named person's move by different amounts with the
// prevalence, since the chance to be part of a case that is right does not move at all.
type View struct {
	Standing
	Apart *Standing
}

// seenAt are people as they stand at one of Prevalences, bystanders as halves, weighed.
func seenAt(people []Person, prevalence float64) []Person {
	n := slices.Index(prevalences, prevalence)
	out := slices.Clone(people)
	for i := range out {
		if p := &out[i]; len(p.Views) > n {
			p.Standing, p.Apart, p.Views = p.Views[n].Standing, p.Views[n].Apart, nil
		}
	}
	out = Halves(out)
	Weigh(out, prevalence)
	return out
}

// A Standing is how suspected somebody was.
type Standing struct {
	// Best is the highest score at the end of any day, by variant: natural-log odds at a
	// prevalence, Floor where there was nothing. It is what a reviewer who looks at day's end
	// would have seen.
	Best [Variants]float64
	// Days are the ends of days at which the score of All changed, above Remembered.
	Days []Moment
	// Last is the score of All at the end of the world.
	Last float64
	// With are the parts by which the person was named, where that is what Best[All] is.
	With map[string]float64
}

// Unseen is the standing of those of whom nothing was seen.
func Unseen() Standing {
	s := Standing{Last: Floor}
	for v := range s.Best {
		s.Best[v] = Floor
	}
	return s
}

// A Moment is a score at the end of a day.
type Moment struct {
	Day   int
	Score float64
}

// Floor is the score of those of whom nothing was seen.
const Floor = -30

// Remembered is the score above which days and parts are kept: below it no budget reaches.
const Remembered = -6

// Reached returns the first day at whose end the score was at or above a threshold.
func (p *Person) Reached(threshold float64) (day int, ok bool) {
	for _, m := range p.Days {
		if m.Score >= threshold {
			return m.Day, true
		}
	}
	return 0, false
}

// Shift is what a score of natural-log odds gains when the prevalence is another than the
// one that its prior was for.
func Shift(prior, prevalence float64) float64 { return Logit(prevalence) - prior }

// Logit is the natural-log odds of a probability.
func Logit(p float64) float64 { return math.Log(p / (1 - p)) }

// Probability is that of a score.
func Probability(score float64) float64 { return 1 / (1 + math.Exp(-score)) }

// Both is the log odds of something that has the log odds of a score and, if that is so, a
// probability besides: that of somebody named by a case.
func Both(score, given float64) float64 {
	switch {
	case given >= 1:
		return score
	case given <= 0:
		return math.Inf(-1)
	}
	l := Logit(given)
	return -math.Log(math.Exp(-score) + math.Exp(-l) + math.Exp(-score-l))
}

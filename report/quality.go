package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/review"
)

// The checks of completeness, with the weights that they have where a centre sets no
// others. They are what officers of centres say that reports lack; the weights are
// assumed. Those that must hold have none: without them nothing goes, whatever the bar.
const (
	CheckPerson      = "person"
	CheckEvidence    = "evidence"
	CheckIdentifiers = "identifiers"
	CheckTimes       = "times"
	CheckShown       = "shown"
	CheckUrgency     = "urgency"
	CheckViewed      = "viewed"
	CheckOriginals   = "originals"
	CheckWhole       = "whole"
)

// DefaultWeights returns the weights of the checks that may fail.
func DefaultWeights() map[string]float64 {
	return map[string]float64{
		CheckTimes: 2, CheckShown: 3, CheckUrgency: 2, CheckViewed: 2, CheckOriginals: 2, CheckWhole: 1,
	}
}

// DefaultBar is the completeness below which an alert is held where a centre sets no
// other. It is assumed.
const DefaultBar = 0.6

// recent is how old the newest record may be for a reader to take it that things go on.
const recent = 14 * 24 * time.Hour

// A Gate holds back alerts that say too little. An alert that says itself what it lacks has
// been through one at its last call, and passes if what must be there is. The zero value has the default bar and
// weights.
type Gate struct {
	// Bar is from which completeness, 0 to 1, an alert may go; 0 stands for DefaultBar.
	Bar float64
	// Bars are those of centres by id.
	Bars map[string]float64
	// Weights are of checks by name, in place of the default ones.
	Weights map[string]float64
	// StandIns lets through what a program decided in a person's place: for
	// demonstrations alone.
	StandIns bool
}

// Faults returns what is wrong with a gate's settings.
func (g Gate) Faults() []string {
	var faults []string
	bar := func(at string, b float64) {
		if !(b >= 0 && b <= 1) {
			faults = append(faults, at+": must be from 0 to 1")
		}
	}
	bar("bar", g.Bar)
	for centre, b := range g.Bars {
		bar("bars."+centre, b)
	}
	known := DefaultWeights()
	for name, w := range g.Weights {
		if _, ok := known[name]; !ok {
			faults = append(faults, "weights."+name+": no such check, or one that must hold")
		} else if !(w >= 0 && w <= 1000) {
			faults = append(faults, "weights."+name+": must be from 0 to 1000")
		}
	}
	slices.Sort(faults)
	return faults
}

// Completeness is what a gate found in an alert.
type Completeness struct {
	Score  float64         `json:"score"` // the weight of what holds, as a share of all
	Bar    float64         `json:"bar"`
	Checks []QualityResult `json:"checks"`
}

// A QualityResult is one check of completeness.
type QualityResult struct {
	Name   string  `json:"name"`
	Must   bool    `json:"must,omitempty"`
	Weight float64 `json:"weight,omitempty"`
	OK     bool    `json:"ok"`
	// Says is what is missing, in words for who can add it, or what is there.
	Says string `json:"says"`
}

// Ready reports whether the alert may go.
func (c Completeness) Ready() bool {
	return c.Sound() && c.Score >= c.Bar
}

// Missing returns what is missing in words, what must be there first.
func (c Completeness) Missing() []string {
	var must, may []string
	for _, one := range c.Checks {
		switch {
		case one.OK:
		case one.Must:
			must = append(must, one.Name+": "+one.Says)
		default:
			may = append(may, one.Name+": "+one.Says)
		}
	}
	return append(must, may...)
}

// Sound reports whether all is there that must be.
func (c Completeness) Sound() bool {
	return len(c.Checks) > 0 && !slices.ContainsFunc(c.Checks, func(one QualityResult) bool { return one.Must && !one.OK })
}

// Held is the error of an alert that says too little to be sent.
type Held struct {
	Alert        string
	Completeness Completeness
	// LastCall is when it goes as it is, if nothing is missing that must be there; zero where
	// something is.
	LastCall time.Time
}

func (h *Held) Error() string {
	return fmt.Sprintf("alert %s is held, being %.0f %% complete where %.0f %% are wanted: %s", h.Alert,
		100*h.Completeness.Score, 100*h.Completeness.Bar, strings.Join(h.Completeness.Missing(), "; "))
}

// Pass returns a *Held error where an alert may not go.
func (g Gate) Pass(a Alert) error {
	if c := g.Judge(a); !c.Ready() && (!c.Sound() || len(a.Lacks) == 0) {
		return &Held{Alert: a.ID, Completeness: c}
	}
	return nil
}

// Judge looks at how complete an alert is. The same alert gives the same result.
func (g Gate) Judge(a Alert) Completeness {
	s := a.Statement
	var c Completeness
	c.Bar = DefaultBar
	if g.Bar > 0 {
		c.Bar = g.Bar
	}
	if b, ok := g.Bars[a.Centre.ID]; ok {
		c.Bar = b
	}
	weights := DefaultWeights()
	for name, w := range g.Weights {
		weights[name] = w
	}
	var held, all float64
	add := func(name string, ok bool, there, missing string) {
		r := QualityResult{Name: name, OK: ok, Says: missing, Weight: weights[name]}
		if ok {
			r.Says = there
			held += r.Weight
		}
		_, weighed := weights[name]
		r.Must = !weighed
		all += r.Weight
		c.Checks = append(c.Checks, r)
	}
	add(CheckPerson, s.Verdict == review.Confirm && s.Reviewer != "" && (g.StandIns || !s.StandIn),
		"A person confirmed the case.", "No person confirmed the case.")
	shown := shownBy(s)
	add(CheckEvidence, supported(s), "A record bears out the suspicion.", "No record bears out anything that speaks for the suspicion.")
	add(CheckIdentifiers, identified(s), "A holder and its reference lead to an account.",
		"No record has both a holder and a reference, so nobody can be asked whose account it is: the platform must give the stream or the account, the institution the transaction.")
	times := wrongTimes(s)
	add(CheckTimes, times == "", "Every record has its time.", times)
	add(CheckShown, shown != "", "It says what was seen: "+shown, "Nothing says in words what was seen and rests on a record.")
	name, on, there, missing := urgency(s)
	if !on && goesOn(a) {
		on, there = true, "The platform says whether the account goes on."
	}
	add(name, on, there, missing)
	add(CheckViewed, isViewed(s), "It says who looked at what and when.",
		"It does not say who looked at the case as it is, and when: reviewer, time and digest must be there, of two persons or of one in danger.")
	frames := withoutDigest(s)
	add(CheckOriginals, frames == 0, "Every frame has the SHA-256 of its original.",
		fmt.Sprintf("%d frames lack the SHA-256 of the original, by which the platform's copy can be told to be the same.", frames))
	add(CheckWhole, s.Omitted == 0, "No record is left out.", fmt.Sprintf("%d records are left out, being more than an alert holds.", s.Omitted))
	if all > 0 {
		c.Score = held / all
	}
	return c
}

// supported reports whether a record supports a part that speaks for the case.
func supported(s review.Statement) bool {
	for _, p := range s.Parts {
		if p.Weight > 0 && rests(s, p.Name) {
			return true
		}
	}
	return false
}

func rests(s review.Statement, part string) bool {
	return slices.ContainsFunc(s.Evidence, func(e review.Evidence) bool { return slices.Contains(e.Supports, part) })
}

func identified(s review.Statement) bool {
	return s.Subject != "" && slices.ContainsFunc(s.Evidence, func(e review.Evidence) bool {
		return strings.TrimSpace(e.Holder) != "" && strings.TrimSpace(e.Ref) != ""
	})
}

// wrongTimes says what is wrong with the times of a statement, empty for nothing.
func wrongTimes(s review.Statement) string {
	if s.First.IsZero() || s.Last.IsZero() || s.At.IsZero() || s.Last.Before(s.First) {
		return "It does not say from when to when, or when it was decided."
	}
	for i, e := range s.Evidence {
		switch {
		case e.At.IsZero():
			return fmt.Sprintf("Record %d has no time.", i+1)
		case e.At.After(s.At):
			return fmt.Sprintf("Record %d is of after the decision: is its time zone right?", i+1)
		}
	}
	return ""
}

// shownBy returns the sentence of the weightiest part that rests on a record.
func shownBy(s review.Statement) string {
	best, says := 0.0, ""
	for _, p := range s.Parts {
		if p.Weight > best && strings.TrimSpace(p.Says) != "" && rests(s, p.Name) {
			best, says = p.Weight, p.Says
		}
	}
	return says
}

func urgency(s review.Statement) (name string, ok bool, there, missing string) {
	var newest time.Time
	for _, e := range s.Evidence {
		if e.At.After(newest) {
			newest = e.At
		}
	}
	age := s.At.Sub(newest)
	switch {
	case s.Danger:
		return CheckUrgency, true, "It says that a danger would not wait.", ""
	case newest.IsZero():
		return CheckUrgency, false, "", "Nothing says whether it goes on: no record has a time."
	}
	return CheckUrgency, age <= recent, "The newest record is of the last days before the decision.",
		fmt.Sprintf("Nothing says whether it goes on: the newest record is %d days older than the decision. What has the account done since?", int(age/(24*time.Hour)))
}

func isViewed(s review.Statement) bool {
	// Statements from before persons were counted are of one.
	two := s.Second != "" || s.Persons >= 2 || s.Danger
	return two && s.Reviewer != "" && !s.At.IsZero() && s.CaseDigest != ""
}

func withoutDigest(s review.Statement) int {
	n := 0
	for _, e := range s.Evidence {
		if e.What == "frame" && e.SHA256 == "" {
			n++
		}
	}
	return n
}

package inbox

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/signal"
)

// A Reason is one part of where an alert stands in the order: points, and why, in a
// sentence.
type Reason struct {
	Name   string
	Points float64
	Says   string
}

// The points, all of them assumed: no study says how much sooner one alert should be
// looked at than another. What matters is that each is named and seen. Where an alert
// comes from, and who its subject may be, has no points.
const (
	pointsDanger   = 40 // the sender says that it would not wait
	pointsNow      = 30 // the newest record is of the last day
	pointsRecent   = 15 // of the last 14 days
	pointsChild    = 5  // for each sign that a child may be in a stream now or again, at most three
	maxChild       = 15 // of signs
	pointsSure     = 20 // times the probability
	pointsComplete = 15 // times the completeness
	pointsTerm     = 10 // the time that the law gives is nearly over, or over
	pointsHalf     = 5  // half of it is over
	pointsKnown    = -25
	pointsRepeat   = -15
	pointsStandIn  = -150 // a program decided: a demonstration, below all that people did
	pointsRetract  = -200 // the sender took it back
	now_           = 24 * time.Hour
	recent         = 14 * 24 * time.Hour
	skew           = time.Hour // by which clocks may differ
)

// atRisk are the parts of a score that say that a child may be in a stream, now or again,
// with what each means in words. They say nothing of who the child is.
var atRisk = []struct{ part, says string }{
	{"private-session", "a private stream"},
	{"payment-session-coincidence", "payments at the times of streams"},
	{"watched-session-coincidence", "payments at the times of streams that were watched"},
	{"several-payers-coincide", "several payers at the time of a stream"},
	{"paid-sessions", "streams that were paid for"},
	{"visits-paid-for", "visits to streams that were paid for"},
	{"user-flag", "somebody who saw a stream flagged it"},
	{"classifier-score", "a platform's classifier saw something in a stream"},
}

// A Stand is what the order goes by beside the facts.
type Stand struct {
	Now      time.Time
	Came     time.Time
	Within   time.Duration // that the law gives a centre's sender; 0: not known
	Known    []Known       // what the centre has
	Repeat   bool          // an alert about the same case came before
	Retract  bool          // the sender took it back
	Reviewed report.Result // that an earlier alert of the case got, or empty
}

// Reasons says where an alert stands and why, part by part in a fixed order.
func Reasons(f Facts, s Stand) []Reason {
	var all []Reason
	add := func(name string, points float64, format string, args ...any) {
		all = append(all, Reason{name, points, fmt.Sprintf(format, args...)})
	}
	if s.Retract {
		add("taken back", pointsRetract, "The sender took it back: end what was begun on it.")
	}
	if f.Danger {
		add("danger", pointsDanger, "The sender says that a danger would not wait.")
	}
	switch age := s.Now.Sub(f.Newest); {
	case f.Newest.IsZero():
		add("going on", 0, "Nothing says when anything was seen.")
	case age < -skew:
		add("going on", 0, "The newest record is of the future: its times are wrong.")
	case age <= now_:
		add("going on", pointsNow, "The newest record is of the last day: it may be going on now.")
	case age <= recent:
		add("going on", pointsRecent, "The newest record is %s old.", days(age))
	default:
		add("going on", 0, "The newest record is %s old.", days(age))
	}
	var signs []string
	for _, r := range atRisk {
		if slices.Contains(f.Parts, r.part) {
			signs = append(signs, r.says)
		}
	}
	if len(signs) > 0 {
		add("a child at risk", math.Min(maxChild, pointsChild*float64(len(signs))), "Signs that a child may be in streams: %s.", strings.Join(signs, "; "))
	}
	add("how sure", round(pointsSure*f.Probability), "By its sender's weights it is so with a probability of %s.", signal.Percent(f.Probability))
	add("how complete", round(pointsComplete*f.Complete), "It is %.0f %% complete%s.", 100*f.Complete, missing(f.Missing))
	if s.Within > 0 && !f.Decided.IsZero() {
		gone := s.Now.Sub(f.Decided)
		says := fmt.Sprintf("It was decided %s ago, and the law gives %s.", days(gone), days(s.Within))
		switch {
		case gone >= s.Within*3/4:
			add("term", pointsTerm, "%s", says)
		case gone >= s.Within/2:
			add("term", pointsHalf, "%s", says)
		default:
			add("term", 0, "%s", says)
		}
	}
	if n := len(s.Known); n > 0 {
		var labels []string
		for _, k := range s.Known {
			if l := cmp.Or(k.Label, "what has no label"); !slices.Contains(labels, l) {
				labels = append(labels, l)
			}
		}
		add("known", pointsKnown, "The centre has something of it already, under %s.", strings.Join(labels, ", "))
	}
	switch {
	case s.Reviewed == report.Known || s.Reviewed == report.Actionable:
		add("repeat", pointsRepeat, "An earlier alert about the same case was found to be %s.", s.Reviewed)
	case s.Repeat:
		add("repeat", 0, "An alert about the same case came before; nothing final was said of it.")
	}
	if f.StandIn {
		add("stand-in", pointsStandIn, "A program decided in a person's place: a demonstration.")
	}
	return all
}

// Sum is the points together.
func Sum(reasons []Reason) (sum float64) {
	for _, r := range reasons {
		sum += r.Points
	}
	return sum
}

func missing(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "; one check fails"
	}
	return fmt.Sprintf("; %d checks fail", n)
}

func round(x float64) float64 { return math.Round(10*x) / 10 }

// days is a length of time in words.
func days(d time.Duration) string {
	switch {
	case d < 0:
		return "less than nothing"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours())/24)
}

package correlate

import (
	"fmt"
	"math"
	"strings"
)

// A source is what kind of person or team flagged.
type source uint8

const (
	sourceUser source = iota // also where the platform does not tell
	sourceTrusted
	sourceModerator
	sourceEnd
)

func sourceOf(s string) source {
	switch s {
	case "trusted":
		return sourceTrusted
	case "moderator":
		return sourceModerator
	}
	return sourceUser
}

// userFlag has as its value, for each source,
//
//	first × (1 + next + next² + …), a term a flag,
//
// added up: many flags say little more than a few, and nobody can be flagged into a case
// by users.
func (f *weightsFile) userFlag(ev *evidence, talk bool) finding {
	if len(ev.flags) == 0 {
		return finding{}
	}
	var n [sourceEnd]int
	for _, e := range ev.flags {
		n[e.source]++
	}
	out := finding{}
	var says []string
	for i, of := range f.flagsBySource() {
		if n[i] == 0 {
			continue
		}
		next := of.weight.Next.Value
		out.value += of.weight.First.Value * (1 - math.Pow(next, float64(n[i]))) / (1 - next)
		if talk {
			says = append(says, fmt.Sprintf("%s by %s", count(n[i], "flag"), of.who))
		}
	}
	if talk {
		out.by = ev.flags
		out.says = fmt.Sprintf("Within %d days: %s. Of each kind every further one counts less.", windowDays, strings.Join(says, ", "))
	}
	return out
}

type flagSource struct {
	who    string
	weight flagWeight
}

func (f *weightsFile) flagsBySource() [sourceEnd]flagSource {
	return [sourceEnd]flagSource{
		sourceUser:      {"users", f.Flags.User},
		sourceTrusted:   {"trusted flaggers", f.Flags.Trusted},
		sourceModerator: {"moderators", f.Flags.Moderator},
	}
}

// classifierScore has as its value what the table of calibration of the classifier says of
// its highest score in the window; of several classifiers, the largest of them, which may
// speak against. One without a table says nothing.
func (f *weightsFile) classifierScore(ev *evidence, talk bool) finding {
	var out finding
	found := false
	highest := map[string]*entry{}
	for _, e := range ev.scores {
		if h := highest[e.score.classifier]; h == nil || e.score.thousandth > h.score.thousandth {
			highest[e.score.classifier] = e
		}
	}
	for i := range f.Classifiers {
		c := &f.Classifiers[i]
		e := highest[c.Name]
		if e == nil {
			continue
		}
		value := c.at(float64(e.score.thousandth) / 1000)
		if found && value <= out.value {
			continue
		}
		found = true
		out.value = value
		if talk {
			out.by = []*entry{e}
			out.says = fmt.Sprintf("Within %d days the platform's classifier %s gave a live stream %.3f at most.", windowDays, clip(c.Name), float64(e.score.thousandth)/1000)
		}
	}
	return out
}

// worth is what a score is worth by itself.
func (f *weightsFile) worth(s *scoreFacts) float64 {
	for i := range f.Classifiers {
		if f.Classifiers[i].Name == s.classifier {
			return f.Classifiers[i].at(float64(s.thousandth) / 1000)
		}
	}
	return 0
}

// at reads the table between its points by a straight line, and beyond them as at the
// last.
func (c *classifier) at(score float64) float64 {
	last := c.Points[0]
	if score <= last.Score {
		return last.Value
	}
	for _, p := range c.Points[1:] {
		if score <= p.Score {
			return last.Value + (p.Value-last.Value)*(score-last.Score)/(p.Score-last.Score)
		}
		last = p
	}
	return last.Value
}

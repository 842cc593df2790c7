package correlate

import (
	"fmt"
	"slices"
)

// What streams besides the one of the highest score may add to a score, and take from it:
// a classifier errs in its own way about each person, so that its words about many streams
// of one are no independent witnesses without end.
const (
	maxFurther    = 12.0
	maxUnremarked = 8.0
)

// scored is what the tables of calibration make of what a platform's classifiers said of
// the subject's streams.
type scored struct {
	found   bool
	best    float64 // of the highest score
	rest    float64 // of all other streams together
	streams int     // that have a score
	silent  int     // private ones that ended without any
	by      []*entry
	name    string
}

// classified sums up, for each classifier that has a table, its word about each stream: the
// table's value of the stream's highest score, and of a private stream that ended without a
// score what its silence is worth. Of several classifiers the one counts whose highest
// score says the most; where none said anything, the one whose silence says the least.
func (f *weightsFile) classified(ev *evidence) (out scored) {
	if len(f.Classifiers) == 0 {
		return out
	}
	private := 0
	for _, e := range ev.sessions {
		if e.private && e.ended {
			private++
		}
	}
	first := true
	for i := range f.Classifiers {
		c := &f.Classifiers[i]
		highest := map[string]*entry{}
		for _, e := range ev.scores {
			if e.score.classifier != c.Name {
				continue
			}
			if h := highest[e.score.stream]; h == nil || e.score.thousandth > h.score.thousandth {
				highest[e.score.stream] = e
			}
		}
		one := scored{found: len(highest) > 0, streams: len(highest), silent: max(private-len(highest), 0), name: c.Name}
		var best *entry
		for _, e := range highest {
			one.by = append(one.by, e)
			if best == nil || e.score.thousandth > best.score.thousandth || e.score.thousandth == best.score.thousandth && e.compare(best) < 0 {
				best = e
			}
		}
		slices.SortFunc(one.by, (*entry).compare) // so that a sum is the same in any order
		for _, e := range one.by {
			if e == best {
				one.best = c.at(float64(e.score.thousandth) / 1000)
			} else {
				one.rest += c.at(float64(e.score.thousandth) / 1000)
			}
		}
		if c.Silence != nil {
			one.rest += c.Silence.Value * float64(one.silent)
		}
		switch {
		case first, one.found && !out.found, one.found == out.found && one.found && one.best > out.best,
			one.found == out.found && !one.found && one.rest > out.rest:
			out = one
		}
		first = false
	}
	return out
}

// classifierScore has as its value what the highest score is worth, and may speak against.
// A classifier without a table says nothing.
func classifierScore(s *scored, talk bool) finding {
	if !s.found {
		return finding{}
	}
	out := finding{value: s.best}
	if talk {
		highest := s.by[0]
		for _, e := range s.by {
			if e.score.thousandth > highest.score.thousandth {
				highest = e
			}
		}
		out.by = []*entry{highest}
		out.says = fmt.Sprintf("Within %d days the platform's classifier %s gave a live stream %.3f at most.", keptDays, clip(s.name), float64(highest.score.thousandth)/1000)
	}
	return out
}

// furtherScores weighs what the classifier said, and did not say, of all other streams
// together, where that speaks for.
func furtherScores(s *scored, talk bool) finding {
	if s.rest <= 0 {
		return finding{}
	}
	out := finding{value: min(s.rest, maxFurther)}
	if talk {
		out.by, out.says = s.by, fmt.Sprintf("The classifier sent scores of %s, and none of %d other private ones.", count(s.streams, "live stream"), s.silent)
	}
	return out
}

// unremarkedStreams speaks against: private streams of which the classifier said nothing,
// or little, and of which it would have, had they been what is looked for.
func unremarkedStreams(s *scored, talk bool) finding {
	if s.rest >= 0 {
		return finding{}
	}
	out := finding{value: min(-s.rest, maxUnremarked)}
	if talk {
		some := ""
		if s.streams > 0 {
			some = fmt.Sprintf(", and of %d it did", s.streams)
		}
		out.by, out.says = s.by, fmt.Sprintf("The classifier sent no score of %s%s.", count(s.silent, "private live stream"), some)
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

package observe

import (
	"bytes"
	"math"
	"slices"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/internal/evaluate"
)

// Whoever a case names counts like one who has a case: as found where that is right, and as
// a false positive where it is not.

// A NamedRow is one whom the case of a guilty person would have named.
type NamedRow struct {
	Values []float64 // of correlate.NamedFeatures
	Guilty bool
	Host   float64 // the score of that case
}

// named is whom a subject's case names, and which cases name the subject.
type named struct {
	names   map[*watched]naming
	namedBy []*watched
}

// naming is what is known of one who is named.
type naming struct {
	given  [evaluate.Variants]float64 // log odds of being part of the case, if it is right
	values []float64
}

// name writes down whom a subject's case names now.
func (w *watcher) name(t *watched, now []correlate.Named, changed map[int]bool) {
	for other := range t.names { // also because the case's own score changed
		changed[other.person] = true
		other.namedBy = slices.DeleteFunc(other.namedBy, func(by *watched) bool { return by == t })
	}
	clear(t.names)
	for _, n := range now {
		other := w.of[n.Subject]
		if other == nil || other.person == t.person {
			continue
		}
		if t.names == nil {
			t.names = make(map[*watched]naming)
		}
		t.names[other] = naming{given: w.scorers.given(n), values: n.Values}
		other.namedBy = append(other.namedBy, t)
		if t.scores[evaluate.All] >= w.scorers.bar {
			w.people[other.person].Opened = true
		}
		changed[other.person] = true
	}
}

// standing is the highest score of a subject under a variant now, where scores are shifted
// to a prevalence: its own, or that of being part of the case by which it is named. Cases of
// members of the networks in without name nobody. What another's case says of somebody is
// not proportional to that case's odds, so that who is named stands elsewhere among those
// who have a case where fewer people are guilty.
func (w *watcher) standing(t *watched, v evaluate.Variant, shift float64, without []int32) (score float64, by *watched) {
	if score = t.scores[v]; score > evaluate.Floor {
		score = max(score+shift, evaluate.Floor)
	}
	for _, host := range t.namedBy {
		if n := w.people[host.person].Network; n != 0 && slices.Contains(without, n) {
			continue
		}
		p := evaluate.Probability(host.names[t].given[v])
		if s := evaluate.Both(host.scores[v]+shift, p); s > score {
			score, by = s, host
		}
	}
	return score, by
}

// stand brings somebody's standing up to the end of a day, without what cases of members of
// some networks say of the person.
func (w *watcher) stand(to *evaluate.Standing, person, day int, shift float64, without []int32) {
	to.Last = evaluate.Floor
	for v := range evaluate.Variants {
		for _, s := range w.labels[person].Subjects {
			t := w.of[s]
			now, by := w.standing(t, v, shift, without)
			if now > to.Best[v] {
				to.Best[v] = now
				if v == evaluate.All && now > w.scorers.KeepFrom {
					to.With = w.scorers.with(by, t)
				}
			}
			if v == evaluate.All {
				to.Last = max(to.Last, now)
			}
		}
	}
	if to.Last > evaluate.Remembered || len(to.Days) > 0 {
		to.Days = append(to.Days, evaluate.Moment{Day: day, Score: to.Last})
	}
}

// namedRows are those whom the guilty named at the end.
func (w *watcher) namedRows() (rows []NamedRow) {
	var hosts []*watched
	for _, t := range w.of {
		if len(t.names) > 0 && w.people[t.person].Guilty {
			hosts = append(hosts, t)
		}
	}
	byName := func(a, b *watched) int { return bytes.Compare([]byte(a.subject), []byte(b.subject)) }
	slices.SortFunc(hosts, byName)
	for _, t := range hosts {
		var others []*watched
		for other := range t.names {
			others = append(others, other)
		}
		slices.SortFunc(others, byName)
		for _, other := range others {
			rows = append(rows, NamedRow{t.names[other].values, w.people[other.person].Guilty, t.scores[evaluate.All]})
		}
	}
	return rows
}

// given is how likely somebody named is part of the case under each variant. A system that
// sees hashes alone, or payments alone, knows nobody else.
func (s *Scorers) given(n correlate.Named) (out [evaluate.Variants]float64) {
	for v := range out {
		out[v] = math.Inf(-1)
	}
	out[evaluate.All] = n.Score
	sum := s.numbers.Named[0]
	for k, f := range correlate.NamedFeatures() {
		if f.Name != "visits-paid-for" && f.Name != "aligned-transfers" {
			sum += s.numbers.Named[1+k] * n.Values[k]
		}
	}
	out[evaluate.NoTiming] = sum
	return out
}

// with names what somebody is suspected by who is named by a case; nil for an own case.
func (s *Scorers) with(by, t *watched) map[string]float64 {
	if by == nil {
		return nil
	}
	m := map[string]float64{"named by a case": by.scores[evaluate.All]}
	for k, f := range correlate.NamedFeatures() {
		if x := by.names[t].values[k]; x != 0 {
			m["named: "+f.Name] = x
		}
	}
	return m
}

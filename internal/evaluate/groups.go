package evaluate

import (
	"cmp"
	"slices"
)

// A Share is how often a group of innocent people is suspected.
type Share struct {
	Name     string   `json:"name"`
	People   int      `json:"people"`
	Cases    int      `json:"cases"`    // of them, wrongly
	Weighted float64  `json:"weighted"` // those cases by weight
	Rate     Interval `json:"rate"`     // by weight, with Wilson's bounds
	Ratio    float64  `json:"ratio"`    // of its rate to that of all innocent people
	RatioLow float64  `json:"ratio_low"`
	// Named are those cases that another's case makes, by naming the person; Circles is of how
	// many circles all of them are (a charity and its donors are one), and Among what they are.
	Named   int            `json:"named"`
	Circles int            `json:"circles"`
	Among   map[string]int `json:"among,omitempty"`
	// AsGuilty is the share of the guilty at or above the threshold who rank no higher than
	// half of these cases: the nearer to 1, the less the score can tell them apart.
	AsGuilty float64 `json:"as_guilty"`
	// Parts are the mean weights of the parts in those cases, the largest first.
	Parts []PartMean `json:"parts,omitempty"`

	weight, squares float64 // of the people
	scores          []float64
	circles         map[int32]bool
}

// A PartMean is the mean weight of a part of the score.
type PartMean struct {
	Name   string  `json:"name"`
	Weight float64 `json:"weight"`
}

// FalsePositives counts innocent people at or above a threshold, of each name that of
// gives them; an empty one is left out. The first return is of all innocent people: its
// People and Cases are those by themselves, its Rate and Weighted also those beside
// networks, by their weights.
func FalsePositives(people []Person, threshold float64, of func(*Person) string) (Share, []Share) {
	all, by := Share{Name: "all innocent people"}, make(map[string]*Share)
	sums := make(map[string]map[string]float64)
	for i := range people {
		p := &people[i]
		if p.Guilty {
			continue
		}
		name := of(p)
		s := by[name]
		if s == nil {
			s = &Share{Name: name}
			by[name], sums[name] = s, make(map[string]float64)
		}
		is := p.Best[All] >= threshold
		if p.half != beside {
			all.count(p, is)
		} else {
			all.weigh(p, is)
		}
		s.count(p, is)
		if is {
			s.suspect(p)
			for part, w := range p.why() {
				sums[name][part] += w
			}
		}
	}
	all.rate(nil)
	guilty := suspectedRightly(people, threshold)
	var shares []Share
	for name, s := range by {
		if name == "" {
			continue
		}
		s.rate(&all)
		s.compare(guilty)
		for part, sum := range sums[name] {
			s.Parts = append(s.Parts, PartMean{part, sum / float64(s.Cases)})
		}
		slices.SortFunc(s.Parts, func(a, b PartMean) int {
			return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Name, b.Name))
		})
		shares = append(shares, *s)
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Rate.Value, a.Rate.Value), cmp.Compare(b.People, a.People), cmp.Compare(a.Name, b.Name))
	})
	return all, shares
}

func (s *Share) count(p *Person, is bool) {
	s.People++
	if is {
		s.Cases++
	}
	s.weigh(p, is)
}

// suspect notes what is told of a case.
func (s *Share) suspect(p *Person) {
	if s.circles == nil {
		s.circles, s.Among = make(map[int32]bool), make(map[string]int)
	}
	if p.With != nil {
		s.Named++
	}
	s.circles[p.Circle] = true
	s.Circles = len(s.circles)
	s.Among[p.group()]++
	s.scores = append(s.scores, p.Best[All])
}

// suspectedRightly are the scores of the guilty at or above a threshold, ascending.
func suspectedRightly(people []Person, threshold float64) (scores []float64) {
	for i := range people {
		if p := &people[i]; p.Guilty && p.Best[All] >= threshold {
			scores = append(scores, p.Best[All])
		}
	}
	slices.Sort(scores)
	return scores
}

// compare holds the cases against the scores of the guilty, ascending.
func (s *Share) compare(guilty []float64) {
	if len(s.scores) == 0 || len(guilty) == 0 {
		return
	}
	slices.Sort(s.scores)
	median := s.scores[len(s.scores)/2]
	n, _ := slices.BinarySearchFunc(guilty, median, func(g, m float64) int {
		if g <= m {
			return -1
		}
		return 1
	})
	s.AsGuilty = float64(n) / float64(len(guilty))
}

func (s *Share) weigh(p *Person, is bool) {
	s.weight += p.Weight
	s.squares += p.Weight * p.Weight
	if is {
		s.Weighted += p.Weight
	}
}

func (s *Share) rate(all *Share) {
	if s.weight > 0 {
		s.Rate = Wilson(s.Weighted/s.weight, s.weight*s.weight/s.squares)
	}
	if all == nil {
		s.Ratio, s.RatioLow = 1, 1
		return
	}
	if all.Rate.Value > 0 {
		s.Ratio, s.RatioLow = s.Rate.Value/all.Rate.Value, s.Rate.Low/all.Rate.Value
	}
}

// GuiltyParts are the mean weights of the parts of guilty people at or above a threshold.
func GuiltyParts(people []Person, threshold float64) []PartMean {
	n, sums := 0.0, make(map[string]float64)
	for i := range people {
		if p := &people[i]; p.Guilty && p.Best[All] >= threshold {
			n++
			for part, w := range p.why() {
				sums[part] += w
			}
		}
	}
	var parts []PartMean
	for part, sum := range sums {
		parts = append(parts, PartMean{part, sum / n})
	}
	slices.SortFunc(parts, func(a, b PartMean) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Name, b.Name)) })
	return parts
}

// why is what somebody is suspected by: the person's own parts, or those by which another's
// case names the person.
func (p *Person) why() map[string]float64 {
	if p.With != nil {
		return p.With
	}
	return p.Parts
}

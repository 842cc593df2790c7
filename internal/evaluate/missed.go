package evaluate

import (
	"cmp"
	"slices"
)

// A Fate is what became of some of the guilty at a threshold, and why.
type Fate struct {
	What string `json:"what"`
	Why  string `json:"why"`
	// People are the guilty, by count, and Roles the same by role.
	People int            `json:"people"`
	Share  float64        `json:"share"`
	Roles  map[string]int `json:"roles"`
}

// The fates that reasons are made of.
const (
	belowBudget = "ranks below the budget"
	belowAlone  = "below the bar: payments alone"
	belowOne    = "below the bar: one stream"
)

// The fates of the guilty, in the order in which they are asked after: the first that is
// true of somebody counts.
var fates = []struct {
	what, why string
	is        func(p *Person, threshold float64) bool
}{
	{
		"found", "a case, or named by one, at the threshold of the budget",
		func(p *Person, threshold float64) bool { return p.Best[All] >= threshold },
	},
	{
		"a possible victim", "pays as victims of sextortion do: put to a person who helps, and never suspected",
		func(p *Person, _ float64) bool { return p.Victim },
	},
	{
		belowBudget, "a case was open, or one that names them; innocent people and others who are guilty ranked higher",
		func(p *Person, _ float64) bool { return p.Opened },
	},
	{
		"never told: no stream", "no platform tells of a private stream that they hosted or watched: payments are all there is, and to who is paid fewer than three",
		func(p *Person, _ float64) bool { return p.Lack == "no-stream" },
	},
	{
		"never told: not linked", "streams are told and nothing beside them: payments name an account that the platform does not know",
		func(p *Person, _ float64) bool { return p.Lack == "unlinked" },
	},
	{
		"never told: outside the window", "streams and payments are told of one account, and none lies within six hours of another",
		func(p *Person, _ float64) bool { return p.Lack == "outside" },
	},
	{
		"never told: no tie", "the host could be told, and not that this one paid or watched",
		func(p *Person, _ float64) bool { return p.Lack == "no-tie" },
	},
	{
		belowAlone, "something is told of whom they deal with; of no commissioned stream of their own anything beside it",
		func(p *Person, _ float64) bool { return p.Streams == 0 },
	},
	{
		belowOne, "of one commissioned stream a payment, a score, a picture or a flag beside it is told, as of innocent people too",
		func(p *Person, _ float64) bool { return p.Streams == 1 },
	},
	{
		"below the bar: two or three streams", "likewise of two or three",
		func(p *Person, _ float64) bool { return p.Streams <= 3 },
	},
	{
		"below the bar: four streams and more", "likewise of four and more: others speak against it",
		func(*Person, float64) bool { return true },
	},
}

// Fates counts what became of the guilty at a threshold. Those of whom there are none are
// left out.
func Fates(people []Person, threshold float64) []Fate {
	out := make([]Fate, len(fates))
	guilty := 0
	for i := range people {
		p := &people[i]
		if !p.Guilty {
			continue
		}
		guilty++
		for k := range fates {
			if f := &out[k]; fates[k].is(p, threshold) {
				if f.Roles == nil {
					f.Roles = make(map[string]int)
				}
				f.People++
				f.Roles[p.Group]++
				break
			}
		}
	}
	for k := range out {
		out[k].What, out[k].Why, out[k].Share = fates[k].what, fates[k].why, float64(out[k].People)/float64(max(guilty, 1))
	}
	return slices.DeleteFunc(out, func(f Fate) bool { return f.People == 0 })
}

// A Holder is who holds a part of a budget.
type Holder struct {
	Group  string  `json:"group"`
	Guilty bool    `json:"guilty"`
	People int     `json:"people"`
	Weight float64 `json:"weight"` // of them, at the prevalence
}

// Holders are the groups of whoever is at or above a threshold, the most by weight first:
// what the budget goes to.
func Holders(people []Person, threshold float64) []Holder {
	by := make(map[string]*Holder)
	for i := range people {
		p := &people[i]
		if p.Best[All] < threshold || p.Weight == 0 {
			continue
		}
		h := by[p.group()]
		if h == nil {
			h = &Holder{Group: p.group(), Guilty: p.Guilty}
			by[p.group()] = h
		}
		h.People++
		h.Weight += p.Weight
	}
	out := make([]Holder, 0, len(by))
	for _, h := range by {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b Holder) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Group, b.Group))
	})
	return out
}

package evaluate

import "math"

// half says which half of a bystander something is.
type half uint8

const (
	whole  half = iota // no bystander
	apart              // as if the networks were not there
	beside             // as the world was, with them
)

// Bystander is the name of the group of halves beside a network.
const Bystander = "bystander"

// Halves puts two halves in the place of each bystander: one as things were, beside the
// networks with which the person dealt, and one as they would have been without what these
// networks' cases say of the person. A world whose networks count a hundredth each has the
// bystander beside them in one of a hundred worlds like it, and apart in the others: Weigh
// gives the halves those weights. Who is a bystander comes from the labels and never from a
// score, and whoever is suspected by an own case, or named by an innocent's, is so in both
// halves and counts as a whole person. The half beside is drawn together with the network.
func Halves(people []Person) []Person {
	circles := make(map[int32]int32)
	for i := range people {
		if p := &people[i]; p.Guilty {
			circles[p.Network] = p.Circle
		}
	}
	out := make([]Person, 0, len(people))
	for i := range people {
		p := people[i]
		if p.Guilty || len(p.Ties) == 0 || p.Apart == nil {
			out = append(out, p)
			continue
		}
		with, without := p, p
		with.half, without.half = beside, apart
		if circle, ok := circles[p.Ties[0]]; ok {
			with.Circle = circle
		}
		without.Standing = *p.Apart
		out = append(out, without, with)
	}
	return out
}

// group is the person's, or that of bystanders for a half beside a network.
func (p *Person) group() string {
	if p.half == beside {
		return Bystander
	}
	return p.Group
}

// Prevalence is the share of guilty people, by count and not by weight; two halves are one
// person.
func Prevalence(people []Person) float64 {
	n, of := 0, 0
	for i := range people {
		if people[i].half != beside {
			of++
		}
		if people[i].Guilty {
			n++
		}
	}
	return float64(n) / float64(of)
}

// Weigh gives weights under which the prevalence is the one given: guilty people count
// less than one, or more, and innocent people one. Of a bystander's halves, the one beside
// counts the chance that any of the networks is there, which overstates it a little where
// not all of several would have the person suspected, and the other the rest. Where the
// guilty count more than one there are as many more bystanders.
func Weigh(people []Person, prevalence float64) {
	w := networkWeight(people, prevalence)
	for i := range people {
		p := &people[i]
		switch p.Weight = 1; {
		case p.Guilty:
			p.Weight = w
		case p.half == beside && w > 1:
			p.Weight = w
		case p.half == apart && w > 1:
			p.Weight = 0
		case p.half == beside:
			p.Weight = 1 - math.Pow(1-w, float64(len(p.Ties)))
		case p.half == apart:
			p.Weight = math.Pow(1-w, float64(len(p.Ties)))
		}
	}
}

// networkWeight is how many networks each of them stands for.
func networkWeight(people []Person, prevalence float64) float64 {
	now := Prevalence(people)
	if now == 0 || now == 1 {
		return 0
	}
	return prevalence * (1 - now) / (now * (1 - prevalence))
}

package evaluate

// Bystanders are the innocent people who truly dealt with a network, and who of them is
// suspected at a threshold: by count, for a person who is wronged is one person.
type Bystanders struct {
	People int `json:"people"`
	Cases  int `json:"cases"`
	// Named are those cases that only a network's case makes: the others would be suspected
	// without it too, and count as innocent people by themselves.
	Named int `json:"named"`
	// Weight is what the cases add up to at the prevalence, and Network what one of one
	// network counts.
	Weight  float64 `json:"weight"`
	Network float64 `json:"network_weight"`
	// Groups are Cases by what the people are besides.
	Groups map[string]int `json:"groups"`
}

// CountBystanders counts the halves beside networks, which were weighed.
func CountBystanders(people []Person, threshold float64) Bystanders {
	b := Bystanders{Groups: make(map[string]int)}
	for i := range people {
		p := &people[i]
		if p.Guilty {
			b.Network = p.Weight
		}
		if p.half != beside {
			continue
		}
		b.People++
		if p.Best[All] < threshold {
			continue
		}
		b.Cases++
		b.Weight += p.Weight
		b.Groups[p.Group]++
		if p.Apart.Best[All] < threshold {
			b.Named++
		}
	}
	return b
}

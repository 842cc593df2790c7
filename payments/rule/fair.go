package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The law of fairness: where people are, and what they are called, is never
// enough. A rule may look at it only where it also looks at what was paid, how
// and when.
//
// What is here reads the rule. Amounts so wide that they say nothing get past it,
// and so each rule that looks at origin is also run over payments that anybody
// makes: see probe.go.

// fair says where a rule breaks the law.
func (r *reader) fair(key string, n ast.Node, rule Rule) {
	reads := originOf(rule)
	if len(reads) == 0 {
		return
	}
	if said(rule.Where) || said(rule.Newest) || rule.Measure.conduct() {
		return
	}
	// How often and to how many is conduct too, as long as no place and no name is
	// picked out: those who pay home pay home often.
	if !picks(rule) && rule.Measure.counts() && rule.Bands[0].From > 1 {
		return
	}
	r.at(n, key, "looks at %s and at nothing that was paid: where people live and what they are called is no sign of anything. "+
		"Add what was paid, how or when (%s), or a measure of amounts or gaps", strings.Join(reads, ", "), conductFields())
}

// originOf returns the fields of origin that a rule looks at, sorted.
func originOf(rule Rule) []string {
	found := make(map[string]bool)
	var walk func(c *Condition)
	walk = func(c *Condition) {
		if c == nil {
			return
		}
		for _, t := range c.Tests {
			if fields[t.Field].about == origin {
				found[t.Field] = true
			}
			if t.Newest != nil && (slices.Contains(t.Newest.Same, "country") || slices.Contains(t.Newest.Same, "town")) {
				found["like_newest.same"] = true
			}
			for _, one := range t.AnyOf {
				walk(&one)
			}
			walk(t.Not)
		}
	}
	walk(rule.Newest)
	walk(rule.Where)
	for _, c := range rule.Except {
		// To leave out those who share a name is a kindness, and to leave out all but
		// one country is not.
		if len(c.Tests) == 1 && c.Tests[0].Field == "tie" && !slices.Contains(c.Tests[0].Words, "none") {
			continue
		}
		walk(&c)
	}
	switch {
	case rule.Group == ByCountry, rule.Group == ByTown:
		found["group"] = true
	case rule.Measure.What == Countries, rule.Measure.What == Towns, rule.Measure.What == Currencies,
		rule.Measure.What == "country", rule.Measure.What == "currency":
		found["measure"] = true
	}
	var names []string
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// picks reports whether a rule names countries, currencies or ties.
func picks(rule Rule) bool {
	for _, name := range originOf(rule) {
		if name != "cross_border" && name != "group" && name != "measure" && name != "like_newest.same" {
			return true
		}
	}
	return false
}

// said reports whether a condition looks at conduct in every way in which it can
// hold. What does not hold (not) says nothing: it is true of nearly everybody.
func said(c *Condition) bool {
	if c == nil {
		return false
	}
	for _, t := range c.Tests {
		switch {
		case t.Newest != nil:
			if t.Newest.Amount {
				return true
			}
		case len(t.AnyOf) > 0:
			if !slices.ContainsFunc(t.AnyOf, func(one Condition) bool { return !said(&one) }) {
				return true
			}
		case fields[t.Field].about == conduct && !t.mostly():
			return true
		}
	}
	return false
}

// mostly reports whether a test of conduct holds for what nearly everybody does:
// by day, with no text that says anything.
func (t Test) mostly() bool {
	switch t.Field {
	case "night", "other_night":
		return !t.Yes
	case "classes", "bought":
		return len(t.Words) == 0
	case "rail", "funding":
		return len(t.Words) == 0 || len(t.Words) == len(fields[t.Field].words)
	}
	return false
}

// conduct reports whether a measure is itself of what was paid or of its rhythm.
func (m Measure) conduct() bool {
	switch m.Kind {
	case Sum, Mean, Median, Least, Most, Slope, Variation, TimesMax, TimesMean, Deviation, Benford, Mirrors:
		return true
	}
	return m.Kind == Distinct && (m.What == Classes || m.What == Rails)
}

// counts reports whether a measure is of how often or with how many.
func (m Measure) counts() bool {
	return m.Kind == Count || m.Kind == Distinct && (m.What == Counterparties || m.What == NewCounterparties || m.What == Days || m.What == Accounts)
}

func conductFields() string {
	var list []string
	for name, spec := range fields {
		if spec.about == conduct && name != "like_newest" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return fmt.Sprint(strings.Join(list, ", "))
}

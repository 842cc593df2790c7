package rule

import "github.com/vigil-stream/vigil/signal"

// TwoSided says whether the rule looks at the subject's other role. It implements
// [engine.TwoSided].
func (c *Compiled) TwoSided() bool { return c.Measure.bothRoles() }

// bothRoles reports whether a measure looks at the subject's other role. It is then of
// the newest pick alone, and of what came up to the window before it.
func (m Measure) bothRoles() bool { return m.Kind == Mirrors || m.Kind == OtherRole }

// TwoSided says whether any rule of the set looks at the subject's other role.
func (s *Set) TwoSided() bool {
	for _, c := range s.rules {
		if c.TwoSided() {
			return true
		}
	}
	return false
}

// otherRole is how many transfers of the subject's other role there are.
func otherRole(s *scene, c *Compiled, picks []int32) (float64, bool) {
	o := s.view.Opposite
	if o == nil {
		return 0, false
	}
	newest := s.at(picks, len(picks)-1)
	return float64(after(o.Entries, newest+1) - after(o.Entries, newest-c.Window.Last)), true
}

// mirrors is how many transfers of the subject's other role make up the amount of the
// newest pick: 1 where any single one within the window before it does, else so many
// as, the newest first, together do. What goes out may be less than what came in by
// the commission. Where none do, or amounts cannot be compared, it is not known.
func mirrors(s *scene, c *Compiled, picks []int32) (float64, bool) {
	o := s.view.Opposite
	if o == nil {
		return 0, false
	}
	newest := s.entry(picks, len(picks)-1)
	first, end := after(o.Entries, newest.At-c.Window.Last), after(o.Entries, newest.At+1)
	var own, base float64
	sameCurrency, rates := true, newest.Base > 0
	together := 0
	for i := end - 1; i >= first; i-- {
		e := &o.Entries[i]
		same := e.Currency == newest.Currency
		if c.mirror(s.view.Role, newest.Amount, float64(e.Amount)) && same ||
			!same && e.Base > 0 && newest.Base > 0 && c.mirror(s.view.Role, newest.Base, float64(e.Base)) {
			return 1, true
		}
		sameCurrency, rates = sameCurrency && same, rates && e.Base > 0
		own, base = own+float64(e.Amount), base+float64(e.Base)
		n := end - i
		if together == 0 && n > 1 && (sameCurrency && c.mirror(s.view.Role, newest.Amount, own) ||
			!sameCurrency && rates && c.mirror(s.view.Role, newest.Base, base)) {
			together = n
		}
	}
	return float64(together), together > 0
}

// mirror reports whether an amount of the other role is the newest's, the commission
// taken off what came in, within so many percent of the newest's.
func (c *Compiled) mirror(role signal.Role, newest int64, other float64) bool {
	n, kept := float64(newest), float64(100-c.Measure.Commission)
	diff := other*kept - n*100 // the newest went out
	if role == signal.Recipient {
		diff = other*100 - n*kept
	}
	return max(diff, -diff) <= n*float64(c.Measure.Percent)
}

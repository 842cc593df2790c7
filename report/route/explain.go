package route

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Explain writes a plan, and with all of it what every rule looked at: what it found, where
// that led, and why not elsewhere.
func Explain(w io.Writer, p Plan, all bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "shared id %s\n", p.Shared)
	for i, t := range p.Told {
		role := "also told"
		if i == 0 {
			role = "in charge"
		}
		var by []string
		for _, r := range t.By {
			by = append(by, string(r))
		}
		fmt.Fprintf(&b, "\n%s: %s, %s\n", role, t.Centre.ID, t.Centre.Name)
		fmt.Fprintf(&b, "  by       %s\n  why      %s\n", strings.Join(by, ", "), t.Why)
		fmt.Fprintf(&b, "  channel  %s, %s\n", t.Centre.Channel, t.Centre.Format)
		fmt.Fprintf(&b, "  law      %s\n           %s\n", t.Centre.Law.Says, t.Centre.Law.Source)
		if t.Centre.Note != "" {
			fmt.Fprintf(&b, "  note     %s\n", t.Centre.Note)
		}
		if len(t.Centre.Assumed) > 0 {
			fmt.Fprintf(&b, "  assumed  %s\n", strings.Join(t.Centre.Assumed, ", "))
		}
	}
	for _, s := range p.Steps {
		if s.Country != "" && s.Centre == "" {
			fmt.Fprintf(&b, "\nnobody told in %s, by %s: %s\n", s.Country, s.By, s.Says)
		}
	}
	if all {
		b.WriteString("\nwhat the rules looked at\n")
		for _, s := range p.Steps {
			mark, country := "no", "-"
			if s.Centre != "" {
				mark = s.Centre
			}
			if s.Country != "" {
				country = s.Country
			}
			fmt.Fprintf(&b, "  %-9s %-3s %-10s %s\n", s.By, country, mark, strings.TrimSpace(s.Found+" "+s.Says))
		}
	}
	_, err := io.WriteString(w, clean(b.String()))
	return err
}

// Tells reports whether a plan tells a centre.
func (p Plan) Tells(id string) bool {
	return slices.ContainsFunc(p.Told, func(t Told) bool { return t.Centre.ID == id })
}

// clean replaces control characters: holders come from outside, and must not steer a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, s)
}

package typology

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/internal/golden"
)

// TestTheDocsSayWhatIsThere holds docs/typologies.md to the code: run it with -update.
func TestTheDocsSayWhatIsThere(t *testing.T) {
	var b strings.Builder
	r := DefaultRules()
	rules := r.compile()
	said := sentences(t)
	fmt.Fprintf(&b, `# Typologies

The payment patterns of rules %s. This page is written from the code (`+"`go test ./payments/typology -update`"+`), which a test holds it to. None accuses anybody: most people whose payments look like one of them are innocent, and payments alone never make a case. **[S]** read at its issuer, **[S2]** read on a secondary page, **[D]** derived, **[A]** assumed. Strengths are from 0 to 1 and assumed; what they weigh in a case is in correlate/weights.json.

Amounts hold in the currency that they were published for; other currencies are converted to %s by the deployment's rates and judged by its limits, and without a rate nobody is judged. Limits: `, r.Version, r.Base)
	for i, code := range slices.Sorted(slices.Values(currencies(r))) {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s: %s", code, r.Limits[code].Source)
	}
	b.WriteString(".\n")
	for _, p := range Patterns() {
		fmt.Fprintf(&b, "\n## %s %s\n\n", p.ID, p.Name)
		for _, line := range []struct{ name, text string }{
			{"Looks at", p.Looks}, {"Parameters", p.Parameters(rules)}, {"Source", p.Source}, {"Looks alike", p.Alike}, {"Abstains", p.Abstains},
		} {
			if line.text == "" {
				t.Errorf("%s does not say: %s", p.ID, line.name)
			}
			fmt.Fprintf(&b, "- **%s:** %s.\n", line.name, line.text)
		}
		if len(said[p.ID]) == 0 {
			t.Errorf("%s says nothing in the tests", p.ID)
		}
		for _, s := range said[p.ID] {
			fmt.Fprintf(&b, "- **Says:** “%s.”\n", s)
		}
	}
	b.WriteString(`
## Fairness

A country, a surname, a nationality, an age or a sex alone makes no finding. Age, sex and nationality are read nowhere; of names a profile knows whether the two ends share a word, and nothing else. Tests try to break this with every typology that there is (payments/typology/fairness_test.go): they rename all countries and all people of thousands of profiles and expect the same findings, strengths and sentences; they send the same payments along every pair of countries; and they show that they catch typologies that are unfair.

- **P03** alone names a corridor. It speaks only beside a finding that is there anyway, its strength never changes, and a case gives it no weight. It is told because a centre asks for it.
- **P06** counts the night of the sender. The night of the recipient depends on where in the world the recipient is, and would count the corridor.
- **P11** takes the country that the money went to instead of a list of destinations. Where tourists go is known for few countries, so that in the others it abstains: more data makes it say more, never less.
- **P14** speaks only beside another finding: to have no relatives somewhere is nothing.

What a country still decides is what can be known there: its time zones (P06 abstains where they disagree), the rates of its currency, whether its banks tell names.

## Who looks alike

What fires for made-up people who are innocent or need help. A test pins it.

| who | what fires | why |
|---|---|---|
`)
	for _, g := range lookAlikes() {
		why := g.why
		if why == "" {
			why = "–"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", g.who, ofGroup(t, g), why)
	}
	golden.Check(t, "../../../docs/typologies.md", b.String())
}

func currencies(r Rules) (all []string) {
	for code := range r.Limits {
		all = append(all, code)
	}
	return all
}

// sentences has an example of what each typology says, for each role.
func sentences(t *testing.T) map[string][]string {
	said := make(map[string][]string)
	seen := make(map[string]bool)
	for _, p := range everybody() {
		for id, f := range findings(t, All(DefaultRules()), transfersOf(t, p.role, p.all)) {
			if key := id + string(p.role); !seen[key] {
				seen[key] = true
				said[id] = append(said[id], f.says)
			}
			if len(f.says) > 800 {
				t.Errorf("%s says too much: %s", id, f.says)
			}
		}
	}
	for _, s := range said {
		slices.Sort(s)
	}
	return said
}

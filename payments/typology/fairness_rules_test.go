package typology

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/signal"
)

// someRules are of every kind that looks at where people are or what they are called,
// and of none that names a country or a currency by itself.
const someRules = `
format: 1
version: 1

rules:
  - {id: R01, version: 1, title: t, source: s, of: either, where: {cross_border: yes, amount: {EUR: 10..200}, tie: none}, within: 30d, measure: {distinct: counterparties}, bands: [{from: 3, strength: 0.3}], says: "{count} of {amounts} from {counterparties}"}
  - {id: R02, version: 1, title: t, source: s, of: either, group: country, where: {amount: {EUR: 5..100}}, within: 30d, bands: [{from: 4, strength: 0.3}, {from: 8, strength: 0.5}], says: "{count} of {amounts} within {window}"}
  - {id: R03, version: 1, title: t, source: s, of: either, where: {amount: {EUR: 5..300}}, last: 90d, needs: 3, measure: {distinct: countries}, bands: [{from: 2, strength: 0.3}], says: "{value} in {days} days"}
  - {id: R04, version: 1, title: t, source: s, of: either, except: [related, steady], where: {classes: any}, last: 90d, bands: [{from: 2, strength: 0.3}], says: "{count}"}
  - {id: R05, version: 1, title: t, source: s, of: sender, where: {cross_border: yes}, last: 90d, needs: 4, measure: {variation: gap}, bands: [{from: 50%, strength: 0.3}], says: "{value}"}
  - {id: R06, version: 1, title: t, source: s, of: either, group: counterparty, where: {tie: [none, unknown], rail: [gift-card, prepaid-card]}, last: 90d, bands: [{from: 2, strength: 0.3}], says: "{count}"}
  - {id: R07, version: 1, title: t, source: s, of: either, where: {like_newest: {amount: 20%, same: [country]}, cross_border: yes}, last: 60d, bands: [{from: 4, strength: 0.3}], says: "{count}"}
`

// rulesToTry are someRules, those of the docs and Tazama's.
func rulesToTry(t *testing.T) (types []engine.Typology) {
	t.Helper()
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	files := []string{someRules, string(rule.Tazama())}
	for _, part := range strings.Split(string(docs), "```yaml\n")[1:] {
		files = append(files, part[:strings.Index(part, "```")])
	}
	for _, text := range files {
		set, err := rule.Load([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, set.Typologies()...)
	}
	return types
}

// TestRulesTreatPeopleAlike holds rules to what typologies are held to. A file may name
// countries beside what was paid, and then it is its author's to answer for; nothing
// else that a rule can say makes a country or a name count.
func TestRulesTreatPeopleAlike(t *testing.T) {
	types := rulesToTry(t)
	r := rand.New(rand.NewPCG(7, 8))
	profiles := someProfiles(t, 500, r)
	for _, c := range complaints(t, types, profiles, r) {
		t.Error(c)
	}
	fired := make(map[string]int)
	for _, p := range profiles {
		for id := range findings(t, types, p) {
			fired[id]++
		}
	}
	for _, id := range []string{"R01", "R02", "R03", "R04", "R05", "R06", "R07", "T006"} {
		if fired[id] < 10 {
			t.Errorf("%s fired in %d of %d profiles: too few to say anything", id, fired[id], len(profiles))
		}
	}
	// Monthly payments of what a life costs, from everywhere to everywhere.
	set, err := rule.Load([]byte(someRules))
	if err != nil {
		t.Fatal(err)
	}
	all, tried := countries(), 0
	mine, theirs := []string{strings.Repeat("a", 32)}, []string{strings.Repeat("b", 32)}
	for i, from := range all {
		for j, to := range all {
			role := []signal.Role{signal.Sender, signal.Recipient}[(i+j)%2]
			names := [][2][]string{{mine, mine}, {mine, theirs}, {nil, theirs}, {nil, nil}}[tried%4]
			if got := findings(t, set.Typologies(), bland(role, 4, from, to, names[0], names[1], nil)); len(got) > 0 {
				t.Fatalf("%s to %s as %s: %v", from, to, role, got)
			}
			tried++
		}
	}
	if tried < 50_000 {
		t.Errorf("only %d were tried", tried)
	}
}

package rule

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/internal/golden"
)

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	text, err := os.ReadFile("testdata/bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Load(text)
	var file *FileError
	if !errors.As(err, &file) {
		t.Fatalf("%v is no FileError", err)
	}
	if strings.Contains(err.Error(), "Anna") {
		t.Errorf("a fault quotes what may be a name: %v", err)
	}
	golden.Check(t, "bad.txt", []byte(WithName(err, "bad.yaml").Error()+"\n"))
}

// good is a rule file of one rule, with some of its lines put in place.
func good(lines ...string) string {
	all := map[string]string{
		"id": "U01", "version": "1", "title": "t", "source": "s", "of": "either", "within": "30d",
		"bands": "[{from: 3, strength: 0.5}]", "says": `"{count} transfers"`,
	}
	order := []string{"id", "version", "title", "source", "of", "group", "exempt", "newest", "where", "except", "within", "last", "needs", "measure", "bands", "says"}
	top := "format: 1\nversion: 1\nbase: EUR\nlists: {charities: [sub_0123456789abcdef0123456789abcdef]}\n"
	for _, l := range lines {
		key, value, _ := strings.Cut(l, ": ")
		if all[key] = value; key == "last" {
			delete(all, "within")
		}
	}
	text := top + "rules:\n  -\n"
	for _, key := range order {
		if v, ok := all[key]; ok {
			text += "    " + key + ": " + v + "\n"
		}
	}
	return text
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		want string // part of the error; empty: none
	}{
		{"a good one", good(), ""},
		{"every condition", good(`where: {amount: {EUR: 10..200}, base: 5.., round: {EUR: 5}, rail: any, funding: [cash, card], night: yes, other_night: no, classes: none, purpose: GIFT, ` +
			`bought: vpn, exposures: [mixer, "mixer:direct"], paid_out_within: 0m..24h, like_newest: {amount: 10%, same: [counterparty, rail]}, steady: no, transfers: ..3, known_for: 1d.., ` +
			`listed: charities, cross_border: yes, tourists: no, country: DE, other_country: [PH, RO], currency: EUR, tie: [none, unknown], any_of: [{night: yes}, {rail: p2p}], not: {rail: bank}}`), ""},
		{"empty", "", "1:1: the file is empty"},
		{"no mapping", "- 1", "want a mapping of base, format"},
		{"no YAML", "a: [", "is not YAML"},
		{"two documents", "format: 1\n---\nformat: 1", "a second document"},
		{"too long", strings.Repeat("#", MaxFile+1), "the limit is"},
		{"too deep", "a: " + strings.Repeat("[", 100), "open at once"},
		{"too deep by dashes", strings.Repeat("- ", 100) + "a", "open at once"},
		{"a rule missing its parts", "format: 1\nversion: 1\nrules: [{}]", "rules[0].says: is missing"},
		{"two windows", strings.Replace(good(), "within: 30d", "within: 30d\n    last: 2d", 1), "want one window"},
		{"no window", strings.Replace(good(), "    within: 30d\n", "", 1), "has no window"},
		{"a window of nothing", good("last: 0d"), "want a duration"},
		{"within of what shrinks", good("measure: {median: EUR}"), "want last"},
		{"one transfer is no window", good("last: 1 transfers"), "want 2 to 2000"},
		{"an unknown measure", good("measure: {average: EUR}"), "there is no such measure"},
		{"a measure of nothing it has", good("last: 3d", "measure: {slope: EUR}"), "want amount, gap"},
		{"base without a currency", strings.Replace(good("measure: {sum: base}"), "base: EUR\n", "", 1), "needs base at the top"},
		{"a band that always holds", good("bands: [{from: 0, strength: 0.1}]"), "holds whatever is measured"},
		{"a band of nothing", good("bands: [{below: 1, strength: 0.1}]"), "a rule that counts no transfer is silent"},
		{"bands open above", good("bands: [{from: 3, strength: 0.1}, {from: 6, strength: 0.4}]"), ""},
		{"strength of nothing", good("bands: [{from: 3, strength: 0}]"), "above 0, to 1"},
		{"strength that is no number", good("bands: [{from: 3, strength: .nan}]"), "above 0, to 1"},
		{"a vacuous range", good("where: {amount: {EUR: 0..}}"), "says nothing"},
		{"a vacuous tie", good("where: {tie: [none, name, address, unknown]}"), "says nothing"},
		{"a fraction of a cent", good("where: {amount: {EUR: 0.001..5}}"), "want amounts in EUR"},
		{"amounts with a comma", good("where: {amount: {EUR: \"1,5..5\"}}"), "want amounts in EUR"},
		{"a typo", good("where: {nigth: yes}"), "did you mean night?"},
		{"age", good("where: {age: 18..30}"), "no rule may look at age"},
		{"sex", good("where: {sex: f}"), "no rule may look at sex"},
		{"surname", good("where: {surname: Santos}"), "no rule may look at a person's name"},
		{"own typology", good("id: X01"), "take another letter"},
		{"a list that is not there", good("exempt: nobody"), "no such list"},
		{"alias", "format: 1\nversion: &v 1\nrules: []", "anchors, aliases and tags are not read"},
		{"a control character", good(`title: "a\u0007b"`), "does not print"},
		{"mirrors", good("last: 1d", "measure: {mirrors: {amount: 10%, commission: 5%}}", "bands: [{from: 1, strength: 0.1}]"), ""},
		{"mirrors without a tolerance", good("last: 1d", "measure: {mirrors: {commission: 5%}}", "bands: [{from: 1, strength: 0.1}]"), "13:24: rules[0].measure.mirrors.amount: is missing"},
		{"mirrors of anything", good("last: 1d", "measure: {mirrors: {amount: 60%}}", "bands: [{from: 1, strength: 0.1}]"), "from 0% to 50%"},
		{"mirrors of nothing", good("last: 1d", "measure: {mirrors: {amount: 5%, commission: 100%}}", "bands: [{from: 1, strength: 0.1}]"), "from 1% to 99%"},
		{"mirrors by number", good("last: 3 transfers", "measure: {mirrors: {amount: 5%}}", "bands: [{from: 1, strength: 0.1}]"), "want a duration, as in last: 1d"},
		{"the other role", good("last: 1d", "measure: {other_role: transfers}", "bands: [{from: 5, strength: 0.1}]"), ""},
		{"the other role by number", good("last: 3 transfers", "measure: {other_role: transfers}", "bands: [{from: 5, strength: 0.1}]"), "other_role looks at transfers of the other role"},
		{"the other role abroad", good("where: {cross_border: yes}", "last: 1d", "measure: {other_role: transfers}", "bands: [{from: 5, strength: 0.1}]"), "no sign of anything"},
		{"mirrors of any stretch", good("measure: {mirrors: {amount: 5%}}", "bands: [{from: 1, strength: 0.1}]"), "want last"},
		{"benford of few", good("last: 90d", "measure: {benford: amount}", "bands: [{from: 15.507, strength: 0.1}]"), "want needs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load([]byte(c.text))
			switch {
			case c.want == "" && err != nil:
				t.Errorf("%v\n%s", err, c.text)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %q\n%s", err, c.want, c.text)
			}
		})
	}
}

// TestCorridorAndNamesAloneAreRefused tries to make a rule of where people live and
// what they are called, in every way that the language has.
func TestCorridorAndNamesAloneAreRefused(t *testing.T) {
	tried := 0
	refused := func(lines ...string) {
		t.Helper()
		tried++
		_, err := Load([]byte(good(lines...)))
		if err == nil {
			t.Errorf("a rule was taken that looks at nothing else: %v", lines)
		} else if !strings.Contains(err.Error(), "no sign of anything") {
			t.Errorf("%v: refused for another reason: %v", lines, err)
		}
	}
	wheres := []string{
		"{other_country: PH}", "{country: [DE, AU]}", "{cross_border: yes, other_country: PH}", "{tie: none}", "{tie: [none, unknown], cross_border: yes}",
		"{tourists: no}", "{currency: PHP}", "{any_of: [{other_country: PH}, {night: yes}]}", "{not: {other_country: DE}}",
		"{other_country: PH, not: {night: yes}}", "{other_country: PH, night: no}", "{other_country: PH, classes: none}",
		"{other_country: PH, rail: any}", "{other_country: PH, steady: no}", "{other_country: PH, transfers: 1..3}", "{other_country: PH, known_for: ..30d}",
		"{other_country: PH, like_newest: {same: counterparty}}", "{like_newest: {same: [country]}, tie: none}", "{like_newest: {same: [town]}, tie: none}",
		"{like_newest: {same: town}}",
		"{other_country: PH, amount: {EUR: 1..100000, USD: 1..100000}}", "{tie: none, base: 1..}", "{other_country: PH, base: 1..1000000}",
		"{other_country: PH, round: {EUR: 0.01}}",
	}
	measures := []string{"count", "{distinct: counterparties}", "{first: counterparty}", "share"}
	for _, where := range wheres {
		for _, m := range measures {
			refused("where: "+where, "last: 90d", "measure: "+m, "bands: [{from: 1, strength: 0.1}]")
		}
	}
	refused("group: country", "last: 90d", "bands: [{from: 1, strength: 0.1}]")
	refused("last: 90d", "measure: {distinct: countries}", "bands: [{from: 1, strength: 0.1}]")
	refused("except: [{tie: none}]", "last: 90d", "bands: [{from: 20, strength: 0.1}]")
	refused("except: [{not: {other_country: PH}}]", "last: 90d", "bands: [{from: 20, strength: 0.1}]")
	refused("newest: {other_country: PH}", "last: 90d", "bands: [{from: 20, strength: 0.1}]")
	refused("where: {other_country: PH}", "last: 90d", "measure: {sum: EUR}", "bands: [{from: 100, strength: 0.1}]")
	refused("where: {other_country: PH, amount: {EUR: 10..200}}", "last: 90d", "bands: [{from: 3, strength: 0.1}]")
	refused("where: {other_country: PH}", "last: 90d", "measure: {min: gap}", "bands: [{from: 20d, strength: 0.1}]")
	if tried < 90 {
		t.Errorf("tried %d", tried)
	}
}

func TestWhatWasPaidMayBeLookedAtWithTheCorridor(t *testing.T) {
	for _, lines := range [][]string{
		{"where: {cross_border: yes, amount: {EUR: 10..200}}"},
		{"where: {cross_border: yes}", "bands: [{from: 20, strength: 0.1}]"},
		{"where: {other_country: PH, night: yes}"},
		{"where: {tie: none, exposures: mixer}", "bands: [{from: 1, strength: 0.1}]"},
		{"where: {amount: {EUR: 10..200}}", "except: [related, steady]"},
		{"where: {cross_border: yes}", "last: 90d", "measure: {slope: amount}", "needs: 4", "bands: [{from: 10%, strength: 0.1}]"},
	} {
		if _, err := Load([]byte(good(lines...))); err != nil {
			t.Errorf("%v: %v", lines, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, e := range examples(f) {
		f.Add([]byte(e))
	}
	bad, err := os.ReadFile("testdata/bad.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bad)
	f.Add([]byte(good()))
	f.Add(Tazama())
	f.Add([]byte("rules: [{where: {any_of: [{any_of: [{not: {not: {}}}]}]}}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := Load(text)
		var file *FileError
		if err != nil && (!errors.As(err, &file) || len(file.Faults) == 0) {
			t.Fatalf("%v is no FileError", err)
		}
		if err == nil {
			for _, r := range set.Rules() {
				if r.ID() == "" || r.Version() == "" || len(r.Bands) == 0 {
					t.Fatal(fmt.Sprint("a rule without id, version or band: ", r.Rule))
				}
			}
		}
	})
}

package report

import (
	"strings"
	"testing"
)

func TestTheDefaultTableIsWhole(t *testing.T) {
	table := defaultTable(t)
	if len(table.Centres) < 2 {
		t.Fatalf("%d centres", len(table.Centres))
	}
	for _, c := range table.Centres {
		if !strings.Contains(c.Contact, "Demo") || !strings.Contains(c.Contact, ".example") {
			t.Errorf("%s: the contact %q does not look made up", c.ID, c.Contact)
		}
		if c.ID != strings.ToLower(c.Country) || c.Topic() != "alerts."+c.ID {
			t.Errorf("%s: country %s, topic %s", c.ID, c.Country, c.Topic())
		}
	}
}

func TestCentreIsFoundInAnyCase(t *testing.T) {
	table := defaultTable(t)
	for _, id := range []string{"us", "US", "Us"} {
		if c, err := table.Centre(id); err != nil || c.ID != "us" {
			t.Errorf("%s: got %+v, %v", id, c, err)
		}
	}
	if _, err := table.Centre("xx"); err == nil || !strings.Contains(err.Error(), "ph") {
		t.Errorf("got %v, want an error that names the centres there are", err)
	}
}

func TestLoadTableNamesAllFaultsAtOnce(t *testing.T) {
	_, err := LoadTable([]byte(`{
		"fallback": "zz",
		"rules": [{"by": "fallback", "why": "w"}, {"by": "guess"}],
		"platforms": [{"platform": "p", "country": "XX"}, {"platform": "p", "country": "AA"}, {"country": "AA"}],
		"centres": [
			{"id": "a b", "name": "n", "contact": "c", "legal_basis": "l", "country": "AA"},
			{"id": "aa", "name": "n", "contact": "c", "legal_basis": "l", "country": "AA"},
			{"id": "aa", "name": "n", "contact": "c", "legal_basis": "l", "country": "bb"},
			{"id": "cc"}
		]}`))
	if err == nil {
		t.Fatal("the table was taken")
	}
	for _, want := range []string{
		"version: missing", "fallback: must be", "rules[0]: the fallback must be the last", "rules[1].by", "rules[1].why",
		"rules: the last must be", "platforms[0].country", "platforms[1].platform: is there twice", "platforms[2].platform: missing",
		"centres[0].id", "centres[1].country: AA has two", "centres[2].id: aa is there twice", "centres[2].country", "centres[3]: needs",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q", want)
		}
	}
	t.Log(err)
}

func TestLoadTableIsStrict(t *testing.T) {
	good := string(jurisdictions)
	for name, bad := range map[string]string{
		"unknown field": strings.Replace(good, `"version"`, `"weather": 1, "version"`, 1),
		"two values":    good + "{}",
		"no JSON":       "centres:",
		"empty":         "",
		"too large":     good + strings.Repeat(" ", maxTable),
	} {
		if _, err := LoadTable([]byte(bad)); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

func FuzzLoadTable(f *testing.F) {
	f.Add(jurisdictions)
	f.Add([]byte(`{"rules":[{}],"centres":[{}]}`))
	d := confirmed()
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := LoadTable(data)
		if err != nil {
			return
		}
		if c, why := table.Route(d); c.ID == "" || why == "" {
			t.Fatalf("a table that was taken leaves a case without a centre: %q, %q", c.ID, why)
		}
	})
}

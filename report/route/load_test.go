package route

import (
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/review"
)

func TestTheDirectoryThatComesWithVigil(t *testing.T) {
	d := directory(t)
	if len(d.Centres) < 10 {
		t.Fatalf("%d centres", len(d.Centres))
	}
	for _, c := range d.Centres {
		// Nobody is to be written to by accident: a contact is agreed with its centre.
		if !strings.Contains(c.Contact, "Demo") || !strings.Contains(c.Contact, ".example") {
			t.Errorf("%s: the contact %q does not look made up", c.ID, c.Contact)
		}
		if c.Topic() != "alerts."+c.ID || d.Limit(c) <= 0 {
			t.Errorf("%s: topic %s, limit %s", c.ID, c.Topic(), d.Limit(c))
		}
	}
	for _, id := range []string{"us", "US", "Us"} {
		if c, err := d.Centre(id); err != nil || c.ID != "us" {
			t.Errorf("%s: got %+v, %v", id, c, err)
		}
	}
	if _, err := d.Centre("xx"); err == nil || !strings.Contains(err.Error(), "ph-amlc") {
		t.Errorf("got %v, want an error that names the centres there are", err)
	}
}

// small is a directory that is right, of eighteen lines.
const small = `version: t1
fallback: aa
within: 24h
rules:
  - {by: victim, why: w}
  - {by: fallback, why: w}
platforms:
  - {holder: p, country: SE}
centres:
  - id: aa
    name: A
    kind: police
    country: SE
    takes: [victim]
    channel: queue
    format: f
    contact: c
    languages: [sv]
    law: {says: s, source: "https://law.example/1"}
`

func TestLoadTellsEveryFaultWithItsLine(t *testing.T) {
	if _, err := Load([]byte(small)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"version":           {"version: t1\n", "", "version: missing"},
		"within":            {"24h", "1s", "line 3: within"},
		"fallback":          {"fallback: aa", "fallback: zz", "line 2: fallback: must be the id"},
		"unknown key":       {"    kind: police\n", "    kind: police\n    weather: 1\n", "line 13"},
		"repeated key":      {"    kind: police\n", "    kind: police\n    kind: police\n", "line 13"},
		"no YAML":           {"version: t1", "version: [", "line 1"},
		"a rule":            {"by: victim", "by: guess", "line 5: rules[0].by"},
		"a rule twice":      {"  - {by: victim, why: w}\n", "  - {by: victim, why: w}\n  - {by: victim, why: w}\n", "line 6: rules[1].by: there is a rule"},
		"no why":            {"{by: victim, why: w}", "{by: victim}", "line 5: rules[0].why: missing"},
		"fallback early":    {"  - {by: victim, why: w}\n  - {by: fallback, why: w}\n", "  - {by: fallback, why: w}\n  - {by: victim, why: w}\n", "line 5: rules[0]: the fallback must be the last"},
		"no fallback":       {"  - {by: fallback, why: w}\n", "", "rules: the last must be by fallback"},
		"platform":          {"{holder: p, country: SE}", "{holder: p, country: ZZ}", "line 8: platforms[0].country"},
		"platform twice":    {"  - {holder: p, country: SE}\n", "  - {holder: p, country: SE}\n  - {holder: p, country: SE}\n", "platforms[1]: is there twice"},
		"no holder":         {"{holder: p, country: SE}", "{country: SE}", "line 8: platforms[0].holder: missing"},
		"id":                {"id: aa\n", "id: a b\n", "line 10: centres[0].id"},
		"country":           {"    country: SE", "    country: Sweden", "line 13: centres[0].country"},
		"country in Arabic": {"    country: SE", "    country: EU", "line 13: centres[0].country"},
		"no place":          {"    country: SE\n", "", "centres[0]: needs a country"},
		"kind":              {"kind: police", "kind: office", "line 12: centres[0].kind"},
		"takes":             {"takes: [victim]", "takes: [victim, payments]", "line 14: centres[0].takes[1]"},
		"takes nothing":     {"takes: [victim]", "takes: []", "line 14: centres[0].takes"},
		"channel":           {"channel: queue", "channel: pigeon", "line 15: centres[0].channel"},
		"no name":           {"    name: A\n", "", "centres[0].name"},
		"language":          {"[sv]", "[sv, '12345']", "line 18: centres[0].languages[1]"},
		"no source":         {"https://law.example/1", "hearsay", "line 19: centres[0].law.source"},
		"key":               {"    contact: c\n", "    contact: c\n    key: age1x\n", "line 18: centres[0].key"},
		"assumed":           {"    contact: c\n", "    contact: c\n    assumed: [weather]\n", "line 18: centres[0].assumed[0]"},
		"covered by":        {"    contact: c\n", "    contact: c\n    covered_by: [zz]\n", "line 18: centres[0].covered_by[0]"},
		"stands in":         {"    contact: c\n", "    contact: c\n    stands_in: [SE, SE]\n", "centres[0].stands_in[1]: SE is there twice"},
		"hotlines":          {"platforms:\n", "hotlines: {source: x, countries: [SE]}\nplatforms:\n", "line 7: hotlines.source"},
	} {
		bad := strings.Replace(small, c.old, c.new, 1)
		if bad == small {
			t.Fatalf("%s: the directory is still right", name)
		}
		_, err := Load([]byte(bad))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestLoadTellsAllFaultsAtOnce(t *testing.T) {
	bad := strings.NewReplacer("fallback: aa", "fallback: zz", "kind: police", "kind: office", "[sv]", "[]").Replace(small)
	_, err := Load([]byte(bad))
	for _, want := range []string{"line 2: fallback", "line 12: centres[0].kind", "languages"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestLoadIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "a comment": "# x\n", "two": small + "---\n" + small,
		"long": small + strings.Repeat("#", maxDirectory), "deep": "version: " + strings.Repeat("[", 100),
	} {
		if _, err := Load([]byte(text)); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(string(centres))
	f.Add(small)
	f.Add("centres: [{}]\nrules: [{}]")
	d := decided(session("PH", 0), payment("recipient", "DEMOPHXX", "PH", "DE"))
	f.Fuzz(func(t *testing.T, text string) {
		dir, err := Load([]byte(text))
		if err != nil {
			return
		}
		for _, decision := range []review.Decision{d, {}} {
			p := dir.Route(decision)
			if len(p.Told) == 0 {
				t.Fatal("a directory that was taken leaves a case without a centre")
			}
			for _, told := range p.Told {
				if told.Why == "" {
					t.Fatalf("%s is told without a reason", told.Centre.ID)
				}
			}
			if err := Explain(discard{}, p, true); err != nil {
				t.Fatal(err)
			}
		}
	})
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func TestCountries(t *testing.T) {
	for code, want := range map[string]bool{"SE": true, "PH": true, "XK": true, "se": false, "EU": false, "UK": false, "ZZ": false, "": false, "SWE": false, "001": false} {
		if got := IsCountry(code); got != want {
			t.Errorf("%q: %v", code, got)
		}
	}
}

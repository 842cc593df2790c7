package report

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestEveryFieldRestsOnSomething goes through the schema, so that a member that is added and
// not explained is noticed.
func TestEveryFieldRestsOnSomething(t *testing.T) {
	data, err := schemas.ReadFile("schema/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Properties map[string]any
		Defs       map[string]struct { // where its larger members are
			Properties map[string]any
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for name := range s.Properties {
		checked++
		if _, ok := restsOn["/"+name]; !ok {
			t.Errorf("%s is not explained", name)
		}
		checked += len(s.Defs[name].Properties)
	}
	if checked < 30 {
		t.Errorf("only %d members", checked)
	}
}

func TestFields(t *testing.T) {
	a := alertOf(t, confirmed(), logOf(t, 0))
	fields, err := Fields(a)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Field{}
	for _, f := range fields {
		found[f.Path] = f
	}
	for path, want := range map[string]string{
		"/statement/parts/1/says":      "frame stream-7/frame-3 of demo",
		"/statement/parts/0/weight":    "the score of the case",
		"/statement/evidence/0/sha256": "held by demo",
		"/statement/reviewer":          "pseudonym",
		"/centre/legal_basis":          "directory",
		"/statement/first":             "record of the case",
		"/proof/entry":                 "audit log",
		"/shared":                      "route.SharedID",
	} {
		if f, ok := found[path]; !ok || !strings.Contains(f.Source, want) || f.Value == "" {
			t.Errorf("%s: %+v, want %q", path, f, want)
		}
	}
}

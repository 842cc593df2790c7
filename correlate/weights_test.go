package correlate

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

// TestDefaultWeights holds the one number that is sourced and not assumed, and
// that every number says which it is.
func TestDefaultWeights(t *testing.T) {
	w, err := DefaultWeights()
	if err != nil {
		t.Fatal(err)
	}
	if want := math.Log(1.0 / 1100); math.Abs(w.file.Prior.Value-want) > 0.001 {
		t.Errorf("prior %v, want %v", w.file.Prior.Value, want)
	}
	if w.Version() != "w7" {
		t.Errorf("version %q: a change of weights needs a new one, and a new test", w.Version())
	}
	var tree any
	for _, file := range [][]byte{defaultWeights, assumedWeights} {
		if err := json.Unmarshal(file, &tree); err != nil {
			t.Fatal(err)
		}
		if n := sourced(t, "", tree); n < 400 {
			t.Errorf("saw %d numbers, want all of them", n)
		}
	}
}

// sourced counts the values below a place of the file and sees that each has its
// source.
func sourced(t *testing.T, at string, tree any) (n int) {
	t.Helper()
	switch v := tree.(type) {
	case map[string]any:
		if _, point := v["score"]; point {
			return 0 // of a table, which has one source
		}
		if _, ok := v["value"]; ok {
			n++
			if s, ok := v["source"].(string); !ok || s == "" {
				t.Errorf("%s has no source", at)
			}
		}
		for name, below := range v {
			n += sourced(t, at+"/"+name, below)
		}
	case []any:
		for _, below := range v {
			n += sourced(t, at+"/*", below)
		}
	}
	return n
}

// changed is the assumed weights with one thing changed.
func changed(t testing.TB, from, to string) []byte {
	t.Helper()
	out := strings.Replace(string(assumedWeights), from, to, 1)
	if out == string(assumedWeights) {
		t.Fatal("the file is not changed")
	}
	return []byte(out)
}

func TestLoadWeightsRefuses(t *testing.T) {
	tests := []struct {
		name, from, to string
		want           []string // in the error
	}{
		{"an unknown field", `"low_audience":`, `"nationality": {"value": 1, "source": "none"}, "low_audience":`, []string{"nationality"}},
		{"a missing field", `"version": "w3",`, ``, []string{"version"}},
		{"a number without source", `"value": 0.5, "source": "assumed: more`, `"value": 0.5, "note": "assumed: more`, []string{"/bar", "source"}},
		{"a bar of 1", `"bar": {"value": 0.5`, `"bar": {"value": 1`, []string{"/bar/value"}},
		{"a prior in favour", `-7.003`, `7.003`, []string{"/prior/value"}},
		{"a private session that speaks against", `"family": {"value": 0.1, "source": "assumed: commissioned`, `"family": {"value": -0.1, "source": "assumed: commissioned`, []string{"/parts/private-session/family/value"}},
		{"a rhythm that speaks for", `"family": {"value": -1.8`, `"family": {"value": 1.8`, []string{"/parts/regular-rhythm/family/value"}},
		{"a part of nationality", `"one-to-one": {`, `"nationality": {"*": {"value": 1, "source": "none"}}, "one-to-one": {`, []string{"/parts", "nationality"}},
		{"a typology by nationality", `"night"`, `"sender-nationality"`, []string{"/typologies/P06/name", "nationality"}},
		{"a typology by sex", `"night"`, `"sex"`, []string{"/typologies/P06/name", "sex"}},
		{"a typology by age", `"night"`, `"age-gap"`, []string{"/typologies/P06/name", "age"}},
		{"a corridor by another number", `"night"`, `"corridor"`, []string{"/typologies/P06/name", "corridor"}},
		{"victims as suspects", `"P07": {`, `"X01": {`, []string{"/typologies/X01", "victim"}},
		{"shares that leave people out", `"share": {"value": 0.777`, `"share": {"value": 0.7`, []string{"/explanations", "0.92"}},
		{"an explanation nobody knows", `"ordinary": {"value": -0.5`, `"odd": {"value": -0.5`, []string{"/parts/public-sessions", "ordinary", "odd"}},
		{"a corridor", `"P07": {`, `"P03": {`, []string{"/typologies/P03", "corridor"}},
		{"a typology by another part's name", `"fan-in"`, `"user-flag"`, []string{"/typologies/P05/name"}},
		{"two typologies of one name", `"fan-in"`, `"repetition"`, []string{"/typologies/P05/name"}},
		{"bands that leave a gap", `"up_to": 256`, `"up_to": 100`, []string{"/list_match/bands", "pdq", "256"}},
		{"bands out of order", `"up_to": 10,`, `"up_to": 40,`, []string{"/list_match/bands/1/up_to"}},
		{"a far match above a close one", `"up_to": 31, "value": 6.2`, `"up_to": 31, "value": 9.2`, []string{"/list_match/bands/1/value"}},
		{"no JSON", `{`, `[`, []string{"JSON"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := LoadWeights(changed(t, tt.from, tt.to))
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not name %q", err, want)
				}
			}
		})
	}
}

func TestLoadWeightsReportsAllAtOnce(t *testing.T) {
	both := strings.NewReplacer(`"P07": {`, `"P03": {`, `"up_to": 256`, `"up_to": 100`).Replace(string(assumedWeights))
	_, err := LoadWeights([]byte(both))
	if err == nil || !strings.Contains(err.Error(), "P03") || !strings.Contains(err.Error(), "pdq") {
		t.Errorf("error %v, want both faults", err)
	}
}

func FuzzLoadWeights(f *testing.F) {
	f.Add(assumedWeights)
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := LoadWeights(data)
		if err != nil {
			return
		}
		in := []signal.Signal{aMatch("e", 6, 2, noon), aFlag("f", noon)}
		for _, c := range run(t, New(w), memory{}, in...) {
			encoded(t, c)
		}
	})
}

func TestErrorsOfWeightsAreWrapped(t *testing.T) {
	_, err := LoadWeights([]byte(`{`))
	var r *signal.Rejection
	if !errors.As(err, &r) || r.Reason() != "json" {
		t.Errorf("error %v does not say that the file is no JSON", err)
	}
}

package app

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/vigil-stream/vigil/internal/world/simulate"
)

// TestEvaluateTellsOfBystanders, and refuses a world whose labels do not.
func TestEvaluateTellsOfBystanders(t *testing.T) {
	dir := t.TempDir()
	world := func(name string, seed uint64) string {
		k := simulate.DefaultKnobs()
		k.Prevalence = 0.03
		w, err := simulate.New(simulate.Options{Seed: seed, People: 1000, Days: 14, Knobs: k})
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if _, err := w.Write(t.Context(), to, 1, nil); err != nil {
			t.Fatal(err)
		}
		return to
	}
	var out bytes.Buffer
	o := EvaluateOptions{World: world("one", 1), Validate: world("two", 2), Draws: 5, Stdout: &out, Stderr: io.Discard}
	if err := Evaluate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`beside networks [0-9]+ of [1-9]`, `what became of the guilty`, `never told: [a-z ]+ +0\.[0-9]+ +[1-9]`, `who the budget goes to`} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("lacks %q: %s", want, out.String())
		}
	}
	name := filepath.Join(o.Validate, "world.json")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(data, []byte(`"lacks": true`), []byte(`"lacks": false`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Evaluate(t.Context(), o); !errors.Is(err, errOldLabels) {
		t.Errorf("thresholds of a world without ties: %v", err)
	}
	o.World, o.Validate = o.Validate, o.World
	if err := Evaluate(t.Context(), o); !errors.Is(err, errOldLabels) {
		t.Errorf("a world without ties: %v", err)
	}
	if err := FitThresholds(t.Context(), o); !errors.Is(err, errOldLabels) {
		t.Errorf("a file of thresholds of it: %v", err)
	}
}

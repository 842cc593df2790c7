package correlate

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/signal"
)

var caseSchema = signal.MustSchema(schemas, "schema/case.json")

// encoded returns a case's record, checked against its schema and, signal by
// signal, against theirs.
func encoded(t testing.TB, c Case) []byte {
	t.Helper()
	data, err := Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	var record struct {
		Signals []json.RawMessage `json:"signals"`
	}
	if err := caseSchema.Decode(data, &record); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	for _, raw := range record.Signals {
		if _, err := signal.Decode(raw); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// TestGolden shows what a reviewer gets: every part with its sentence.
func TestGolden(t *testing.T) {
	in := append(allTypologies(6, 2, beforeSession(6)...),
		aSession("s", true, noon, time.Hour), aFlag("f", noon), aMatch("e", 6, 3, noon))
	cases := run(t, correlator(t), memory{}, in...)
	last := cases[len(cases)-1]
	var got bytes.Buffer
	if err := json.Indent(&got, encoded(t, last), "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	golden.Check(t, "case.json", got.Bytes())
}

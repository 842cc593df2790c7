package detect

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/signal"
)

// goldenSignal compares a signal with a file, indented to be read.
func goldenSignal(t *testing.T, name string, s signal.Signal) {
	t.Helper()
	wantSound(t, []signal.Signal{s})
	data, err := signal.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	golden.Check(t, name, got.Bytes())
}

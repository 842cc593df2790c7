package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/formats"
	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// inboxWith has an alert of a strong case and one of a case without frames.
func inboxWith(t *testing.T) (store *inbox.Store, strong, weak report.Alert) {
	t.Helper()
	log := inboxtest.NewLog(t, 0)
	store, err := inbox.Open(t.Context(), filepath.Join(t.TempDir(), "inbox.db"), func() time.Time { return start },
		inbox.Settings{Keys: inbox.Keys{Centre: "ph", Logs: []string{log.Verifier}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	strong = log.Alert(t, inboxtest.Case{Number: 1, At: start.Add(-2 * time.Hour), Strong: true}, 1)
	weak = log.Alert(t, inboxtest.Case{Number: 2, At: start.Add(-2 * time.Hour)}, 1)
	for i, a := range []report.Alert{strong, weak} {
		if err := store.Take(t.Context(), inbox.Record{Data: inboxtest.JSON(t, a), Source: "f", Place: int64(i)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return store, strong, weak
}

// TestCaseUCO keeps the graph that `make ontology` holds against the ontology's shapes.
func TestCaseUCO(t *testing.T) {
	store, strong, weak := inboxWith(t)
	data, name, err := Of(t.Context(), store, strong.ID, CaseUCO, "anna")
	if err != nil || name != "alert-"+strong.ID[:8]+".case.jsonld" {
		t.Fatalf("%s, %v", name, err)
	}
	golden.Check(t, "alert.case.jsonld", data)
	again, _, err := Of(t.Context(), store, strong.ID, CaseUCO, "ben")
	if err != nil || !bytes.Equal(again, data) {
		t.Errorf("the same alert makes other bytes, %v", err)
	}
	// Every record is there with its holder, reference, time and digest, and nothing that
	// the alert does not name.
	for _, e := range strong.Statement.Evidence {
		for _, want := range []string{e.Holder, e.Ref, e.SHA256, e.At.Format(time.RFC3339)} {
			if !bytes.Contains(data, []byte(want)) {
				t.Errorf("it lacks %q", want)
			}
		}
	}
	weaker, _, err := Of(t.Context(), store, weak.ID, CaseUCO, "anna")
	if err != nil || bytes.Contains(weaker, []byte("hashValue")) {
		t.Errorf("a hash out of nowhere, %v", err)
	}
	var graph struct {
		Graph []struct {
			ID string `json:"@id"`
		} `json:"@graph"`
	}
	if err := json.Unmarshal(data, &graph); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, n := range graph.Graph {
		if seen[n.ID] {
			t.Errorf("%s is there twice", n.ID)
		}
		seen[n.ID] = true
	}
}

// TestVICSIsReadBack by the reader of lists, as another tool would.
func TestVICSIsReadBack(t *testing.T) {
	store, strong, weak := inboxWith(t)
	data, _, err := Of(t.Context(), store, strong.ID, VICS, "anna")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "alert.vics.json", data)
	r, f, err := formats.Open(formats.Auto, bytes.NewReader(data), formats.Options{})
	if err != nil || f != formats.VICS {
		t.Fatalf("it is read as %s, %v", f, err)
	}
	record, err := r.Next()
	if err != nil || len(record.Entries) != 1 {
		t.Fatalf("%+v, %v", record, err)
	}
	e := record.Entries[0]
	want := ""
	for _, one := range strong.Statement.Evidence {
		want += one.SHA256
	}
	if e.Hash.Kind != hashdb.KindSHA256 || e.Hash.String() != want || e.Ref != "1" {
		t.Errorf("%+v, want %s", e, want)
	}
	var raw struct{ Value []map[string]any }
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	for name := range raw.Value[0] {
		if !strings.Contains("MediaID Category AlternativeHashes", name) {
			t.Errorf("%s is invented", name)
		}
	}
	if _, _, err := Of(t.Context(), store, weak.ID, VICS, "anna"); !errors.Is(err, ErrNoHash) {
		t.Errorf("without a hash: %v", err)
	}
}

// TestWhatIsTakenIsLogged before it is given out, and what is not there is not.
func TestWhatIsTakenIsLogged(t *testing.T) {
	store, strong, _ := inboxWith(t)
	if _, _, err := Of(t.Context(), store, strong.ID, "pdf", "anna"); !errors.Is(err, ErrFormat) {
		t.Errorf("pdf: %v", err)
	}
	if _, _, err := Of(t.Context(), store, "none", VICS, "anna"); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
	if _, _, err := Of(t.Context(), store, strong.ID, VICS, "anna"); err != nil {
		t.Fatal(err)
	}
	lines, err := store.Journal(context.Background(), strong.ID, 10)
	if err != nil || len(lines) != 2 || lines[0].What != inbox.DidExport || lines[0].Detail != VICS {
		t.Errorf("%+v, %v", lines, err)
	}
}

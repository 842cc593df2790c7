package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/stream"
)

// TestWhatIsRefusedIsAmongTheDeadLettersInEveryFormat feeds bad records in four formats,
// and reads the report of errors beside the dead letters.
func TestWhatIsRefusedIsAmongTheDeadLettersInEveryFormat(t *testing.T) {
	c, client := feedTown(t, "payments")
	read := func(name string) []byte {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	cardFormat := FileFormat{Cards: true, Institution: "DEMODEFFXXX", AsOf: "2026-04-01T02:00:00Z"}
	want := map[string]int{}
	for _, f := range []struct {
		name   string
		format FileFormat
		data   []byte
		bad    int
	}{
		{"bank.xml", FileFormat{}, bankFile(t, 5, 2, 4), 2},
		{"bank.jsonl", FileFormat{}, []byte("{}\n"), 1},
		{"statement.csv", FileFormat{Columns: "../../payments/columns/testdata/statement.map.yaml"}, read("../../payments/columns/testdata/statement.csv"), 11},
		{"cards.iso8583", cardFormat, read("../../payments/card/testdata/binary-4.iso8583"), 7},
	} {
		report := filepath.Join(t.TempDir(), "errors.jsonl")
		var out bytes.Buffer
		err := Feed(t.Context(), c, FeedOptions{
			FileFormat: f.format, Errors: report, Out: &out, Errs: io.Discard,
			Sources: []Source{{Name: "/some/folder/" + f.name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.data)), nil }}},
		})
		if !errors.Is(err, ErrSomeRefused) {
			t.Fatalf("%s: %v", f.name, err)
		}
		records := map[int]bool{}
		for line := range strings.Lines(string(read(report))) {
			var r struct {
				Record       int
				Code, Reason string
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil || r.Code == "" || r.Reason == "" {
				t.Errorf("%s: %q, %v", f.name, line, err)
			}
			records[r.Record] = true
		}
		if len(records) != f.bad || !strings.Contains(out.String(), fmt.Sprintf("%d bad: ", f.bad)) {
			t.Errorf("%s: %d records are reported, want %d: %s", f.name, len(records), f.bad, out.String())
		}
		want[f.name] = f.bad
	}
	eventually(t, time.Minute, "dead letters", func() (bool, string) {
		got := map[string]int{}
		if err := client.ReadAll(t.Context(), topicDeadLetter, func(m stream.Message) error {
			var s struct {
				File     string
				Refusals []struct{ Code, Reason string }
				Record   []byte
			}
			switch m.Headers["vigil-reason"] {
			case "amount-negative":
				got["bank.xml"]++
			case "schema":
				got["bank.jsonl"]++
			default:
				if err := json.Unmarshal(m.Data, &s); err != nil || len(s.Refusals) == 0 || s.Refusals[0].Reason == "" {
					return fmt.Errorf("%w: %s", err, m.Data)
				}
				got[s.File]++
			}
			if isRow := strings.HasSuffix(s.File, ".csv"); isRow != bytes.HasPrefix(s.Record, []byte("R-")) && !bytes.HasPrefix(s.Record, []byte(";31")) {
				t.Errorf("%s: %q is kept", s.File, s.Record)
			}
			if strings.Contains(m.Headers["vigil-error"], "Testmann") || bytes.Contains(m.Data, []byte("4111111111111111")) {
				t.Errorf("a name or a card's number is told: %s %s", m.Headers["vigil-error"], m.Data)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return maps.Equal(got, want), fmt.Sprintf("\n got %v\nwant %v", got, want)
	})
}

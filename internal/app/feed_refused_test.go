package app

import (
	"bytes"
	"encoding/csv"
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
	// What only shows later is told too: a reference that was another payment's.
	again := bytes.Replace(bankFile(t, 1), []byte(">50.00<"), []byte(">51.00<"), 1)
	if err := Feed(t.Context(), c, FeedOptions{Out: io.Discard, Errs: io.Discard, Sources: []Source{{Name: "again.xml", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(again)), nil
	}}}}); err != nil {
		t.Fatal(err)
	}
	all := filepath.Join(t.TempDir(), "all.csv")
	eventually(t, time.Minute, "all that was refused", func() (bool, string) {
		var out bytes.Buffer
		if err := Refused(t.Context(), c, RefusedOptions{Errors: all, Out: &out, Errs: io.Discard}); err != nil {
			t.Fatal(err)
		}
		return out.String() == "22 records of payments were refused\n", out.String()
	})
	rows, err := csv.NewReader(bytes.NewReader(read(all))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, row := range rows[1:] {
		if row[4] == "" || row[6] == "" || strings.Contains(strings.Join(row, " "), "Testmann") {
			t.Errorf("%q", row)
		}
		told[row[4]+" "+row[3]]++
		if row[4] == "amount-negative" {
			told[row[0]+" "+row[1]]++
		}
	}
	for _, want := range []string{"amount-negative R-2", "amount-negative R-4", "bank.xml 2", "bank.xml 4", "reference-reused R-1", "time R-3", "partial-reversal 123456/TERM0001/609012000001"} {
		if told[want] != 1 {
			t.Errorf("%s is told %d times: %v", want, told[want], told)
		}
	}
}

package flood

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/golden"
)

func TestRecords(t *testing.T) {
	r := flooded(t)
	var text strings.Builder
	keep := func(data []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		text.Write(data)
		text.WriteByte('\n')
	}
	v := verdict(false, time.Hour)
	keep(v.Encode())
	keep(r.last().Encode())
	text.WriteString(r.last().Says() + "\n")
	r.verdict(v)
	r.match(match(4, 1, 0))
	keep(r.last().Encode())
	text.WriteString(r.last().Says() + "\n")
	v = verdict(true, 2*time.Hour)
	v.ExemptSeconds = 60
	keep(v.Encode())
	r.verdict(v)
	keep(r.last().Encode())
	text.WriteString(r.last().Says() + "\n")
	golden.Check(t, "records.golden", text.String())

	data, err := v.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := DecodeVerdict(data); err != nil || back != v {
		t.Errorf("got %+v and %v", back, err)
	}
	if data, err = r.last().Encode(); err != nil {
		t.Fatal(err)
	}
	if back, err := DecodeQuarantine(data); err != nil || !reflect.DeepEqual(back, r.last()) {
		t.Errorf("got %+v and %v", back, err)
	}
	if r.last().Key() != v.Key() {
		t.Error("a quarantine and its verdict have other keys")
	}
}

func TestBadRecords(t *testing.T) {
	good, err := verdict(true, 0).Encode()
	if err != nil {
		t.Fatal(err)
	}
	quarantine, err := flooded(t).last().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		change func(map[string]any)
		want   string // in both errors
	}{
		{func(m map[string]any) { delete(m, "list") }, "list"},
		{func(m map[string]any) { m["entry"] = "" }, "/entry"},
		{func(m map[string]any) { m["hash"] = "x" }, "hash"},
		{func(m map[string]any) { m["at"] = "noon" }, "/at"},
	} {
		for _, data := range [][]byte{good, quarantine} {
			var m map[string]any
			if err := json.Unmarshal(data, &m); err != nil {
				t.Fatal(err)
			}
			test.change(m)
			bad, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			_, err = DecodeVerdict(bad)
			_, err2 := DecodeQuarantine(bad)
			for _, err := range []error{err, err2} {
				wantReason(t, err, "schema")
			}
			if both := err.Error() + err2.Error(); !strings.Contains(both, test.want) {
				t.Errorf("got %s", both)
			}
		}
	}
	for text, reason := range map[string]string{
		"{": "json",
		`{"list":"l","entry":"e","release":false,"exempt_seconds":5,"by":"b","reason":"r","at":"2026-03-01T12:00:00Z"}`: "schema",
		`{"list":"l","entry":"e","release":true,"by":"b","reason":"r","at":"1969-03-01T12:00:00Z"}`:                     "schema",
		`{"list":"l","entry":"e","release":true,"by":"","reason":"r","at":"2026-03-01T12:00:00Z"}`:                      "schema",
	} {
		_, err := DecodeVerdict([]byte(text))
		wantReason(t, err, reason)
	}
	q := flooded(t).last()
	q.State = Released // without a decision
	data, err := q.Encode()
	if err != nil {
		t.Fatal(err)
	}
	_, err = DecodeQuarantine(data)
	wantReason(t, err, "schema")
	if _, err := (Verdict{}).Encode(); err == nil {
		t.Error("an empty verdict was encoded")
	}
}

func FuzzDecode(f *testing.F) {
	v := verdict(true, 0)
	v.ExemptSeconds = 5
	data, _ := v.Encode()
	f.Add(data)
	q := Quarantine{List: "l", Entry: "e", State: Quarantined, Since: noon, At: noon, Limit: 20, WithinSeconds: 3600, Examples: []Example{{strings.Repeat("0", 32), "p", "s"}}}
	data, _ = q.Encode()
	f.Add(data)
	q.State, q.Decision = Released, &Decision{true, noon, "b", "r", noon}
	data, _ = q.Encode()
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := DecodeVerdict(data); err == nil {
			again, err := v.Encode()
			if err != nil {
				t.Fatalf("a verdict that was read cannot be written: %v", err)
			}
			if back, err := DecodeVerdict(again); err != nil || back != v {
				t.Fatalf("got %+v and %v, want %+v", back, err, v)
			}
			if _, err := New(Options{}).Verdict(t.Context(), memory{}, v); err != nil {
				t.Fatalf("a verdict that was read cannot be taken: %v", err)
			}
		}
		if q, err := DecodeQuarantine(data); err == nil {
			if again, err := q.Encode(); err != nil {
				t.Fatalf("a quarantine that was read cannot be written: %v in %s", err, again)
			}
		}
	})
}

package exchange_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/internal/golden"
)

// TestConfig reads every testdata/config-*.yaml and compares what came of it.
func TestConfig(t *testing.T) {
	files, err := filepath.Glob("testdata/config-*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("only %d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := exchange.ParseConfig(text)
		got := ""
		if err != nil {
			got = err.Error() + "\n"
		} else {
			b, err := json.MarshalIndent(c, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = string(b) + "\n"
		}
		golden.Check(t, strings.TrimSuffix(filepath.Base(file), ".yaml")+".golden", got)
		if strings.Contains(got, "hunter2") {
			t.Errorf("%s: a secret is repeated", file)
		}
	}
}

func TestConfigRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"exchanges: []":           "",
		"exchanges:":              "",
		"exchanges: 7":            "line 1: exchanges: want a sequence",
		"exchanges: [7]":          "line 1: exchanges[0]: want a mapping",
		"other: 1":                "unknown field",
		"exchanges: [\n":          "[1:12]",
		"exchanges:\n- source: a": "line 2: exchanges[0].exchange",
		"exchanges:\n- 7: a":      "a key is not a plain word",
		"exchanges: &a\n- *a":     "want",
		"exchanges:\n- credentials: {user: hunter2}":             "must not be in the configuration",
		"exchanges:\n- credentials: {hunter2: x}":                "a credential's name",
		"exchanges:\n- credentials: hunter2":                     "want a mapping of names",
		"exchanges:\n- credentials: {user: [hunter2]}":           "must not be in the configuration",
		"exchanges:\n- source: a\n  credentials: {user: hunter2": "[",
		strings.Repeat("#", 2<<20):                               "longer than 1 MiB",
	} {
		_, err := exchange.ParseConfig([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.60q: a secret is repeated: %v", text, err)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	good := exchange.SourceConfig{Source: "a", Exchange: "folder", Path: t.TempDir(), Every: time.Minute, StaleAfter: time.Hour}
	if err := (exchange.SourceConfigs{good}).Check(); err != nil {
		t.Fatal(err)
	}
	twice := good
	twice.Source = "A"
	err := (exchange.SourceConfigs{good, twice}).Check()
	var all *exchange.ConfigError
	if !errors.As(err, &all) || len(all.Faults) != 1 || !strings.Contains(err.Error(), "another exchange's too") {
		t.Errorf("got %v", err)
	}
	radius := 99
	bad := good
	bad.Kinds = map[hashdb.Kind]exchange.ListConfig{hashdb.KindMD5: {Radius: &radius}, hashdb.KindPDQ: {Radius: &radius}}
	if err := (exchange.SourceConfigs{bad}).Check(); !errors.As(err, &all) || len(all.Faults) != 2 {
		t.Errorf("got %v, want two faults", err)
	}
}

func TestOptions(t *testing.T) {
	o := exchange.Options{"text": "b", "words": "x, y z", "duration": "90s", "number": "7", "time": "2020-01-31"}
	r := o.Reader()
	if r.Text("text", "a", "a", "b") != "b" || len(r.Words("words")) != 3 || r.Duration("duration", 0, 0, time.Hour) != 90*time.Second ||
		r.Number("number", 0, 0, 10) != 7 || !r.Time("time", time.Time{}).Equal(time.Date(2020, 1, 31, 0, 0, 0, 0, time.UTC)) ||
		r.Text("missing", "m") != "m" || r.Number("none", 5, 0, 1) != 5 {
		t.Error("values are not what was written")
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	bad := exchange.Options{"text": "c", "duration": "2h", "number": "x", "time": "then", "other": "1"}
	r = bad.Reader()
	r.Text("text", "a", "a", "b")
	r.Duration("duration", 0, 0, time.Hour)
	r.Number("number", 0, 0, 10)
	r.Time("time", time.Time{})
	var all *exchange.ConfigError
	if err := r.Err(); !errors.As(err, &all) || len(all.Faults) != 5 {
		t.Errorf("got %v, want five faults", err)
	}
}

func FuzzConfig(f *testing.F) {
	files, err := filepath.Glob("testdata/config-*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := exchange.ParseConfig(text)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error says nothing")
			}
			return
		}
		if err := c.Exchanges.Check(); err != nil {
			t.Fatalf("read and then refused: %v", err)
		}
	})
}

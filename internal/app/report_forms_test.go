package app

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report"
)

const sampleAlertFile = "../../report/testdata/alert.json"

func formOptions(t *testing.T) (FormOptions, *bytes.Buffer) {
	t.Helper()
	key, err := os.ReadFile("../../report/testdata/log-key.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	return FormOptions{
		Alert: sampleAlertFile, LogKey: strings.TrimSpace(string(key)), To: filepath.Join(t.TempDir(), "report"),
		Now: func() time.Time { return time.Date(2026, 3, 2, 22, 15, 0, 0, time.UTC) }, Out: &out,
	}, &out
}

func TestGoAMLOfAFile(t *testing.T) {
	for books, want := range map[string]string{"": "<activity>", "../../report/goaml/testdata/books.json": "<transactionnumber>TX-0001<"} {
		o, out := formOptions(t)
		o.Filer, o.Books = "../../report/goaml/testdata/filer.json", books
		if err := MakeGoAML(o); err != nil {
			t.Fatal(err)
		}
		r, err := zip.OpenReader(o.To)
		if err != nil {
			t.Fatal(err)
		}
		xml, err := r.Open("4a5da95ed4beb9e4c7bdbdfc767f5e0e.xml")
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(xml); err != nil || !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %s: %v", want, err)
		}
		if err := errors.Join(xml.Close(), r.Close()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "UAE Financial Intelligence Unit by its schema 5.0.2") || !strings.Contains(out.String(), "Nothing was sent.") {
			t.Errorf("it says %s", out)
		}
		if err := MakeGoAML(o); !errors.Is(err, os.ErrExist) {
			t.Errorf("written over: %v", err)
		}
	}
}

func TestSAROfAFile(t *testing.T) {
	for subject, want := range map[string]string{"": "EntityLastNameUnknownIndicator", "../../report/fincen/testdata/subject.json": "Up-Person"} {
		o, _ := formOptions(t)
		o.Filer, o.Books = "../../report/fincen/testdata/filer.json", subject
		if err := MakeSAR(o); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(o.To)
		if err != nil || !bytes.Contains(data, []byte(want)) {
			t.Errorf("the report lacks %s: %v", want, err)
		}
		if info, err := os.Stat(o.To); err != nil || info.Mode() != 0o600 {
			t.Errorf("it has mode %v, %v", info.Mode(), err)
		}
	}
}

// TestFormsOfTrueAlertsAlone: nothing is written of an alert that was changed, is of another
// log, or that nobody decided.
func TestFormsOfTrueAlertsAlone(t *testing.T) {
	whole, err := os.ReadFile(sampleAlertFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		old, to, want string
	}{
		"changed":     {`"score":3.75`, `"score":3.76`, "does not verify: content"},
		"a stand-in":  {`"stand_in":false`, `"stand_in":true`, "does not verify: content"},
		"another log": {`"log_key":"demo-log+`, `"log_key":"other-log+`, "does not verify: log"},
		"not one":     {`{"id"`, `{"id":7}{"id"`, "must be one alert"},
	} {
		changed := bytes.Replace(whole, []byte(c.old), []byte(c.to), 1)
		if bytes.Equal(changed, whole) {
			t.Fatalf("%s: the alert has no %s", name, c.old)
		}
		for form, make := range map[string]func(FormOptions) error{"goaml": MakeGoAML, "fincen": MakeSAR} {
			o, _ := formOptions(t)
			o.Filer = "../../report/" + form + "/testdata/filer.json"
			o.Alert = filepath.Join(t.TempDir(), "alert.json")
			if err := os.WriteFile(o.Alert, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := make(o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: %v", name, form, err)
			}
			if _, err := os.Stat(o.To); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s, %s: something was written", name, form)
			}
		}
	}
}

func TestComplete(t *testing.T) {
	var out bytes.Buffer
	if err := Complete(CompleteOptions{Alert: sampleAlertFile, Out: &out}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "100 % complete, and 60 % are wanted") || !strings.Contains(out.String(), "ok       identifiers  must") {
		t.Errorf("got\n%s", out.String())
	}
	whole, err := os.ReadFile(sampleAlertFile)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "alert.json")
	lacking := bytes.Replace(whole, []byte(`"second":"reviewer-2","persons":2`), []byte(`"persons":1`), 1)
	if err := os.WriteFile(path, lacking, 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	err = Complete(CompleteOptions{Alert: path, Gate: report.Gate{Bar: 0.9}, Out: &out})
	var held *report.Held
	if !errors.As(err, &held) || !strings.Contains(out.String(), "missing  viewed") || !strings.Contains(out.String(), "83 % complete, and 90 % are wanted") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := Complete(CompleteOptions{Alert: path, Gate: report.Gate{Bar: 2}, Out: &out}); !errors.Is(err, ErrUsage) {
		t.Errorf("a bar of 2: %v", err)
	}
}

package app

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/seal"
)

// tools wants programs that know nothing of Vigil.
func tools(t *testing.T, names ...string) {
	t.Helper()
	for _, tool := range names {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("CI has no %s", tool)
			}
			t.Skip("no " + tool)
		}
	}
}

// reader runs the reader of docs/reporting on a record.
func reader(t *testing.T, record []byte, args ...string) (string, error) {
	t.Helper()
	tools(t, "python3", "age", "openssl")
	cmd := exec.Command("python3", append([]string{filepath.Join("..", "..", "docs", "reporting", "reader.py")}, args...)...)
	cmd.Stdin = bytes.NewReader(record)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestACentreReadsWithToolsOfItsOwn(t *testing.T) {
	s := newSentAlert(t)
	m := s.record(t)
	identity := s.c.centreKey("ph", identityEnd)
	out, err := reader(t, m.Data, identity, s.sealer.key, "ph")
	var a report.Alert
	if err != nil || json.Unmarshal([]byte(out), &a) != nil || a.ID != s.alert.ID {
		t.Fatalf("%v\n%s", err, out)
	}
	_, other, err := audit.NewKey("other")
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(m.Data)
	flipped[len(flipped)-1] ^= 1
	plain, err := report.Encode(s.alert)
	if err != nil {
		t.Fatal(err)
	}
	sealed := func(payload []byte, attached ...seal.Attachment) []byte {
		data, _, err := s.sealer.seal("ph", report.PayloadAlert, payload, attached)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for name, tt := range map[string]struct {
		record []byte
		args   []string
		want   string
	}{
		"another identity": {m.Data, []string{s.c.centreKey("us", identityEnd), s.sealer.key, "ph"}, "not encrypted to this identity"},
		"a flipped bit":    {flipped, []string{identity, s.sealer.key, "ph"}, "not encrypted to this identity, or not whole"},
		"another key":      {m.Data, []string{identity, other, "ph"}, "not signed by the log's key"},
		"another centre":   {m.Data, []string{identity, s.sealer.key, "us"}, "for another centre"},
		"a changed statement": {sealed(bytes.Replace(plain, []byte("a private session"), []byte("a public session!"), 1)),
			[]string{identity, s.sealer.key, "ph"}, "the statement is not what was logged"},
		"a second statement": {sealed(twice(t, plain, "a private session", "a public session!")),
			[]string{identity, s.sealer.key, "ph"}, "more than one statement"},
		"a changed proof": {sealed(bytes.Replace(plain, []byte(`"index":`), []byte(`"index":1`), 1)),
			[]string{identity, s.sealer.key, "ph"}, "checkpoint"},
		"a picture more": {sealed(plain, seal.Attach(typeJPEG, stripes(t, 1))), []string{identity, s.sealer.key, "ph"}, "not named by the statement"},
	} {
		if out, err := reader(t, tt.record, tt.args...); err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// twice is an alert with its statement once more behind all else, changed: a reader that checks
// the one and shows the other is deceived.
func twice(t *testing.T, alert []byte, old, changed string) []byte {
	t.Helper()
	var a struct{ Statement json.RawMessage }
	if err := json.Unmarshal(alert, &a); err != nil {
		t.Fatal(err)
	}
	other := bytes.Replace(a.Statement, []byte(old), []byte(changed), 1)
	return append(append(append(bytes.TrimSuffix(bytes.Clone(alert), []byte("}")), `,"statement":`...), other...), '}')
}

// TestTheStepsByHand runs those of docs/reporting.md.
func TestTheStepsByHand(t *testing.T) {
	tools(t, "bash", "age", "openssl", "jq")
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "reporting.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, steps, found := strings.Cut(string(text), "The steps by hand, for one signature:\n\n```\n")
	steps, _, ended := strings.Cut(steps, "```")
	if !found || !ended {
		t.Fatal("docs/reporting.md has no steps by hand")
	}
	s := newSentAlert(t)
	dir := t.TempDir()
	identity, err := os.ReadFile(s.c.centreKey("ph", identityEnd))
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "keys"), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	run := func(key string) (string, error) {
		for name, data := range map[string][]byte{"record": s.record(t).Data, "audit.pub": []byte(key + "\n"), "keys/ph.identity": identity} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", steps)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(s.sealer.key); err != nil || !strings.Contains(out, "Verified Successfully") {
		t.Errorf("%v\n%s", err, out)
	}
	_, other, err := audit.NewKey("other")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := run(other); err == nil {
		t.Errorf("another key's signature holds\n%s", out)
	}
}

// readsByItself has the reader open what lies in the queue of ca, and find so many frames.
func (s *session) readsByItself(frames string, n int) {
	s.t.Helper()
	key, err := s.c.verifier("")
	if err != nil {
		s.t.Fatal(err)
	}
	read := 0
	if err := s.client.ReadAll(s.t.Context(), "alerts.ca", func(m stream.Message) error {
		read++
		if out, err := reader(s.t, m.Data, s.c.centreKey("ca", identityEnd), key, "ca", frames); err != nil {
			s.t.Errorf("%v\n%s", err, out)
		}
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	if files, err := os.ReadDir(frames); err != nil || len(files) != n || read == 0 {
		s.t.Errorf("%d records and %d frames are read, want %d, %v", read, len(files), n, err)
	}
}

// TestSchemasDescribeWhatIsSent holds what lies in a queue to the published schemas alone.
func TestSchemasDescribeWhatIsSent(t *testing.T) {
	s := newSentAlert(t)
	dir := t.TempDir()
	if err := InboxSchemas(nil, dir, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	fits := func(schema string, data []byte) error {
		t.Helper()
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		compiled, err := c.Compile(filepath.Join(dir, schema+".json"))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return compiled.Validate(doc)
	}
	payload, err := report.Encode(s.alert)
	if err != nil {
		t.Fatal(err)
	}
	data, _, err := s.sealer.seal("ph", report.PayloadAlert, payload, []seal.Attachment{seal.Attach(typeJPEG, stripes(t, 1))})
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(data), s.keys...)
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(plain.Bytes(), []byte("\n"))
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	for schema, data := range map[string][]byte{"envelope": lines[0], "attachment": lines[1], "alert": payload} {
		if err := fits(schema, data); err != nil {
			t.Errorf("%s: %v", schema, err)
		}
		if err := fits(schema, []byte(`{}`)); err == nil {
			t.Errorf("%s: anything fits", schema)
		}
	}
	if want := []string{"alert", "attachment", "correction", "envelope", "outcome"}; !slices.Equal(InboxSchemaNames(), want) {
		t.Errorf("schemas %v are published", InboxSchemaNames())
	}
}

package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/report/seal"
	"github.com/vigil-stream/vigil/review"
)

// A sentAlert is an alert on its way, and what it takes to send and to open it.
type sentAlert struct {
	c      Config
	alert  report.Alert
	sealer *sealer
	keys   []age.Identity // of the centre ph
}

func newSentAlert(t *testing.T) sentAlert {
	t.Helper()
	c, _, ids := aToldCase(t)
	table, err := c.directory()
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.newSealer(table)
	if err != nil {
		t.Fatal(err)
	}
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	a, _, _, err := c.alertOf(t.Context(), store, ids["ph"], review.Reviewer("r2"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := c.inboxIdentities(t.Context(), "ph", "")
	if err != nil || len(keys) != 1 {
		t.Fatal(len(keys), err)
	}
	return sentAlert{c, a, s, keys}
}

func (s sentAlert) record(t *testing.T) stream.Message {
	t.Helper()
	data, err := report.Encode(s.alert)
	if err != nil {
		t.Fatal(err)
	}
	out, err := (&pump{sealer: s.sealer}).toCentre(s.alert.Centre, s.alert.ID, s.alert.ID, report.PayloadAlert, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return stream.Message{Event: out.Event}
}

// centre is the one that the alert is for.
func (s sentAlert) centre() route.Centre { return route.Centre{ID: "ph"} }

func TestAnAlertLeavesUnreadable(t *testing.T) {
	s := newSentAlert(t)
	m := s.record(t)
	if m.ContentType != seal.TypeEncrypted || m.Key != s.alert.ID || m.Subject != "" {
		t.Errorf("content %s, key %s, subject %q", m.ContentType, m.Key, m.Subject)
	}
	clearly := strings.Join([]string{m.ID, m.Source, m.Type, m.Subject, m.Key, m.ContentType, string(m.Data)}, "\n")
	for _, secret := range []string{s.alert.Statement.Case, string(s.alert.Statement.Subject), s.alert.Statement.Decision, "alert.v1", "demo", "retract"} {
		if strings.Contains(clearly, secret) {
			t.Errorf("%q can be read by all who can read the queue", secret)
		}
	}
	got, err := openTold(m, "ph", s.sealer.key, s.keys)
	if err != nil || !got.check.OK() || !got.Sealed || got.Alert.ID != s.alert.ID {
		t.Fatalf("%+v, %v", got, err)
	}
	var out bytes.Buffer
	if err := got.print(&out); err != nil || !strings.Contains(out.String(), "encrypted to this centre, and its secret") || strings.Contains(out.String(), "PLAIN") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestTheFirstStepThatFailsIsNamed(t *testing.T) {
	s := newSentAlert(t)
	good := s.record(t)
	with := func(change func(m *stream.Message)) stream.Message {
		m := good
		change(&m)
		return m
	}
	plain, err := report.Encode(s.alert)
	if err != nil {
		t.Fatal(err)
	}
	sealed := func(payloadType string, payload []byte, to []age.Recipient) stream.Message {
		return with(func(m *stream.Message) {
			if m.Data, m.ContentType, err = seal.Seal(payloadType, payload, s.sealer.key, s.sealer.sign, to); err != nil {
				t.Fatal(err)
			}
		})
	}
	usKeys, err := s.c.inboxIdentities(t.Context(), "us", "")
	if err != nil {
		t.Fatal(err)
	}
	_, otherKey, err := audit.NewKey("other")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		m      stream.Message
		centre string
		key    string
		keys   []age.Identity
		err    string // of what is not opened
		failed string // finding of what is
	}{
		"another centre's identity": {good, "ph", s.sealer.key, usKeys, "decrypt: It cannot be opened: it is not encrypted to this identity", ""},
		"no identity":               {good, "ph", s.sealer.key, nil, "decrypt: It cannot be opened: it is encrypted", ""},
		"cut":                       {with(func(m *stream.Message) { m.Data = m.Data[:len(m.Data)-1] }), "ph", s.sealer.key, s.keys, "decrypt: ", ""},
		"another type":              {sealed("application/vnd.vigil.outcome.v1+json", plain, nil), "ph", s.sealer.key, s.keys, "type: ", ""},
		"an alert as a correction":  {sealed(report.PayloadCorrection, plain, nil), "ph", s.sealer.key, s.keys, "decode: It does not fit the schema: correction: ", ""},
		"no alert":                  {sealed(report.PayloadAlert, []byte(`{}`), nil), "ph", s.sealer.key, s.keys, "decode: It does not fit the schema: alert: ", ""},
		"text":                      {with(func(m *stream.Message) { m.Data = []byte("text") }), "ph", s.sealer.key, s.keys, "form: ", ""},
		"another queue":             {sealed(report.PayloadAlert, plain, nil), "us", s.sealer.key, s.keys, "", "centre"},
		"changed": {sealed(report.PayloadAlert, bytes.Replace(plain, []byte("a private session"), []byte("a public session!"), 1), nil),
			"ph", s.sealer.key, s.keys, "", "content"},
		"another log": {sealed(report.PayloadAlert, plain, nil), "ph", otherKey, s.keys, "signature: ", ""},
	} {
		got, err := openTold(tt.m, tt.centre, tt.key, tt.keys)
		if tt.err != "" {
			if err == nil || !strings.HasPrefix(err.Error(), tt.err) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, f := range got.check.Findings {
			if !f.OK {
				if f.Name != tt.failed {
					t.Errorf("%s: %s fails first", name, f.Name)
				}
				break
			}
		}
		if got.check.OK() {
			t.Errorf("%s passes", name)
		}
	}
}

func TestAPlainRecordFromBeforeIsReadAndNamed(t *testing.T) {
	s := newSentAlert(t)
	data, err := report.Encode(s.alert)
	if err != nil {
		t.Fatal(err)
	}
	m := stream.Message{Event: stream.Event{ID: s.alert.ID, Type: report.TypeAlert, ContentType: typeJSON, Data: data}}
	got, err := openTold(m, "ph", s.sealer.key, nil)
	if err != nil || got.Sealed || !got.check.OK() {
		t.Fatalf("%+v, %v", got, err)
	}
	var out bytes.Buffer
	if err := got.print(&out); err != nil || !strings.HasPrefix(out.String(), "PLAIN: ") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestASignedRecordThatIsReadableIsNamed(t *testing.T) {
	s := newSentAlert(t)
	delete(s.sealer.to, "ph") // as with alerts_in_clear
	m := s.record(t)
	got, err := openTold(m, "ph", s.sealer.key, s.keys)
	if err != nil || !got.check.OK() || m.ContentType != seal.TypeSigned {
		t.Fatalf("%s, %+v, %v", m.ContentType, got, err)
	}
	var out bytes.Buffer
	if err := got.print(&out); err != nil || !strings.HasPrefix(out.String(), "IN CLEAR: ") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestKeysOfCentres(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if err := InboxKey(InboxKeyOptions{Centre: "ph", To: dir, Out: &out}); err != nil {
		t.Fatal(err)
	}
	if err := InboxKey(InboxKeyOptions{Centre: "us", To: dir, PostQuantum: true, Out: &bytes.Buffer{}}); err != nil {
		t.Fatal(err)
	}
	if err := InboxKey(InboxKeyOptions{Centre: "ph", To: dir, Out: &bytes.Buffer{}}); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("keys are made twice: %v", err)
	}
	if err := InboxKey(InboxKeyOptions{Centre: "../ph", To: dir, Out: &bytes.Buffer{}}); err == nil {
		t.Error("a centre of any name has keys")
	}
	for end, mode := range map[string]os.FileMode{identityEnd: 0o600, signerEnd: 0o600, recipientsEnd: 0o644, verifierEnd: 0o644} {
		name := filepath.Join(dir, "ph"+end)
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		secret := mode == 0o600
		if info.Mode().Perm() != mode || strings.Contains(out.String(), strings.TrimSpace(string(text))) == secret {
			t.Errorf("%s has mode %v, or is printed where it must not be, or is not: %s", name, info.Mode(), out.String())
		}
	}

	c := DefaultConfig(t.TempDir())
	table, err := c.directory()
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	c.Brokers = []string{"127.0.0.1:9092"}
	c.CentreKeys = map[string]string{
		"ph": filepath.Join(dir, "ph.recipients"), "us": write("mixed", read("ph.recipients")+read("us.recipients")),
		"gb": write("secret", read("ph.identity")), "ca": filepath.Join(dir, "none"), "zz": filepath.Join(dir, "ph.recipients"),
	}
	c.Attach = map[string]string{"au": attachFrames, "xx": attachNone}
	_, err = c.recipients(table)
	if err == nil {
		t.Fatal("no fault is found")
	}
	for _, want := range []string{
		"centre_keys.us: these keys do not go together", "centre_keys.gb: ", "centre_keys.ca: ", "centre_keys.zz: no such reporting centre",
		"attach.au: frames are only sent encrypted", "attach.xx: no such reporting centre", "centre_keys: no key of ", "alerts_in_clear: true",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "AGE-SECRET-KEY") {
		t.Error("the error quotes a secret key")
	}
	c.CentreKeys, c.Attach = map[string]string{"ph": filepath.Join(dir, "ph.recipients"), "us": filepath.Join(dir, "us.recipients")}, nil
	c.AlertsInClear = true
	to, err := c.recipients(table)
	if err != nil || len(to) != 2 {
		t.Errorf("%d centres have keys, %v", len(to), err)
	}
}

package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

func TestNothingLeavesWithoutAConfirmingDecision(t *testing.T) {
	l := logOf(t, 0)
	d := confirmed()
	proof := l.prove(t, entryOf(t, d))
	for _, v := range []review.Verdict{review.Dismiss, "", "CONFIRM"} {
		d.Verdict = v
		if a, err := Build(d, Centre{ID: "us"}, "why", proof, l.verifier); !errors.Is(err, ErrNotConfirmed) || a.ID != "" {
			t.Errorf("verdict %q: got %+v, %v", v, a, err)
		}
	}
}

func TestBuildRefusesAProofOfSomethingElse(t *testing.T) {
	l := logOf(t, 0)
	d := confirmed()
	for name, spoil := range map[string]func(*audit.Entry){
		"another decision": func(e *audit.Entry) { e.ID = signal.ID("decision", caseID, "2") },
		"another content":  func(e *audit.Entry) { e.Digest = digestOfCase },
		"another kind":     func(e *audit.Entry) { e.Kind = audit.KindCase },
	} {
		e := entryOf(t, d)
		spoil(&e)
		if _, err := Build(d, Centre{ID: "us"}, "why", l.prove(t, e), l.verifier); err == nil {
			t.Errorf("%s: an alert was built", name)
		}
	}
	if _, err := Build(d, Centre{ID: "us"}, "why", audit.Proof{}, l.verifier); err == nil {
		t.Error("an alert was built without a proof")
	}
	for _, key := range []string{"", "name", "+hash+key", "name++key"} {
		if _, err := Build(d, Centre{ID: "us"}, "why", l.prove(t, entryOf(t, d)), key); err == nil {
			t.Errorf("an alert was built with the key %q", key)
		}
	}
}

func TestAnAlertDecodesToWhatWasEncoded(t *testing.T) {
	a := alertOf(t, confirmed(), logOf(t, 0))
	data, err := Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeAlert(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, a) {
		t.Errorf("got\n%+v, want\n%+v", got, a)
	}
	if a.ID != signal.ID("alert", caseID, "1", "ph") {
		t.Errorf("id %s", a.ID)
	}
	if strings.Contains(string(data), "canary-note") {
		t.Error("the reviewer's note is in the alert")
	}
	if a.LogKey == "" || strings.Count(a.LogKey, "+") != 1 {
		t.Errorf("log_key %q must be the name and hash, not the key", a.LogKey)
	}
	c, _ := directory(t).Centre("us")
	if other, err := Build(confirmed(), centreOf(c), "w", a.Proof, logOf(t, 0).verifier); err != nil || other.ID == a.ID {
		t.Errorf("alerts to two centres have one id: %v", err)
	}
}

// TestTheStatementCanBeHashedAsItStands takes the statement's bytes out of the
// record, as a verifier in another language would.
func TestTheStatementCanBeHashedAsItStands(t *testing.T) {
	d := confirmed()
	d.Case.Parts[1].Says = "a <b> & \u2028 \"c\" é"
	data, err := Encode(alertOf(t, d, logOf(t, 0)))
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(members["statement"])
	if want := entryOf(t, d).Digest; hex.EncodeToString(sum[:]) != want {
		t.Errorf("the SHA-256 of the statement's bytes is %x, want %s", sum, want)
	}
}

func TestDecodeAlertRejectsMisfits(t *testing.T) {
	data, err := Encode(alertOf(t, confirmed(), logOf(t, 0)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"a dismissal":   {`"verdict":"confirm"`, `"verdict":"dismiss"`, "/statement/verdict"},
		"unknown field": {`"log_key"`, `"extra":1,"log_key"`, "extra"},
		"no proof":      {`"proof"`, `"prof"`, "proof"},
		"subject":       {`"subject":"sub_`, `"subject":"someone_`, "/statement/subject"},
		"time":          {`"at":"2026-03-01T13:30:00Z"`, `"at":"yesterday"`, "/statement/at"},
		"base64":        {`"entry":"ey`, `"entry":"!ey`, "/proof/entry"},
		"padding":       {`"entry":"ey`, `"entry":"Aey`, "schema"}, // the pattern takes it and base64 does not
		"centre":        {`"id":"ph"`, `"id":"../ph"`, "/centre/id"},
	} {
		bad := strings.Replace(string(data), c.old, c.new, 1)
		if bad == string(data) {
			t.Fatalf("%s: the record is still good", name)
		}
		_, err := DecodeAlert([]byte(bad))
		var rejection *signal.Rejection
		if !errors.As(err, &rejection) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want a Rejection that names %s", name, err, c.want)
		}
	}
}

func TestEncodeHasALimit(t *testing.T) {
	a := alertOf(t, confirmed(), logOf(t, 0))
	a.Why = strings.Repeat("x", signal.MaxJSON)
	if _, err := Encode(a); err == nil {
		t.Error("an alert beyond the limit was encoded")
	}
}

func FuzzDecodeAlert(f *testing.F) {
	l := logOf(f, 0)
	data, err := Encode(alertOf(f, confirmed(), l))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"statement":{"evidence":[{}]},"proof":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := DecodeAlert(data)
		var rejection *signal.Rejection
		if err != nil {
			if !errors.As(err, &rejection) {
				t.Fatalf("not a Rejection: %v", err)
			}
			return
		}
		var page strings.Builder
		if err := Print(&page, a, Verify(a, l.verifier)); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(page.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }) {
			t.Fatalf("a control character was printed: %q", page.String())
		}
	})
}

package report

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/vigil-stream/vigil/audit/dsse"
	"github.com/vigil-stream/vigil/signal"
)

func signerOf(t *testing.T, name string) (key string, sign func([]byte) ([]byte, error)) {
	t.Helper()
	private, key, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return key, signer.Sign
}

func TestOutcomeIsTheCentresOwn(t *testing.T) {
	key, sign := signerOf(t, "ph")
	other, _ := signerOf(t, "ph")
	o := Outcome{
		Alert: signal.ID("a"), Case: signal.ID("c"), Centre: "ph", Sequence: 2, Result: Insufficient,
		At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Missing: []string{CheckTimes},
		Entries: []EntryOutcome{{List: "l", HashKind: "pdq", Entry: "e", Wrong: true}},
	}
	if _, err := SealOutcome(o, key, sign); err == nil || !strings.Contains(err.Error(), "/id") {
		t.Errorf("an outcome without an id is sealed: %v", err)
	}
	o.ID = OutcomeID(o)
	data, err := SealOutcome(o, key, sign)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenOutcome(data, "ph", key)
	if err != nil || got.ID != o.ID || got.Entries[0] != o.Entries[0] {
		t.Errorf("%+v, %v", got, err)
	}
	for want, open := range map[string]func() (Outcome, error){
		"is not one by the key": func() (Outcome, error) { return OpenOutcome(data, "ph", other) },
		"says that it is of ph": func() (Outcome, error) { return OpenOutcome(data, "de", key) },
		"is no DSSE envelope":   func() (Outcome, error) { return OpenOutcome([]byte("{}{}"), "ph", key) },
		"bytes after the end":   func() (Outcome, error) { return OpenOutcome(append(bytes.Clone(data), '1'), "ph", key) },
	} {
		if _, err := open(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	o.Sequence++
	if _, err := SealOutcome(o, key, sign); err == nil || !strings.Contains(err.Error(), "does not follow") {
		t.Errorf("an id of another sequence is sealed: %v", err)
	}
}

// FuzzOpenOutcome: whatever comes, what opens is what the centre signed and encodes anew to the
// same word, and no byte of it can be another's.
func FuzzOpenOutcome(f *testing.F) {
	private, key, err := note.GenerateKey(rand.Reader, "ph")
	if err != nil {
		f.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		f.Fatal(err)
	}
	o := Outcome{Alert: signal.ID("a"), Case: signal.ID("c"), Centre: "ph", Sequence: 1, Result: Wrong, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	o.ID = OutcomeID(o)
	good, err := SealOutcome(o, key, signer.Sign)
	if err != nil {
		f.Fatal(err)
	}
	payload, err := json.Marshal(o)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, payload)
	f.Add([]byte(`{"payload":"e30=","payloadType":"`+PayloadOutcome+`","signatures":[]}`), []byte(`{"centre":"ph"}`))
	f.Add(bytes.Replace(good, []byte("payload"), []byte("PAYLOAD"), 1), bytes.Replace(payload, []byte(`"sequence":1`), []byte(`"sequence":1e0`), 1))
	f.Fuzz(func(t *testing.T, envelope, payload []byte) {
		if _, err := OutcomeCentre(envelope); err == nil {
			if _, err := OpenOutcome(envelope, "ph", key); err == nil && !bytes.Equal(envelope, good) {
				// Only other spellings of the envelope may open: what was signed is the same.
				got, _ := OpenOutcome(envelope, "ph", key)
				if got.ID != o.ID || got.Result != o.Result {
					t.Errorf("opens as %+v", got)
				}
			}
		}
		// Signed by the centre, a payload opens only as the word that it is.
		signed, err := dsse.Seal(PayloadOutcome, payload, key, signer.Sign)
		if err != nil {
			t.Fatal(err)
		}
		got, err := OpenOutcome(signed, "ph", key)
		if err != nil {
			return
		}
		if got.ID != OutcomeID(got) || got.Centre != "ph" || got.Sequence < 1 || len(got.Missing) > 16 || len(got.Entries) > 256 {
			t.Errorf("opens as %+v", got)
		}
		if _, err := SealOutcome(got, key, signer.Sign); err != nil {
			t.Errorf("what opens does not seal: %v", err)
		}
		if centre, err := OutcomeCentre(signed); err != nil || centre != "ph" {
			t.Errorf("%q, %v", centre, err)
		}
	})
}

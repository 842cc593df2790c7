package report

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

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

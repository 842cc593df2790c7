package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/detect/edge"
)

// preserved is a deployment from which hashes of a session left, and two windows of one
// stream, some pictures each. It returns the pictures.
func preserved(t *testing.T, c Config, key *age.X25519Identity) (pictures [][]byte) {
	t.Helper()
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	bucket, err := openFolder("evidence", c.Evidence)
	if err != nil {
		t.Fatal(err)
	}
	ledger, _, err := c.openAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := &leaving{bucket: bucket, ledger: ledger, policy: "p1", now: func() time.Time { return start }}
	if err := l.session(outgoingSession{What: "hashes", Why: "matching", Session: "s1", Platform: "demo", From: start, Frames: 7}); err != nil {
		t.Fatal(err)
	}
	if err := l.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	rings, err := edge.Open(edge.Options{
		Dir: c.ringDir(), Recipients: []age.Recipient{key.Recipient()}, Keep: ringKeep, Segment: 5 * time.Second, Now: func() time.Time { return start },
	})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := rings.Ring("demo", "../stream", start)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		p := append([]byte("\xff\xd8\xff\xe0"), fmt.Sprintf("picture %d\xff\xd9", i)...)
		if _, err := ring.Add(start.Add(time.Duration(i)*time.Second), i, fmt.Sprint("frame-", i), p); err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, p)
	}
	for _, why := range []string{"signal-1", "signal-2"} {
		if err := ring.Preserve(start, start.Add(time.Minute), why); err != nil {
			t.Fatal(err)
		}
	}
	if err := ring.Close(); err != nil {
		t.Fatal(err)
	}
	if done, err := rings.Deliver(t.Context(), l.put); err != nil || len(done) != 2 {
		t.Fatal(done, err)
	}
	if err := errors.Join(rings.Close(), ledger.Close(t.Context()), bucket.Close()); err != nil {
		t.Fatal(err)
	}
	return pictures
}

func TestEvidenceIsListedAndOpened(t *testing.T) {
	c := DefaultConfig(t.TempDir())
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	pictures := preserved(t, c, key)

	list := func(o EvidenceOptions) (string, error) {
		var out bytes.Buffer
		o.Out = &out
		err := ListEvidence(t.Context(), c, o)
		return out.String(), err
	}
	text, err := list(EvidenceOptions{})
	if err != nil || strings.Count(text, "\n") != 4 || !strings.Contains(text, "signal-1 and 1 more") || !strings.Contains(text, "sent/s1-7") || !strings.Contains(text, "matching") || strings.Contains(text, "NONE") {
		t.Fatalf("%s%v", text, err)
	}
	text, err = list(EvidenceOptions{Stream: "../stream", JSON: true})
	if err != nil || strings.Count(text, "\n") != 2 {
		t.Fatalf("%s%v", text, err)
	}
	var names []string
	frames := 0
	for line := range strings.Lines(text) {
		var o outgoing
		if err := json.Unmarshal([]byte(line), &o); err != nil || o.Entry == nil || o.What != "window" || strings.Join(o.Why, " ") != "signal-1 signal-2" {
			t.Fatal(line, err)
		}
		names, frames = append(names, o.Name), frames+o.Frames
	}
	if frames != len(pictures) {
		t.Errorf("%d frames are listed, want %d", frames, len(pictures))
	}
	if text, err := list(EvidenceOptions{Platform: "another"}); err != nil || text != "nothing left\n" {
		t.Errorf("%s%v", text, err)
	}

	dir := t.TempDir()
	identity := filepath.Join(dir, "key.txt")
	if err := os.WriteFile(identity, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := OpenEvidenceOptions{Names: names, Identity: identity, To: filepath.Join(dir, "pictures"), Out: &bytes.Buffer{}}
	if err := OpenEvidence(t.Context(), c, open); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(open.To, "*.jpg"))
	if err != nil || len(files) != len(pictures) {
		t.Fatal(files, err)
	}
	for _, want := range pictures {
		found := false
		for _, f := range files {
			got, err := os.ReadFile(f)
			found = found || err == nil && bytes.Equal(got, want)
			if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
				t.Error(info, err)
			}
		}
		if !found {
			t.Errorf("%q is not there", want)
		}
	}

	// Nothing is overwritten, and who has another key, no key or no window is told.
	if err := OpenEvidence(t.Context(), c, open); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("opened twice: %v", err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for text, of := range map[string]OpenEvidenceOptions{
		"decrypt":                         {Names: names, Identity: filepath.Join(dir, "other.txt")},
		"--identity":                      {Names: names, Identity: filepath.Join(dir, "none.txt")},
		"nothing in the evidence store":   {Names: []string{"windows/none.age"}, Identity: identity},
		"sent/s1-7.json: decrypt: failed": {Names: []string{"sent/s1-7.json"}, Identity: identity},
	} {
		if err := os.WriteFile(filepath.Join(dir, "other.txt"), []byte(other.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		of.To, of.Out = filepath.Join(dir, "none"), &bytes.Buffer{}
		if err := OpenEvidence(t.Context(), c, of); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("want %q, got %v", text, err)
		}
	}

	// A statement that was changed is not the one of the log.
	statement := filepath.Join(c.Evidence, names[0]+".json")
	data, err := os.ReadFile(statement)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(statement, bytes.Replace(data, []byte("signal-1"), []byte("signal-9"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := list(EvidenceOptions{}); !errors.Is(err, ErrUnverified) || !strings.Contains(text, "NONE") {
		t.Errorf("a changed statement: %s%v", text, err)
	}
}

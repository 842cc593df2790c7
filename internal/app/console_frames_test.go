package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/console"
	"github.com/vigil-stream/vigil/signal"
)

// stripes is a rendered picture, another one for each number.
func stripes(t *testing.T, n int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 320, 180))
	for y := range 180 {
		for x := range 320 {
			m.Set(x, y, color.RGBA{uint8(x * (n + 1)), uint8(y), uint8(40 * n), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// preserve lets a window of some pictures of a stream leave, a second apart, because a signal
// asked, encrypted to a key.
func preserve(t *testing.T, c Config, key *age.X25519Identity, of string, start time.Time, why string, pictures ...[]byte) {
	t.Helper()
	ledger, _, err := c.openAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := openFolder("evidence", c.Evidence)
	if err != nil {
		t.Fatal(err)
	}
	l := &leaving{bucket: bucket, ledger: ledger, policy: "p1", now: func() time.Time { return start }}
	rings, err := edge.Open(edge.Options{Dir: c.ringDir(), Recipients: []age.Recipient{key.Recipient()}, Keep: ringKeep, Segment: time.Minute, Now: l.now})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := rings.Ring("demo", of, start)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range pictures {
		if _, err := ring.Add(start.Add(time.Duration(i)*time.Second), i, fmt.Sprint("frame-", i), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(ring.Preserve(start, start.Add(time.Minute), why), ring.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := rings.Deliver(t.Context(), l.put); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(rings.Close(), bucket.Close(), ledger.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// TestTheConsoleOpensWhatWasPreserved: the frames that a case names, and where none of
// them is there, a few of those that are.
func TestTheConsoleOpensWhatWasPreserved(t *testing.T) {
	dir := t.TempDir()
	c := DefaultConfig(filepath.Join(dir, "data"))
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var pictures [][]byte
	for i := range 40 {
		pictures = append(pictures, stripes(t, i))
	}
	match := signal.Signal{ID: signal.ID("match", "m"), Evidence: []signal.Evidence{{What: "frame", SHA256: digestOf(pictures[3])}, {What: "frame", SHA256: digestOf(pictures[1])}}}
	preserve(t, c, key, "s1", start, match.ID, pictures...)

	if f, err := c.consoleFrames(t.Context(), store); f != nil || err != nil {
		t.Fatalf("without a key: %v, %v", f, err)
	}
	c.Review.EvidenceIdentity = filepath.Join(dir, "key.txt")
	if _, err := c.consoleFrames(t.Context(), store); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the key is not there: %v", err)
	}
	if err := os.WriteFile(c.Review.EvidenceIdentity, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	opens, err := c.consoleFrames(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	of := func(s ...signal.Signal) []console.Frame {
		t.Helper()
		frames, err := opens.Of(context.Background(), review.Case{Signals: s})
		if err != nil {
			t.Fatal(err)
		}
		return frames
	}
	if got := of(match); len(got) != 2 || !bytes.Equal(got[0].JPEG, pictures[1]) || !bytes.Equal(got[1].JPEG, pictures[3]) || !got[0].Named || got[0].SHA256 != digestOf(pictures[1]) {
		t.Errorf("%d frames of the match", len(got))
	}
	if got := of(signal.Signal{ID: match.ID}); len(got) < console.MaxFrames/2 || len(got) > console.MaxFrames || got[0].Named || got[len(got)-1].At.Sub(start) < 20*time.Second {
		t.Errorf("%d frames that no signal names, the last of %v", len(got), got[len(got)-1].At)
	}
	if got := of(signal.Signal{ID: "another"}); len(got) != 0 {
		t.Errorf("%d frames of another case's window", len(got))
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	f := frames{c, store, []age.Identity{other}}
	if _, err := f.Of(t.Context(), review.Case{Signals: []signal.Signal{match}}); err == nil {
		t.Error("another key opens it")
	}
}

package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/bundle"
	"github.com/vigil-stream/vigil/signal"
)

// carryOut does what a river's pump does with what the case store wants logged.
func carryOut(t *testing.T, store *review.Store, ledger *audit.Log) (kinds []string) {
	t.Helper()
	rows, err := store.Outbox(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Entry == nil {
			continue
		}
		kinds = append(kinds, row.Entry.Kind)
		index, err := ledger.Append(t.Context(), *row.Entry)
		if err == nil {
			err = store.Done(t.Context(), row.Seq, strconv.FormatUint(index, 10))
		}
		if err == nil {
			_, err = ledger.Prove(t.Context(), index) // a checkpoint covers it
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return kinds
}

// TestACaseIsTakenOutInABundle goes from a stored case with a preserved window to a bundle
// that verifies, and to the entry that says who took it.
func TestACaseIsTakenOutInABundle(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	c := DefaultConfig(filepath.Join(dir, "data"))
	c.Review.onePerson()
	ledger, verifier, err := c.openAudit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	store, err := c.openStore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}

	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	picture := func(i int) []byte { return append([]byte("\xff\xd8\xff\xe0"), fmt.Sprintf("picture %d\xff\xd9", i)...) }
	of := signal.Subject("sub_00000000000000000000000000000001")
	match := signal.Signal{
		ID: signal.ID("match", "m"), Revision: 1, Kind: signal.KindMatch, Subject: of, Start: start, End: start.Add(4 * time.Second), Says: "frames match",
		Match: &signal.Match{Stream: "s1", Platform: "demo", HashKind: "pdq", List: "demo", ListVersion: "v1", Entry: "e1", Distance: 3, Radius: 31, FramesMatched: 2, FramesSeen: 4},
	}
	for _, i := range []int{1, 3} {
		match.Evidence = append(match.Evidence, signal.Evidence{What: "frame", Holder: "demo", Ref: fmt.Sprint("frame-", i), SHA256: digestOf(picture(i)), At: start})
	}
	put := func(r review.Case) {
		t.Helper()
		data, err := json.Marshal(r)
		if err == nil {
			_, err = store.Receive(ctx, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put(review.Case{
		ID: signal.ID("case", string(of)), Revision: 1, Subject: of, State: review.StateOpen, Score: 2, Probability: 0.8808, Bar: 0.5, Weights: "w2",
		First: start, Last: match.End, Parts: []review.Part{{Name: "match", Weight: 2, Says: "frames match", Signals: []string{match.ID}}},
		Signals: []signal.Signal{match},
	})

	// A window that the match asked for leaves, and another of another stream.
	bucket, err := openFolder("evidence", c.Evidence)
	if err != nil {
		t.Fatal(err)
	}
	l := &leaving{bucket: bucket, ledger: ledger, policy: "p1", now: func() time.Time { return start }}
	rings, err := edge.Open(edge.Options{Dir: c.ringDir(), Recipients: []age.Recipient{key.Recipient()}, Keep: ringKeep, Segment: time.Minute, Now: l.now})
	if err != nil {
		t.Fatal(err)
	}
	for stream, why := range map[string]string{"s1": match.ID, "s2": "another"} {
		ring, err := rings.Ring("demo", stream, start)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			if _, err := ring.Add(start.Add(time.Duration(i)*time.Second), i, fmt.Sprint("frame-", i), picture(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(ring.Preserve(start, start.Add(time.Minute), why), ring.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := rings.Deliver(ctx, l.put); err != nil || len(done) != 2 {
		t.Fatal(done, err)
	}
	if err := errors.Join(rings.Close(), bucket.Close()); err != nil {
		t.Fatal(err)
	}

	id := signal.ID("case", string(of))
	export := func(name string, o BundleOptions) (string, string, error) {
		var out bytes.Buffer
		o.Case, o.To, o.Reviewer, o.Out = id, filepath.Join(dir, name), "r2", &out
		err := ExportEvidence(ctx, c, o)
		return o.To, out.String(), err
	}
	if _, _, err := export("early.zip", BundleOptions{}); !errors.Is(err, review.ErrUndecided) {
		t.Fatalf("an undecided case: %v", err)
	}
	shown, _, err := store.Show(ctx, id, review.Reviewer("r1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Decide(ctx, review.Request{CaseID: id, Digest: shown.Digest, Verdict: review.Confirm, Reason: "known-material", By: review.Reviewer("r1")}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := export("early.zip", BundleOptions{}); err == nil || !strings.Contains(err.Error(), "not in the audit log yet") {
		t.Fatalf("a decision that is not in the log: %v", err)
	}
	carryOut(t, store, ledger)

	identity := filepath.Join(dir, "key.txt")
	if err := os.WriteFile(identity, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, text, err := export("case.zip", BundleOptions{Identity: identity})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "1 windows, 2 originals") {
		t.Error(text)
	}
	if kinds := carryOut(t, store, ledger); strings.Join(kinds, " ") != "view export" {
		t.Errorf("the log is told of %v", kinds)
	}
	for key, want := range map[string]string{"": "the key INSIDE the bundle", verifier: "the key that was given"} {
		var out bytes.Buffer
		if err := VerifyEvidence(file, key, &out); err != nil || !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "originals  2 in the clear") {
			t.Errorf("%s%v", out.String(), err)
		}
	}
	if _, _, err := export("case.zip", BundleOptions{}); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("a file was overwritten: %v", err)
	}

	// One byte of a frame, and the frame is named.
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, picture(3))
	data[at+6] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	err = VerifyEvidence(file, verifier, &bytes.Buffer{})
	var misfit *bundle.Misfit
	if !errors.As(err, &misfit) || misfit.File != "originals/"+digestOf(picture(3))+".jpg" {
		t.Errorf("a changed frame: %v", err)
	}
	if err := ledger.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

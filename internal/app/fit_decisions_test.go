package app

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/correlate/fit"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// madeCase is an open case of a subject: a listed picture, and private sessions where it is
// one that reviewers of the tests confirm, public ones where not.
func madeCase(t *testing.T, w *correlate.Weights, i int, private bool) []byte {
	t.Helper()
	who := signal.Subject(fmt.Sprintf("sub_%032x", i+1))
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	all := []signal.Signal{{
		ID: signal.ID("match", string(who)), Revision: 4, Kind: signal.KindMatch, Subject: who, Start: at, End: at.Add(time.Minute), Says: "frames match",
		Match:    &signal.Match{Stream: "s", Platform: "demo", HashKind: "pdq", List: "l", ListVersion: "v", Entry: "e", Distance: 4, Radius: 31, FramesMatched: 8, FramesSeen: 9},
		Evidence: []signal.Evidence{{What: "frame", Holder: "demo", Ref: "s/1", At: at, SHA256: strings.Repeat("ab", 32)}},
	}}
	for n := range 3 {
		begin := at.Add(time.Duration(24*n+i) * time.Hour)
		all = append(all, signal.Signal{
			ID: signal.ID("session", string(who), fmt.Sprint(n)), Revision: 2, Kind: signal.KindSession, Subject: who, Start: begin, End: begin.Add(time.Hour), Says: "a live stream ended",
			Session: &signal.Session{Stream: fmt.Sprint(n), Platform: "demo", Private: private, Ended: true, Audience: 2},
		})
	}
	state, c := oneCase{}, correlate.New(w)
	var last correlate.Case
	for _, s := range all {
		cases, err := c.Process(t.Context(), state, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range cases {
			last = got
		}
	}
	data, err := correlate.Encode(last)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestWeightsAreFittedOnDecisions: what people decided of the cases in a deployment's own
// store moves its weights; what a stand-in decided, and what lacked evidence, does not.
func TestWeightsAreFittedOnDecisions(t *testing.T) {
	c := DefaultConfig(filepath.Join(t.TempDir(), "data"))
	c.Review.Persons = 1
	if err := os.MkdirAll(filepath.Dir(c.storeFile()), 0o700); err != nil {
		t.Fatal(err)
	}
	w, err := correlate.DefaultWeights()
	if err != nil {
		t.Fatal(err)
	}
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	decide := func(i int, private, standIn bool, v review.Verdict, reason string) {
		t.Helper()
		raw := madeCase(t, w, i, private)
		if _, err := store.Receive(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		got, err := review.DecodeCase(raw)
		if err != nil || got.State != correlate.Open {
			t.Fatalf("the case is %q: %v", got.State, err)
		}
		by := review.Reviewer("reviewer-7")
		by.StandIn = standIn
		if _, err := store.Claim(t.Context(), got.ID, by); err != nil {
			t.Fatal(err)
		}
		shown, _, err := store.Show(t.Context(), got.ID, by)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Decide(t.Context(), review.Request{CaseID: got.ID, Digest: shown.Digest, Verdict: v, By: by, Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for range fit.Least + 5 {
		decide(n, true, false, review.Confirm, review.Reasons(review.Confirm)[0])
		decide(n+1, false, false, review.Dismiss, "lawful-explanation")
		n += 2
	}
	decide(n, false, true, review.Dismiss, "false-match")
	decide(n+1, true, false, review.Dismiss, "not-enough-evidence")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	out := filepath.Join(t.TempDir(), "ours.json")
	var said bytes.Buffer
	err = FitWeights(t.Context(), func() (Config, error) { return c, nil }, FitOptions{
		Decisions: true, Version: "ours", Out: out, Stdout: &said, Stderr: &said,
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("by %d rows of which %d guilty", 2*(fit.Least+5), fit.Least+5); !strings.Contains(said.String(), want) {
		t.Errorf("%s\nwant %q", said.String(), want)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := correlate.LoadWeights(data)
	if err != nil {
		t.Fatal(err)
	}
	if got, was := ours.Parameters(), w.Parameters(); got.Prior != was.Prior {
		t.Error("the prior moved: decided cases do not tell how common anything is")
	}
	probability := func(w *correlate.Weights, private bool) float64 {
		got, err := review.DecodeCase(madeCase(t, w, 900, private))
		if err != nil {
			t.Fatal(err)
		}
		return got.Probability
	}
	before := probability(w, true) - probability(w, false)
	if after := probability(ours, true) - probability(ours, false); after <= before {
		t.Errorf("those confirmed are told from those dismissed by %.3f, and were by %.3f", after, before)
	}
	if !bytes.Contains(data, []byte(fmt.Sprintf("fitted on %d decisions of reviewers", 2*(fit.Least+5)))) {
		t.Error("the file does not say what it was fitted on")
	}
	for _, never := range []string{"sub_", "reviewer-7", "lawful-explanation"} {
		if bytes.Contains(data, []byte(never)) {
			t.Errorf("the weights name %s", never)
		}
	}
	if err := FitWeights(t.Context(), func() (Config, error) { return Config{}, errors.New("no config") }, FitOptions{
		Decisions: true, Version: "ours", Out: out, Stdout: &said, Stderr: &said,
	}); err == nil {
		t.Error("fitted without a config")
	}
}

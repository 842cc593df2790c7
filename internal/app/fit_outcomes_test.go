package app

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/correlate/fit"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// TestCentresWordsAreLearnedFrom fits the same decisions before and after centres spoke: that
// alerts were wrong moves the weights of what was seen in them down, of all that was seen, and
// nothing else that they can say moves anything.
func TestCentresWordsAreLearnedFrom(t *testing.T) {
	c := DefaultConfig(filepath.Join(t.TempDir(), "data"))
	c.Review.onePerson()
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
	defer func() { _ = store.Close() }()
	sequence := map[string]int{}
	say := func(id string, results ...report.Result) {
		t.Helper()
		for i, r := range results {
			centre := []string{"ca", "us"}[i]
			alert := review.AlertID(id, 1, centre)
			sequence[alert]++
			if err := store.TakeOutcome(t.Context(), review.AlertOutcome{
				ID: signal.ID("outcome", alert, centre, fmt.Sprint(sequence[alert])), Alert: alert, CaseID: id, Centre: centre,
				Sequence: sequence[alert], Result: string(r), At: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	decide := func(raw []byte, v review.Verdict, reason string) string {
		t.Helper()
		made, err := review.DecodeCase(raw)
		if err == nil {
			_, err = store.Receive(t.Context(), raw)
		}
		if err == nil {
			_, err = store.Decide(t.Context(), review.Request{CaseID: made.ID, Digest: digestOf(raw), Verdict: v, Reason: reason, By: review.Reviewer("r1")})
		}
		if err != nil {
			t.Fatal(err)
		}
		return made.ID
	}
	const each = fit.Least + 5
	var flagged, matched []string
	for i := range each {
		flagged = append(flagged, decide(madeOf(t, w, 3*i, "flag"), review.Confirm, "several-signs"))
		matched = append(matched, decide(madeOf(t, w, 3*i+1, "match"), review.Confirm, "known-material"))
		decide(madeOf(t, w, 3*i+2, "public"), review.Dismiss, "lawful-explanation")
	}
	for rows := outboxOf(t, store); len(rows) > 0; rows = outboxOf(t, store) {
		for _, row := range rows {
			result := []string{"0"}
			if d := row.Decision; d != nil {
				result = []string{review.AlertID(d.CaseID, 1, "ca"), review.AlertID(d.CaseID, 1, "us")}
			}
			if err := store.Done(t.Context(), row.Seq, result...); err != nil {
				t.Fatal(err)
			}
		}
	}
	n := 0
	weights := func() ([]byte, *correlate.Weights, string) {
		t.Helper()
		n++
		out := filepath.Join(t.TempDir(), fmt.Sprint(n))
		var said bytes.Buffer
		if err := FitWeights(t.Context(), func() (Config, error) { return c, nil }, FitOptions{Decisions: true, Version: "ours", Out: out, Stdout: &said, Stderr: &said}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		fitted, err := correlate.LoadWeights(data)
		if err != nil {
			t.Fatal(err)
		}
		return data, fitted, said.String()
	}
	before, was, _ := weights()
	for i, id := range append(slices.Clone(flagged), matched...) {
		say(id, []report.Result{report.Acknowledged, report.Actionable, report.Known, report.Insufficient}[i%4])
	}
	if after, _, said := weights(); !bytes.Equal(before, after) {
		t.Errorf("what says nothing of innocence moved the weights:\n%s", said)
	}
	for _, id := range matched {
		say(id, report.Wrong)
	}
	after, is, said := weights()
	if want := fmt.Sprintf("%d confirmed cases do not count as guilty", each); !bytes.Contains([]byte(said), []byte(want)) {
		t.Errorf("%s\nwant %q", said, want)
	}
	if want := fmt.Sprintf("fitted on %d decisions of reviewers, of whose confirmations centres call %d wrong", 3*each, each); !bytes.Contains(after, []byte(want)) {
		t.Errorf("the file does not say %q", want)
	}
	// Of what the wrong cases had the weights fall; what only the others had does not, and what
	// nobody had stays where it was.
	const along = 0.01 // all weights are fitted together, so that one moves a little with another
	flag, match, public := valuesOf(t, w, "flag"), valuesOf(t, w, "match"), valuesOf(t, w, "public")
	fell := map[string]bool{}
	for e := range was.Parameters().Matrix {
		for k, f := range was.Features() {
			a, b := was.Parameters().Matrix[e][k], is.Parameters().Matrix[e][k]
			switch {
			case match[k] == 0 && public[k] == 0 && flag[k] == 0 && a != b:
				t.Errorf("%s moved from %.4f to %.4f, and nobody had it", f.Name, a, b)
			case match[k] == 0 && flag[k] != 0 && b < a-along:
				t.Errorf("%s fell from %.4f to %.4f, and none that was wrong had it", f.Name, a, b)
			case match[k] != 0 && b < a:
				fell[f.Name] = true
			}
		}
	}
	if !fell["list-match"] {
		t.Errorf("of what the wrong cases had only %v fell", fell)
	}
	probability := func(w *correlate.Weights, with string) float64 {
		got, err := review.DecodeCase(madeOf(t, w, 0, with))
		if err != nil {
			t.Fatal(err)
		}
		return got.Probability
	}
	if a, b := probability(was, "match"), probability(is, "match"); b > a/2 {
		t.Errorf("a case like those that were wrong is as likely: %.3f, then %.3f", a, b)
	}
	if a, b := probability(was, "flag"), probability(is, "flag"); b < a-0.1 {
		t.Errorf("a case like those that were not wrong fell from %.3f to %.3f", a, b)
	}
	// What centres say against one another is no knowledge.
	for i, id := range matched {
		say(id, report.Wrong, []report.Result{report.Actionable, report.Known}[i%2])
	}
	_, _, said = weights()
	if want := fmt.Sprintf("by %d rows of which %d guilty", 2*each, each); !bytes.Contains([]byte(said), []byte(want)) {
		t.Errorf("%s\nwant %q", said, want)
	}
}

// madeOf is an open case of a subject: a listed picture and private sessions, with flags where
// it says so, or public sessions.
func madeOf(t *testing.T, w *correlate.Weights, i int, with string) []byte {
	t.Helper()
	who := signal.Subject(fmt.Sprintf("sub_%032x", 5000+i))
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	all := []signal.Signal{{ID: signal.ID("match", string(who)), Revision: 4, Kind: signal.KindMatch, Subject: who, Start: at, End: at.Add(time.Minute), Says: "frames match",
		Match: &signal.Match{Stream: "0", Platform: "demo", HashKind: "pdq", List: "l", ListVersion: "v", Entry: "e", Distance: 4, Radius: 31, FramesMatched: 8, FramesSeen: 9}}}
	if with == "flag" {
		for n := range 4 {
			all = append(all, signal.Signal{ID: signal.ID("flag", string(who), fmt.Sprint(n)), Revision: 1, Kind: signal.KindFlag, Subject: who, Start: at, End: at, Says: "a user flagged it",
				Flag: &signal.Flag{Stream: "0", Platform: "demo", Reason: "minor", Source: []string{"user", "trusted", "moderator", "user"}[n]}})
		}
	}
	for n := range 3 {
		begin := at.Add(time.Duration(24*n+i%20) * time.Hour)
		all = append(all, signal.Signal{ID: signal.ID("session", string(who), fmt.Sprint(n)), Revision: 2, Kind: signal.KindSession, Subject: who, Start: begin, End: begin.Add(time.Hour), Says: "a live stream ended",
			Session: &signal.Session{Stream: fmt.Sprint(n), Platform: "demo", Private: with != "public", Ended: true, Audience: 2}})
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
	if last.State != correlate.Open {
		t.Fatalf("the case %s is %q: %+v", with, last.State, last.Parts)
	}
	data, err := correlate.Encode(last)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// valuesOf are the values of the features that a made case has.
func valuesOf(t *testing.T, w *correlate.Weights, with string) []float64 {
	t.Helper()
	made, err := review.DecodeCase(madeOf(t, w, 0, with))
	if err != nil {
		t.Fatal(err)
	}
	state, p := oneCase{}, correlate.New(w).Partition(0)
	for _, s := range made.Signals {
		if err := p.Take(t.Context(), state, s, nil); err != nil {
			t.Fatal(err)
		}
	}
	a, err := p.Assess(t.Context(), state, made.Subject, math.Inf(1))
	if err != nil {
		t.Fatal(err)
	}
	return a.Values
}

package report

import (
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// failed lists the names of the findings that are not OK.
func failed(c Check) []string {
	names := []string{}
	for _, f := range c.Findings {
		if !f.OK {
			names = append(names, f.Name)
		}
	}
	return names
}

func TestVerifyNamesWhatDoesNotFit(t *testing.T) {
	l, other := logOf(t, 0), logOf(t, 1)
	log := []string{"log", "decision", "content"} // what is unknown without the log
	for name, c := range map[string]struct {
		spoil func(*Alert)
		key   string
		want  []string
	}{
		"nothing":               {func(*Alert) {}, l.verifier, []string{}},
		"no key":                {func(*Alert) {}, "", log},
		"another log's key":     {func(*Alert) {}, other.verifier, log},
		"a key that is none":    {func(*Alert) {}, "demo-log", log},
		"a forged log key":      {func(a *Alert) { a.LogKey = "x+y" }, l.verifier, log},
		"no log key":            {func(a *Alert) { a.LogKey = "" }, l.verifier, log},
		"a hash":                {func(a *Alert) { a.Proof.Hashes = []tlog.Hash{{}} }, l.verifier, log},
		"the index":             {func(a *Alert) { a.Proof.Index = 0 }, l.verifier, log},
		"the checkpoint":        {func(a *Alert) { a.Proof.Checkpoint = "x" + a.Proof.Checkpoint }, l.verifier, log},
		"a part's words":        {func(a *Alert) { a.Statement.Parts[1].Says = "x" }, l.verifier, []string{"content"}},
		"a part's weight":       {func(a *Alert) { a.Statement.Parts[1].Weight++ }, l.verifier, []string{"content", "score"}},
		"a piece of evidence":   {func(a *Alert) { a.Statement.Evidence[0].Ref = "x" }, l.verifier, []string{"content"}},
		"a piece left out":      {func(a *Alert) { a.Statement.Evidence = a.Statement.Evidence[1:] }, l.verifier, []string{"content"}},
		"the case's digest":     {func(a *Alert) { a.Statement.CaseDigest = "x" }, l.verifier, []string{"content"}},
		"the reviewer":          {func(a *Alert) { a.Statement.Reviewer = "x" }, l.verifier, []string{"content"}},
		"a person in its place": {func(a *Alert) { a.Statement.StandIn = !a.Statement.StandIn }, l.verifier, []string{"content"}},
		"the verdict":           {func(a *Alert) { a.Statement.Verdict = review.Dismiss }, l.verifier, []string{"content", "verdict"}},
		"the subject":           {func(a *Alert) { a.Statement.Subject = "sub_2" }, l.verifier, []string{"content", "ids"}},
		"the decision's id":     {func(a *Alert) { a.Statement.Decision = "x" }, l.verifier, []string{"decision", "content", "ids"}},
		"the alert's id":        {func(a *Alert) { a.ID = signal.ID("x") }, l.verifier, []string{"ids"}},
		"the centre":            {func(a *Alert) { a.Centre.ID = "us" }, l.verifier, []string{"ids"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := alertOf(t, confirmed(), l)
			c.spoil(&a)
			check := Verify(a, c.key)
			if got := failed(check); !slices.Equal(got, c.want) {
				t.Errorf("failed: %v, want %v", got, c.want)
			}
			if len(check.Findings) != 6 || check.OK() != (len(c.want) == 0) {
				t.Errorf("%d findings, OK is %v", len(check.Findings), check.OK())
			}
			for _, f := range check.Findings {
				if f.Says == "" {
					t.Errorf("%s says nothing", f.Name)
				}
			}
		})
	}
	if (Check{}).OK() {
		t.Error("a check of nothing is OK")
	}
}

// TestVerifyIsNotFooledByTheProofOfAnotherDecision gives a forged alert the true
// proof of some other decision of the same log.
func TestVerifyIsNotFooledByTheProofOfAnotherDecision(t *testing.T) {
	l := logOf(t, 0)
	d := confirmed()
	d.ID, d.Sequence = signal.ID("decision", caseID, "2"), 2
	a := alertOf(t, confirmed(), l)
	a.Proof = l.prove(t, entryOf(t, d))
	if got := failed(Verify(a, l.verifier)); !slices.Equal(got, []string{"decision", "content"}) {
		t.Errorf("failed: %v", got)
	}
}

func TestSeenDropsRepeats(t *testing.T) {
	var seen Seen
	for i, want := range []bool{true, false, true, false, false} {
		if got := seen.First([]string{"a", "a", "b", "b", "a"}[i]); got != want {
			t.Errorf("%d: got %v, want %v", i, got, want)
		}
	}
}

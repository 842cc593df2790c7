package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// reversed is the decision that takes the place of confirmed.
func reversed() review.Decision {
	d := confirmed()
	d.ID, d.Sequence, d.Verdict, d.Reason, d.Reviewer = signal.ID("decision", caseID, "2"), 2, review.Dismiss, "false-match", "reviewer-9"
	d.At = d.At.Add(48 * time.Hour)
	return d
}

func correctionOf(t *testing.T, by review.Decision, l aLog) Correction {
	t.Helper()
	alert := alertOf(t, confirmed(), l)
	c, err := Correct(confirmed(), by, alert.ID, alert.Centre, l.prove(t, entryOf(t, by)), l.verifier)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACorrectionThereAndBack(t *testing.T) {
	l := logOf(t, 0)
	other := reversed()
	other.Verdict, other.Reason = review.Confirm, "several-signs"
	for outcome, by := range map[string]review.Decision{Retracted: reversed(), Corrected: other} {
		c := correctionOf(t, by, l)
		data, err := EncodeCorrection(c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeCorrection(data)
		if err != nil {
			t.Fatal(err)
		}
		check := VerifyCorrection(got, l.verifier)
		if !check.OK() || len(check.Findings) != 5 || got.Outcome != outcome {
			t.Errorf("%s: %+v", got.Outcome, check)
		}
		var b bytes.Buffer
		if err := PrintCorrection(&b, got, check); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"of ALERT " + c.Alert, by.Reason, "reviewer-9", "decision 1 of case"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: not printed: %q\n%s", outcome, want, b.String())
			}
		}
		if strings.Contains(b.String(), "canary-note") || bytes.Contains(data, []byte("canary-note")) {
			t.Error("the note leaves the store")
		}
		// An alert's reader must not take it for an alert.
		if _, err := DecodeAlert(data); err == nil {
			t.Error("a correction passes for an alert")
		}
	}
}

func TestACorrectionThatDoesNotFit(t *testing.T) {
	l := logOf(t, 0)
	for name, c := range map[string]struct {
		spoil func(*Correction)
		want  []string
	}{
		"nothing":     {func(*Correction) {}, []string{}},
		"the alert":   {func(c *Correction) { c.Alert = signal.ID("x") }, []string{"ids"}},
		"the id":      {func(c *Correction) { c.ID = signal.ID("x") }, []string{"ids"}},
		"the centre":  {func(c *Correction) { c.Centre.ID = "us" }, []string{"ids"}},
		"sequence":    {func(c *Correction) { c.Sequence = 2 }, []string{"ids"}},
		"the outcome": {func(c *Correction) { c.Outcome = Corrected }, []string{"verdict"}},
		"the verdict": {func(c *Correction) { c.Statement.Verdict, c.Outcome = review.Confirm, Corrected }, []string{"content"}},
		"the proof":   {func(c *Correction) { c.Proof.Index = 0 }, []string{"log", "decision", "content"}},
	} {
		spoiled := correctionOf(t, reversed(), l)
		c.spoil(&spoiled)
		if got := failed(VerifyCorrection(spoiled, l.verifier)); !slices.Equal(got, c.want) {
			t.Errorf("%s: failed %v, want %v", name, got, c.want)
		}
	}
	bad := correctionOf(t, reversed(), l)
	bad.Statement.Verdict = review.Confirm
	data, err := EncodeCorrection(bad)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DecodeCorrection(data); err == nil || !strings.Contains(err.Error(), "/statement/verdict") {
		t.Errorf("a retraction that confirms: %v", err)
	}
	alert := alertOf(t, confirmed(), l)
	if _, err := Correct(confirmed(), reversed(), signal.ID("x"), alert.Centre, l.prove(t, entryOf(t, reversed())), l.verifier); err == nil {
		t.Error("an alert of another decision is corrected")
	}
}

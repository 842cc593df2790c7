package report

import (
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
)

// Earlier is what a centre has of a case already: sent under an id, with the reference that
// the centre gave it, if it gave one.
type Earlier struct{ ID, Reference string }

// Preface says in one paragraph what a report is to earlier ones: one that follows them, or,
// by the outcome of a correction, takes their place or takes them back. It is empty for a
// report of its own.
func Preface(outcome string, earlier []Earlier, s review.Statement) string {
	var of []string
	for _, e := range earlier {
		one := "the report with the id " + e.ID
		if e.Reference != "" {
			one += " (your reference " + e.Reference + ")"
		}
		of = append(of, one)
	}
	all := strings.Join(of, ", ")
	switch {
	case outcome == Retracted:
		return clean(fmt.Sprintf("RETRACTION of %s. The account objected, and on %s a person who had no part in the decision found it wrong; reason: %s. What was reported is taken back: please end what was begun on it. This report tells of no suspicion. Decision %s, case %s.",
			all, clock(s.At), s.Reason, s.Decision, s.Case))
	case len(earlier) == 0:
		return ""
	case outcome == Corrected:
		return clean(fmt.Sprintf("CORRECTION of %s. The account objected, and on %s a person who had no part in the decision found that it stands, but not as it was told. This report takes its place.", all, clock(s.At)))
	}
	return clean(fmt.Sprintf("This report follows %s on the same account.", all))
}

// AsAlert is what a correction states as an alert of its own, under the correction's id: for
// forms, and for who has none of what it corrects.
func (c Correction) AsAlert() Alert {
	s := c.Statement
	return Alert{ID: c.ID, Statement: s, Centre: c.Centre, Why: c.Why, HowToVerify: c.HowToVerify, Proof: c.Proof, LogKey: c.LogKey, Shared: route.SharedID(s.Case, s.Subject)}
}

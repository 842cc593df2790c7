package report

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// A Check is what a reader found in an alert.
type Check struct{ Findings []Finding }

// A Finding is one thing that was checked.
type Finding struct {
	Name string
	OK   bool
	Says string
}

// OK reports whether all was as it must be.
func (c Check) OK() bool {
	for _, f := range c.Findings {
		if !f.OK {
			return false
		}
	}
	return len(c.Findings) > 0
}

// Verify checks an alert against the audit log's verifier key, which the reader
// must have from elsewhere than the alert. The checks:
//
//   - log: the proof shows that its entry is in the log of that key;
//   - decision: the entry is of the decision that the alert states;
//   - content: the statement is, byte for byte, what was logged on deciding;
//   - verdict: the decision confirms the case;
//   - ids: case, decision and alert have the ids that follow from what they are;
//   - score: the parts sum to the score.
//
// Which centre was chosen, and why, was not yet known on deciding and is not in
// the log, save for the centre's id, on which the alert's id depends: a centre
// knows who it is.
func Verify(a Alert, verifierKey string) Check {
	s := a.Statement
	c := verify(s, a.Proof, a.LogKey, verifierKey)
	c.add("verdict", s.Verdict == review.Confirm, "The decision confirms the case.", "The decision does not confirm the case.")
	c.add("ids", decisionFits(s) && a.ID == alertID(s, a.Centre.ID) &&
		(a.Shared == "" || a.Shared == route.SharedID(s.Case, s.Subject)),
		"The ids of case, decision and alert follow from what they name.",
		"An id does not follow from what it names.")
	if len(a.Accounts) > 0 {
		c.add("accounts", checkAccounts(a), "What platforms say of the account is as they said it, by its SHA-256.", "What platforms say of the account is of another account, or was changed.")
	}
	var sum float64
	for _, p := range s.Parts {
		sum += p.Weight
	}
	// Weights may be rounded to two decimals, each.
	c.add("score", math.Abs(sum-s.Score) <= 0.01*float64(len(s.Parts)+1),
		"The parts sum to the score.", "The parts do not sum to the score.")
	return c
}

func (c *Check) add(name string, ok bool, yes, no string) {
	says := yes
	if !ok {
		says = no
	}
	c.Findings = append(c.Findings, Finding{Name: name, OK: ok, Says: says})
}

// decisionFits reports whether the ids of a statement's case and decision follow from
// what they name.
func decisionFits(s review.Statement) bool {
	return s.Case == signal.ID("case", string(s.Subject)) && s.Decision == signal.ID("decision", s.Case, fmt.Sprint(s.Sequence))
}

// verify makes the checks log, decision and content.
func verify(s review.Statement, proof audit.Proof, logKey, verifierKey string) (c Check) {
	entry, err := checkLog(proof, logKey, verifierKey)
	if err != nil {
		c.add("log", false, "", "The proof does not hold: "+err.Error()+".")
		const unknown = "Not known, as the proof does not hold."
		c.add("decision", false, "", unknown)
		c.add("content", false, "", unknown)
		return c
	}
	c.add("log", true, fmt.Sprintf("Entry %d is in the log %s, by a checkpoint signed with your key.", proof.Index, logKey), "")
	c.add("decision", entry.Kind == audit.KindDecision && entry.ID == s.Decision,
		"The entry is of this decision.", "The entry is of something else than this decision.")
	digest, err := s.Digest()
	c.add("content", err == nil && digest == entry.Digest,
		"What the alert states is what was logged when the decision was made.",
		"The alert states something else than what was logged when the decision was made.")
	return c
}

func checkLog(proof audit.Proof, logKey, verifierKey string) (audit.Entry, error) {
	if verifierKey == "" {
		return audit.Entry{}, errors.New("there is no key to check it with")
	}
	if !strings.HasPrefix(verifierKey, logKey+"+") {
		return audit.Entry{}, errors.New("it is of a log with another key than yours")
	}
	return audit.CheckProof(proof, verifierKey)
}

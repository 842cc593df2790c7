package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// A Correction is what a centre is told where an alert is no longer so: a record of its
// queue beside the alerts, of a type of its own.
type Correction struct {
	// ID is signal.ID("correction", alert id, sequence of the new decision).
	ID       string `json:"id"`
	Alert    string `json:"alert"`    // id of the alert
	Sequence int    `json:"sequence"` // of the decision that the alert told of
	// Outcome is Retracted or Corrected.
	Outcome string `json:"outcome"`
	// Statement is the decision that takes the place of the alert's.
	Statement   review.Statement `json:"statement"`
	Centre      Centre           `json:"centre"`
	Why         string           `json:"why"`
	HowToVerify string           `json:"how_to_verify"`
	Proof       audit.Proof      `json:"proof"`
	LogKey      string           `json:"log_key"`
}

// The outcomes.
const (
	Retracted = "retracted" // the alert is taken back
	Corrected = "corrected" // the new statement takes the place of the alert's
)

// TypeCorrection is the type of a correction's record before records were sealed,
// PayloadCorrection that of the payload of a sealed one.
const (
	TypeCorrection    = "vigil.correction.v1"
	PayloadCorrection = "application/vnd.vigil.correction.v1+json"
)

var correctionSchema = signal.MustSchema(schemas, "schema/correction.json")

var correctionWhy = map[string]string{
	Retracted: "The account objected, and a person who had no part in the decision found it wrong. The alert is taken back: please end what was begun on it.",
	Corrected: "The account objected, and a person who had no part in the decision found that it stands, but not as it was told. The statement here takes the place of the alert's.",
}

// Correct makes the correction of an alert, of a decision, at a centre, by the decision that
// takes its place. The proof must be that of the new decision's entry.
func Correct(was, by review.Decision, alert string, c Centre, proof audit.Proof, logKey string) (Correction, error) {
	s := by.Statement()
	if err := fits(s, proof); err != nil {
		return Correction{}, fmt.Errorf("correct alert %s: %w", alert, err)
	}
	if alert != alertID(was.Statement(), c.ID) || was.CaseID != by.CaseID || was.Sequence >= by.Sequence {
		return Correction{}, fmt.Errorf("correct alert %s: it is not of decision %s at centre %s, or decision %s does not follow it", alert, was.ID, c.ID, by.ID)
	}
	key, err := shortKey(logKey)
	if err != nil {
		return Correction{}, fmt.Errorf("correct alert %s: %w", alert, err)
	}
	outcome := Retracted
	if by.Verdict == review.Confirm {
		outcome = Corrected
	}
	return Correction{
		ID: correctionID(alert, s), Alert: alert, Sequence: was.Sequence, Outcome: outcome, Statement: s, Centre: c,
		Why: correctionWhy[outcome], HowToVerify: howToVerify, Proof: proof, LogKey: key,
	}, nil
}

func correctionID(alert string, s review.Statement) string {
	return signal.ID("correction", alert, strconv.Itoa(s.Sequence))
}

// CentreOf returns the centre to whose queue an alert of a decision went.
func CentreOf(directory route.Directory, d review.Decision, alert string) (Centre, error) {
	for _, c := range directory.Centres {
		if alertID(d.Statement(), c.ID) == alert {
			return centreOf(c), nil
		}
	}
	return Centre{}, fmt.Errorf("alert %s of decision %s went to no centre of the directory", alert, d.ID)
}

// EncodeCorrection returns the JSON value of a correction's record, the same bytes for the
// same correction.
func EncodeCorrection(c Correction) ([]byte, error) {
	data, err := signal.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode correction %s: %w", c.ID, err)
	}
	return data, nil
}

// DecodeCorrection reads a correction. What does not fit the schema is a Rejection that
// names the field. It says nothing on whether it is true: see VerifyCorrection.
func DecodeCorrection(data []byte) (Correction, error) {
	var c Correction
	if err := correctionSchema.Decode(data, &c); err != nil {
		return Correction{}, fmt.Errorf("correction: %w", err)
	}
	return c, nil
}

// VerifyCorrection checks a correction as Verify does an alert; its ids must follow from
// the alert's case, decision and centre.
func VerifyCorrection(c Correction, verifierKey string) Check {
	s := c.Statement
	check := verify(s, c.Proof, c.LogKey, verifierKey)
	want := review.Dismiss
	if c.Outcome == Corrected {
		want = review.Confirm
	}
	check.add("verdict", s.Verdict == want, "The decision says what the correction does.", "The decision does not say what the correction does.")
	before := s
	before.Sequence = c.Sequence
	check.add("ids", decisionFits(s) && c.Sequence < s.Sequence && c.Alert == alertID(before, c.Centre.ID) && c.ID == correctionID(c.Alert, s),
		"The ids of case, decisions, alert and correction follow from what they name.", "An id does not follow from what it names.")
	return check
}

// PrintCorrection writes a correction, and what checking it found, as Print does an alert.
func PrintCorrection(w io.Writer, c Correction, check Check) error {
	p := &page{}
	p.line("%s of ALERT %s", map[string]string{Retracted: "RETRACTION", Corrected: "CORRECTION"}[c.Outcome], c.Alert)
	p.line("%s", strings.Repeat("═", width))
	if !check.OK() {
		p.text("", "THIS CORRECTION DID NOT VERIFY. Ask the sender before acting on it.")
		p.line("")
	}
	p.text("", c.Why)
	p.line("")
	s := c.Statement
	p.field("Who", string(s.Subject))
	p.field("Was", fmt.Sprintf("confirmed by decision %d of case %s", c.Sequence, s.Case))
	p.field("Is", fmt.Sprintf("%s: %s", s.Verdict, s.Reason))
	p.field("By", fmt.Sprintf("%s on %s, decision %d", s.Reviewer, clock(s.At), s.Sequence))
	p.field("Centre", c.Centre.Name)
	p.field("Id", c.ID)
	p.checks(check)
	p.heading("How to verify")
	p.text("  ", c.HowToVerify)
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("print correction: %w", err)
	}
	return nil
}

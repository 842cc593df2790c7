package report

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// An Alert is what a centre is told.
type Alert struct {
	// ID is signal.ID("alert", case id, sequence of the decision, centre id): an
	// alert sent twice has one id.
	ID string `json:"id"`
	// Statement is the decision, in the words that the audit log commits to.
	Statement review.Statement `json:"statement"`
	Centre    Centre           `json:"centre"`
	Why       string           `json:"why"` // why this centre
	// Shared is route.SharedID of the case: the same in every alert about it, to whichever
	// centre and however often. Also are the other centres that were told, as far as this one
	// may know. Alerts from before have neither.
	Shared string   `json:"shared,omitempty"`
	Also   []string `json:"also,omitempty"`
	// Matches are the entries of lists that matched, so that a centre can say which did wrongly,
	// and a court which list was asked. Alerts from before have none.
	Matches []Match `json:"matches,omitempty"`
	// Lacks is what its checks of completeness found missing where it went all the same,
	// because the time that the law gives was nearly over.
	Lacks []string `json:"lacks,omitempty"`
	// Accounts are what platforms said of the account when they were asked, for centres that
	// may know, in records encrypted to them alone.
	Accounts []AccountData `json:"accounts,omitempty"`
	// HowToVerify is for a reader who has only this record.
	HowToVerify string `json:"how_to_verify"`
	// Proof shows that the decision's entry is in the audit log.
	Proof audit.Proof `json:"proof"`
	// LogKey is the name and the hash of the log's key, not the key: a reader
	// checks with the key it already has.
	LogKey string `json:"log_key"`
}

// TypeAlert is the type of an alert's record before records were sealed, PayloadAlert that of
// the payload of a sealed one.
const (
	TypeAlert    = "vigil.alert.v1"
	PayloadAlert = "application/vnd.vigil.alert.v1+json"
)

// ErrNotConfirmed says that a decision does not confirm its case. Nothing leaves
// on such a decision.
var ErrNotConfirmed = errors.New("the decision does not confirm the case")

// ErrNoPerson says that a program decided in a person's place. Nothing leaves for an
// authority on such a decision.
var ErrNoPerson = errors.New("no person decided: a program stood in for one")

const howToVerify = "Take the key of the audit log from the sender by a way you trust, not from this record; " +
	"its name and hash must be those in log_key. Check that the checkpoint in proof is signed with it (C2SP signed note) " +
	"and that proof.hashes lead from proof.entry to the checkpoint's root (RFC 6962, 2.1.1). " +
	"The entry must be of kind decision and have the id in statement.decision, and its digest must be the SHA-256 of " +
	"the JSON of statement, byte for byte as it stands here. Then ask the holders of the evidence for the records: " +
	"each must have the SHA-256 given here, where one is given. `vigil inbox` does all but the asking."

// Build makes the alert of a confirming decision for a centre. The proof must be
// that of the decision's own entry; logKey is the log's verifier key, of which
// the alert keeps the name and hash. The error is ErrNotConfirmed for a decision
// that does not confirm.
func Build(d review.Decision, c Centre, why string, proof audit.Proof, logKey string) (Alert, error) {
	if d.Verdict != review.Confirm {
		return Alert{}, fmt.Errorf("build alert: decision %s: %w", d.ID, ErrNotConfirmed)
	}
	s := d.Statement()
	if err := fits(s, proof); err != nil {
		return Alert{}, fmt.Errorf("build alert: decision %s: %w", d.ID, err)
	}
	key, err := shortKey(logKey)
	if err != nil {
		return Alert{}, fmt.Errorf("build alert: %w", err)
	}
	return Alert{
		ID: alertID(s, c.ID), Statement: s, Centre: c, Why: why, HowToVerify: howToVerify,
		Proof: proof, LogKey: key, Shared: route.SharedID(s.Case, s.Subject), Matches: matches(d.Case.Signals),
	}, nil
}

// shortKey is the name and hash of a log's verifier key.
func shortKey(logKey string) (string, error) {
	name, rest, ok := strings.Cut(logKey, "+")
	hash, _, _ := strings.Cut(rest, "+")
	if !ok || name == "" || hash == "" {
		return "", errors.New("the log's verifier key must be name+hash+key")
	}
	return name + "+" + hash, nil
}

func alertID(s review.Statement, centre string) string {
	return review.AlertID(s.Case, s.Sequence, centre)
}

// fits checks that a proof's entry is that of the decision stated.
func fits(s review.Statement, proof audit.Proof) error {
	var e audit.Entry
	if err := json.Unmarshal(proof.Entry, &e); err != nil {
		return fmt.Errorf("the proof's entry: %w", err)
	}
	want, err := s.Digest()
	if err != nil {
		return err
	}
	if e.Kind != audit.KindDecision || e.ID != s.Decision || e.Digest != want {
		return errors.New("the proof is not of the entry of this decision")
	}
	return nil
}

//go:embed schema/*.json
var schemas embed.FS

var alertSchema = signal.MustSchema(schemas, "schema/alert.json")

// Encode returns the JSON value of an alert's record, the same bytes for the
// same alert.
func Encode(a Alert) ([]byte, error) {
	data, err := signal.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode alert %s: %w", a.ID, err)
	}
	if n := len(data) + 1; n > signal.MaxJSON { // with the end of its line
		return nil, fmt.Errorf("encode alert %s: %d bytes, and the limit is %d", a.ID, n, signal.MaxJSON)
	}
	return data, nil
}

// DecodeAlert reads an alert. What does not fit the schema is a Rejection that
// names the field. It says nothing on whether the alert is true: see Verify.
func DecodeAlert(data []byte) (Alert, error) {
	var a Alert
	if err := alertSchema.Decode(data, &a); err != nil {
		return Alert{}, fmt.Errorf("alert: %w", err)
	}
	return a, nil
}

package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/vigil-stream/vigil/audit/dsse"
	"github.com/vigil-stream/vigil/signal"
)

// TypeOutcome is the type of the record of an outcome on the topic receipts, whose value is
// a DSSE envelope, signed by the centre, with a payload of type PayloadOutcome.
const (
	TypeOutcome    = "vigil.outcome.v1"
	PayloadOutcome = "application/vnd.vigil.outcome.v1+json"
)

// A Result is what a centre says that came of an alert.
type Result string

// The results. Of several that a centre says of one alert the one of the highest sequence
// holds.
const (
	Acknowledged Result = "acknowledged" // it was read; another result follows
	Actionable   Result = "actionable"   // work was begun on it
	Known        Result = "known"        // the centre knew it already
	Insufficient Result = "insufficient" // it says too little to begin with: Missing says what
	Wrong        Result = "wrong"        // it is not so, or not of that kind
)

// An Outcome is what a centre says came of an alert. It has no free text, so that nothing of
// an investigation can come along.
type Outcome struct {
	// ID is signal.ID("outcome", alert, centre, sequence).
	ID       string    `json:"id"`
	Alert    string    `json:"alert"` // id of the alert
	Case     string    `json:"case"`  // of the alert's statement
	Centre   string    `json:"centre"`
	Sequence int       `json:"sequence"` // how many words the centre has said of this alert, from 1
	Result   Result    `json:"result"`
	At       time.Time `json:"at"`
	// Missing are names of checks of completeness, of an insufficient alert.
	Missing []string `json:"missing,omitempty"`
	// Entries are those of lists that the centre found to match wrongly, or rightly.
	Entries []EntryOutcome `json:"entries,omitempty"`
	// Reference is the centre's own, opaque.
	Reference string `json:"reference,omitempty"`
}

// An EntryOutcome is what a centre says of an entry of a list that matched.
type EntryOutcome struct {
	List     string `json:"list"`
	HashKind string `json:"hash_kind"`
	Entry    string `json:"entry"`
	Wrong    bool   `json:"wrong"` // it matched what it should not; else it matched rightly
}

var outcomeSchema = signal.MustSchema(schemas, "schema/outcome.json").Quiet()

// OutcomeID is the id that an outcome must have.
func OutcomeID(o Outcome) string {
	return signal.ID("outcome", o.Alert, o.Centre, fmt.Sprint(o.Sequence))
}

// SealOutcome returns the value of an outcome's record: its envelope, signed by the centre,
// whose verifier key is key (C2SP signed note).
func SealOutcome(o Outcome, key string, sign func([]byte) ([]byte, error)) ([]byte, error) {
	o.At = o.At.UTC()
	payload, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("outcome of alert %s: %w", o.Alert, err)
	}
	if _, err := decodeOutcome(payload); err != nil {
		return nil, err
	}
	data, err := dsse.Seal(PayloadOutcome, payload, key, sign)
	if err != nil {
		return nil, fmt.Errorf("outcome of alert %s: %w", o.Alert, err)
	}
	return data, nil
}

// OpenOutcome reads the value of an outcome's record, which must be signed by the key of the
// centre that it names; key gives a centre's verifier key.
func OpenOutcome(data []byte, centre, key string) (Outcome, error) {
	payload, err := dsse.Open(data, PayloadOutcome, key)
	if err != nil {
		return Outcome{}, fmt.Errorf("outcome of centre %s: %w", centre, err)
	}
	o, err := decodeOutcome(payload)
	if err != nil {
		return Outcome{}, err
	}
	if o.Centre != centre {
		return Outcome{}, fmt.Errorf("outcome: is signed by centre %s, and says that it is of %s", centre, o.Centre)
	}
	return o, nil
}

// OutcomeCentre returns the centre that the value of an outcome's record names, whose key it
// is to be opened with. Nothing of it is checked yet.
func OutcomeCentre(data []byte) (string, error) {
	var envelope dsse.Envelope
	var named struct {
		Centre string `json:"centre"`
	}
	err := json.Unmarshal(data, &envelope)
	if err == nil {
		err = json.Unmarshal(envelope.Payload, &named)
	}
	if err != nil {
		return "", fmt.Errorf("outcome: is no envelope of one: %w", err)
	}
	if !outcomeCentre.MatchString(named.Centre) {
		return "", errors.New("outcome: /centre: is no id of a centre")
	}
	return named.Centre, nil
}

var outcomeCentre = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func decodeOutcome(payload []byte) (o Outcome, err error) {
	if err := outcomeSchema.Decode(payload, &o); err != nil {
		return Outcome{}, fmt.Errorf("outcome: %w", err)
	}
	if o.ID != OutcomeID(o) {
		return Outcome{}, fmt.Errorf("outcome: its id does not follow from its alert, centre and sequence")
	}
	return o, nil
}

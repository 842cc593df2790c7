package review

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A Case is what the signals about one subject together suggest, as correlate
// published it.
type Case struct {
	// ID is one a subject for ever: signal.ID("case", subject).
	ID string `json:"id"`
	// Revision grows with the evidence; the store keeps the highest.
	Revision uint64         `json:"revision"`
	Subject  signal.Subject `json:"subject"`
	// State is open, withdrawn or help in a record. In what Show returns it is where
	// the review stands.
	State State `json:"state"`
	// Score is the sum of the parts' weights: a natural-log likelihood ratio,
	// prior included. Probability is 1/(1+e^-score), and Bar the probability
	// from which a case is put before a person.
	Score       float64 `json:"score"`
	Probability float64 `json:"probability"`
	Bar         float64 `json:"bar"`
	Weights     string  `json:"weights"` // version of the weights
	// Explanation is the innocent explanation that fits best, against which the parts are
	// weighed, and Against has the score against each alone, the best-fitting first. Records
	// from before there were any have none.
	Explanation string    `json:"explanation,omitempty"`
	Against     []Against `json:"against,omitempty"`
	// First and Last bound the evidence, in event time, UTC.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Parts []Part    `json:"parts"`
	// Pairs are who is suspected with the subject.
	Pairs []Pair `json:"pairs,omitempty"`
	// Signals are those in the window, by start and id; Omitted counts those
	// that did not fit into the record.
	Signals []signal.Signal `json:"signals"`
	Omitted int             `json:"omitted"`

	// Digest is the SHA-256 of the record's bytes, lower-case hex. It is what a
	// decision binds to.
	Digest string `json:"-"`
}

// A Part is one named, explained share of a score.
type Part struct {
	Name    string   `json:"name"`
	Weight  float64  `json:"weight"` // natural log; below zero it speaks against
	Says    string   `json:"says"`
	Signals []string `json:"signals,omitempty"` // ids of the signals behind it
}

// Against is the score against one innocent explanation, were there no other.
type Against struct {
	Explanation string  `json:"explanation"`
	Score       float64 `json:"score"`
}

// A Pair is one who paid the subject or watched its private sessions.
type Pair struct {
	Payer     signal.Subject `json:"payer"`
	Transfers int            `json:"transfers"`
	Visits    int            `json:"visits,omitempty"`
	// Score is how likely it is, in log odds, that this one is part of it if the case is
	// right, and Probability that times the case's own; records of before have none.
	Score       float64 `json:"score"`
	Probability float64 `json:"probability,omitempty"`
	// Explanation is of records of before, where a pair was weighed by itself.
	Explanation string `json:"explanation,omitempty"`
	Parts       []Part `json:"parts"`
}

//go:embed schema/case.json
var schemas embed.FS

var caseSchema = signal.MustSchema(schemas, "schema/case.json")

// rounding is how far each part's weight may be from the number that was summed:
// a writer may round to two decimals.
const rounding = 0.01

// DecodeCase reads a case. What does not fit the schema, or contradicts itself,
// is a Rejection that names the field.
func DecodeCase(data []byte) (Case, error) {
	var record struct {
		Case
		Signals []json.RawMessage `json:"signals"`
	}
	if err := caseSchema.Decode(data, &record); err != nil {
		return Case{}, fmt.Errorf("case: %w", err)
	}
	c := record.Case
	c.Digest = digest(data)
	for i, raw := range record.Signals {
		s, err := signal.Decode(raw)
		if err != nil {
			return Case{}, fmt.Errorf("case: /signals/%d: %w", i, err)
		}
		if s.Subject != c.Subject {
			return Case{}, signal.Reject("schema", "case: /signals/%d/subject: is not the case's", i)
		}
		c.Signals = append(c.Signals, s)
	}
	if err := c.consistent(); err != nil {
		return Case{}, err
	}
	c.First, c.Last = c.First.UTC(), c.Last.UTC()
	return c, nil
}

// consistent checks what a schema cannot: a reviewer must never be shown an
// explanation that does not add up to the score beside it.
func (c Case) consistent() error {
	if c.ID != signal.ID("case", string(c.Subject)) {
		return signal.Reject("schema", "case: /id: is not the subject's case id")
	}
	if c.Last.Before(c.First) {
		return signal.Reject("schema", "case: /last: is before first")
	}
	var sum float64
	for _, p := range c.Parts {
		sum += p.Weight
	}
	if math.Abs(sum-c.Score) > rounding*float64(len(c.Parts)+1) {
		return signal.Reject("case-sum", "case: /score: is not the sum of the parts' weights")
	}
	if math.Abs(1/(1+math.Exp(-c.Score))-c.Probability) > rounding {
		return signal.Reject("case-sum", "case: /probability: does not follow from the score")
	}
	return nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// material reports whether a case says more than it did when a person decided
// it: it names a signal that the decided record did not, or its score rose by 1
// or more, so that the odds are at least e times what they were.
func material(decided, now Case) bool {
	if now.Score-decided.Score >= 1 {
		return true
	}
	known := make(map[string]bool, len(decided.Signals))
	for _, s := range decided.Signals {
		known[s.ID] = true
	}
	for _, s := range now.Signals {
		if !known[s.ID] {
			return true
		}
	}
	return false
}

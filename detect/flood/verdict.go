package flood

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A Verdict is a person's word on an entry. It is a record of the topic of matches,
// under the same key as the entry's signals.
type Verdict struct {
	List  string `json:"list"`
	Entry string `json:"entry"`
	// Release says that the entry's matches are to count: what was held is passed on.
	// Otherwise the entry is wrong: what was held is dropped, and what comes.
	Release bool `json:"release"`
	// ExemptSeconds is for how long after a release the entry is not quarantined, in
	// event time; 0 is the gate's default.
	ExemptSeconds int64 `json:"exempt_seconds,omitempty"`
	// By is who decided, as the audit log names people, and Reason why.
	By     string `json:"by"`
	Reason string `json:"reason"`
	// At is when, UTC. Of two verdicts on an entry the later one holds.
	At time.Time `json:"at"`
}

// Key returns the key of the verdict's record.
func (v Verdict) Key() string { return EntryKey(v.List, v.Entry) }

// Encode returns the verdict as JSON that fits its schema.
func (v Verdict) Encode() ([]byte, error) {
	v.At = v.At.UTC()
	data, err := encode(verdictSchema, v)
	if err != nil {
		return nil, fmt.Errorf("verdict: %w", err)
	}
	return data, nil
}

// DecodeVerdict reads a verdict; what does not fit the schema is a Rejection that names
// the field.
func DecodeVerdict(data []byte) (Verdict, error) {
	var v Verdict
	if err := verdictSchema.Decode(data, &v); err != nil {
		return Verdict{}, fmt.Errorf("verdict: %w", err)
	}
	if v.At = v.At.UTC(); !inRange(v.At) {
		return Verdict{}, fmt.Errorf("verdict: %w", signal.Reject("schema", "/at: is not between 1970 and 2199"))
	}
	if v.ExemptSeconds > 0 && !v.Release {
		return Verdict{}, fmt.Errorf("verdict: %w", signal.Reject("schema", "/exempt_seconds: goes with a release only"))
	}
	return v, nil
}

package flood

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// The states of a quarantine.
const (
	Quarantined = "quarantined" // matches are held
	Released    = "released"    // a person let them pass
	Retracted   = "retracted"   // a person found the entry wrong: matches are dropped
)

// A Quarantine tells how an entry stands that matched in too many streams, or on which
// a person decided: the value of the compacted topic quarantines, keyed as the matches
// are. It is told anew with each change of state, and while matches are held or dropped
// each time their number reaches a power of two.
type Quarantine struct {
	List  string `json:"list"`
	Entry string `json:"entry"`
	// HashKind and ListVersion are those of the signal that began it; empty where a
	// verdict came before any match.
	HashKind    string `json:"hash_kind,omitempty"`
	ListVersion string `json:"list_version,omitempty"`
	State       string `json:"state"` // Quarantined, Released or Retracted
	// Since is when it began and At when it last changed, in event time, UTC.
	Since time.Time `json:"since"`
	At    time.Time `json:"at"`
	// Limit is how many streams may match within WithinSeconds of event time.
	Limit         int   `json:"limit"`
	WithinSeconds int64 `json:"within_seconds"`
	// Streams counts the distinct streams whose signals are held, and Held those
	// signals; after a verdict, what was held when it was given.
	Streams int `json:"streams"`
	Held    int `json:"held"`
	// Withdrawn counts the signals that had been passed on and were taken back.
	Withdrawn int `json:"withdrawn"`
	// NotKept counts the records of further signals, for which there was no room.
	NotKept uint64 `json:"not_kept"`
	// Dropped counts the records that came after a retraction.
	Dropped uint64 `json:"dropped"`
	// Examples are the first of the signals that were held.
	Examples []Example `json:"examples,omitempty"`
	// Decision is what ended it; nil while it is Quarantined.
	Decision *Decision `json:"decision,omitempty"`
}

// An Example names a signal and its stream.
type Example struct {
	Signal   string `json:"signal"`
	Platform string `json:"platform"`
	Stream   string `json:"stream"`
}

// maxExamples limits the examples, as the schema does.
const maxExamples = 8

// A Decision is what a verdict came to.
type Decision struct {
	Release bool `json:"release"`
	// ExemptUntil is the event time before which matches pass uncounted; zero in a
	// retraction.
	ExemptUntil time.Time `json:"exempt_until,omitzero"`
	By          string    `json:"by"`
	Reason      string    `json:"reason"`
	At          time.Time `json:"at"`
}

// Key returns the key of the quarantine's record.
func (q Quarantine) Key() string { return EntryKey(q.List, q.Entry) }

// Says is one sentence for the operator.
func (q Quarantine) Says() string {
	entry := fmt.Sprintf("entry %s of list %s", q.Entry, q.List)
	switch q.State {
	case Quarantined:
		return fmt.Sprintf("%s matches in %d streams, more than %d within %s: its %d signals are held until a person decides",
			entry, q.Streams, q.Limit, time.Duration(q.WithinSeconds)*time.Second, q.Held)
	case Released:
		return fmt.Sprintf("%s was released: %d signals of %d streams that were held are passed on", entry, q.Held, q.Streams)
	default:
		return fmt.Sprintf("%s was found wrong: %d signals of %d streams that were held are dropped, and %d since",
			entry, q.Held, q.Streams, q.Dropped)
	}
}

// Encode returns the quarantine as JSON that fits its schema.
func (q Quarantine) Encode() ([]byte, error) {
	data, err := encode(quarantineSchema, q)
	if err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	return data, nil
}

// DecodeQuarantine reads a quarantine; what does not fit the schema is a Rejection that
// names the field.
func DecodeQuarantine(data []byte) (Quarantine, error) {
	var q Quarantine
	if err := quarantineSchema.Decode(data, &q); err != nil {
		return Quarantine{}, fmt.Errorf("quarantine: %w", err)
	}
	if (q.State == Quarantined) != (q.Decision == nil) {
		return Quarantine{}, fmt.Errorf("quarantine: %w", signal.Reject("schema", "/decision: must be set exactly when the state is not %s", Quarantined))
	}
	return q, nil
}

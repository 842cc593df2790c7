package action

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// The states of a receipt.
const (
	StateAccepted = "accepted" // it will be done; another receipt follows
	StateDone     = "done"
	StateRefused  = "refused" // it will not be done; Reason says why
)

// A Receipt is a platform's word on an action: the body of its answer to a webhook, or of
// POST /v1/receipts, and the value of a record of the topic receipts.
type Receipt struct {
	ActionID string    `json:"action_id"`
	State    string    `json:"state"`
	Reason   string    `json:"reason,omitempty"` // of a refusal, as a code
	At       time.Time `json:"at"`               // when it was so, UTC
}

// ID is the receipt's: the same word is the same receipt.
func (r Receipt) ID() string {
	return signal.ID("receipt", r.ActionID, r.State, r.Reason, r.At.UTC().Format(time.RFC3339Nano))
}

// Encode returns a receipt's JSON, the same bytes for the same receipt.
func (r Receipt) Encode() ([]byte, error) {
	r.At = r.At.UTC()
	return encode(r)
}

// DecodeReceipt reads a receipt; what does not fit the schema is a Rejection that names
// the field.
func DecodeReceipt(data []byte) (r Receipt, err error) {
	if err := receiptSchema.Decode(data, &r); err != nil {
		return Receipt{}, fmt.Errorf("receipt: %w", err)
	}
	r.At = r.At.UTC()
	return r, nil
}

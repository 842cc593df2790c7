package jsonlines

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/virtual"
	"github.com/vigil-stream/vigil/signal"
)

// MaxLine limits a line, in bytes.
const MaxLine = payments.MaxRecord

// The types of a line.
const (
	TypeTransaction = "transaction"
	TypeWithdrawal  = "withdrawal"
	TypeVirtual     = virtual.Type
)

var (
	transactionSchema = payments.Schema("transaction")
	withdrawalSchema  = payments.Schema("withdrawal")
)

// Parse reads one line. The error is a Rejection.
func Parse(data []byte) (payments.Record, error) {
	if len(data) > MaxLine {
		return payments.Record{}, signal.Reject("record-too-large", "%d bytes, and the limit is %d", len(data), MaxLine)
	}
	f, ok := quickForm(data)
	if !ok {
		switch typeOf(data) {
		case TypeWithdrawal:
			return parseWithdrawal(data)
		case TypeVirtual:
			t, err := virtual.Parse(data)
			return payments.Record{Transaction: t}, err
		}
		// Slowly, and with the reason if it is refused.
		f = form{}
		if err := transactionSchema.Decode(data, &f); err != nil {
			if alone := virtual.CheckAlone(data); alone != nil {
				return payments.Record{}, alone
			}
			return payments.Record{}, fmt.Errorf("transaction: %w", err)
		}
	}
	t, err := f.transaction()
	if err != nil {
		return payments.Record{}, err
	}
	return payments.Record{Transaction: t}, nil
}

// Ref is the institution's own reference of a line that Parse refuses, to tell it of that;
// empty where there is none that could be one.
func Ref(data []byte) string {
	var of struct {
		ID        json.RawMessage `json:"id"`
		Withdraws json.RawMessage `json:"withdraws"`
	}
	if len(data) > MaxLine || json.Unmarshal(data, &of) != nil {
		return ""
	}
	for _, raw := range []json.RawMessage{of.ID, of.Withdraws} {
		var ref string
		if json.Unmarshal(raw, &ref) == nil && ref != "" && payments.Clean(ref) == ref && payments.CheckLength(ref, payments.MaxName) == nil {
			return ref
		}
	}
	return ""
}

// typeOf is the line's type, and empty where it is no JSON, which a schema then says.
func typeOf(data []byte) string {
	var of struct {
		Type json.RawMessage `json:"type"`
	}
	var name string
	if json.Unmarshal(data, &of) != nil || json.Unmarshal(of.Type, &name) != nil {
		return ""
	}
	return name
}

// withdrawal is the form of schema/withdrawal.json.
type withdrawal struct {
	Type        string `json:"type"`
	Institution string `json:"institution"`
	Withdraws   string `json:"withdraws"`
	At          string `json:"at"`
	Reason      string `json:"reason,omitempty"`
}

func parseWithdrawal(data []byte) (payments.Record, error) {
	var in withdrawal
	if err := withdrawalSchema.Decode(data, &in); err != nil {
		return payments.Record{}, fmt.Errorf("withdrawal: %w", err)
	}
	at, err := payments.ParseTime(in.At)
	if err != nil {
		return payments.Record{}, payments.At("/at", err)
	}
	return payments.Record{Withdrawal: &payments.Withdrawal{
		Institution: in.Institution, Ref: in.Withdraws, At: at, Reason: payments.Clean(in.Reason),
	}}, nil
}

// Encode writes a record as a line, without its end, of which Parse makes an equal one.
// The error is a Rejection: a record that came from elsewhere may not fit.
func Encode(r payments.Record) ([]byte, error) {
	line, _, err := Line(r)
	return line, err
}

// Line is Encode, and returns beside the line what Parse makes of it: with the agents and
// countries that follow from what the record says.
func Line(r payments.Record) (line []byte, read payments.Record, err error) {
	var v any
	switch {
	case r.Withdrawal != nil:
		w := r.Withdrawal
		v = withdrawal{Type: TypeWithdrawal, Institution: w.Institution, Withdraws: w.Ref, At: w.At.UTC().Format(time.RFC3339), Reason: w.Reason}
	case r.Transaction != nil:
		v = formOf(r.Transaction)
	default:
		return nil, read, signal.Reject("json", "neither a transaction nor a withdrawal")
	}
	if line, err = signal.Marshal(v); err != nil {
		return nil, read, signal.Reject("json", "cannot be written as JSON")
	}
	if read, err = Parse(line); err != nil {
		return nil, payments.Record{}, err
	}
	return line, read, nil
}

func pointer(before string, i int, after string) string { return before + strconv.Itoa(i) + after }

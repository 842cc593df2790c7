package intake

import (
	"errors"
	"strings"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// A Refusal is what an institution is told of a record that is bad, so that it can mend
// it. It has no personal data.
type Refusal struct {
	Record    int    `json:"record"` // its number in the file, the first is 1
	Byte      int64  `json:"byte"`   // where it begins in the file
	Reference string `json:"reference,omitempty"`
	Code      string `json:"code"`
	Place     string `json:"place,omitempty"` // the field
	Reason    string `json:"reason"`
}

// Refusals tells all faults of an item.
func Refusals(item payments.Item) []Refusal {
	var all []Refusal
	for _, err := range parts(item.Err) {
		r := Refusal{Record: item.Number, Byte: item.Offset, Reference: item.Ref, Reason: err.Error()}
		if r.Reference == "" && item.Transaction != nil {
			r.Reference = item.Transaction.Ref
		}
		var rejection *signal.Rejection
		if errors.As(err, &rejection) {
			r.Code = rejection.Reason()
			r.Reason = strings.TrimPrefix(rejection.Error(), r.Code+": ")
			r.Place = strings.ReplaceAll(strings.TrimRight(strings.TrimSuffix(err.Error(), rejection.Error()), ": /"), ": ", "/")
			// A place may be named in the text itself.
			if field, text, ok := strings.Cut(r.Reason, ": "); ok && !strings.Contains(field, " ") {
				r.Place, r.Reason = strings.Trim(r.Place+"/"+strings.TrimLeft(field, "/"), "/"), text
			}
		}
		all = append(all, r)
	}
	return all
}

// parts are the errors that are joined in one.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only where err itself is joined
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, parts(e)...)
		}
		return all
	}
	return []error{err}
}

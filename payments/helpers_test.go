package payments

import (
	"errors"

	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// now is when the newest of the tests' payments were made.
var now = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

// reasons lists the reason of every Rejection in an error, in order, and fails
// where there is anything else.
func reasons(t testing.TB, err error) []string {
	t.Helper()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, e := range joined.Unwrap() {
			all = append(all, reasons(t, e)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	var rejection *signal.Rejection
	if !errors.As(err, &rejection) || !rejection.Permanent() {
		t.Fatalf("%v is no Rejection", err)
	}
	return []string{rejection.Reason()}
}

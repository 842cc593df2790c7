package stream

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Reasons that this package gives; handlers give their own.
const (
	reasonCloudEvents = "cloudevents" // the headers are not those of a CloudEvents 1.0 event
	reasonBatch       = "batch"       // a record batch cannot be decompressed or is not what it says
	reasonPanic       = "panic"       // the handler panicked
	reasonOversize    = "oversize"    // a record to produce is beyond the limit
	reasonUnnamed     = "rejected"    // the handler's error names no reason
)

// A permanent error is the fault of the record at hand: no retry will mend it.
type permanent struct {
	reason string
	err    error
}

func reject(reason, format string, args ...any) *permanent {
	return &permanent{reason: reason, err: fmt.Errorf(format, args...)}
}

func (p *permanent) Error() string   { return p.reason + ": " + p.err.Error() }
func (p *permanent) Unwrap() error   { return p.err }
func (p *permanent) Permanent() bool { return true }
func (p *permanent) Reason() string  { return p.reason }

// permanentReason tells a permanent error from a passing one. Rooms have their
// own type for it, so it goes by what the error says of itself.
func permanentReason(err error) (reason string, is bool) {
	if err == nil {
		return "", false
	}
	var p interface{ Permanent() bool }
	if !errors.As(err, &p) || !p.Permanent() {
		return "", false
	}
	var r interface{ Reason() string }
	if errors.As(err, &r) && r.Reason() != "" {
		return r.Reason(), true
	}
	return reasonUnnamed, true
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

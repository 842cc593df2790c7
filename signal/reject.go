package signal

import "fmt"

// A Rejection is a permanent error: the record is bad and no retry will mend
// it. It goes to the dead letters under its reason. Its text names the place
// and the fault, and quotes no personal data.
type Rejection struct {
	reason string // a short code, such as "schema" or "image-too-large"
	err    error
}

// Reject makes a Rejection with a short reason code and a formatted text.
func Reject(reason, format string, args ...any) *Rejection {
	return &Rejection{reason: reason, err: fmt.Errorf(format, args...)}
}

func (r *Rejection) Error() string { return r.reason + ": " + r.err.Error() }
func (r *Rejection) Unwrap() error { return r.err }

// Reason is the code that counters and dead letters carry.
func (r *Rejection) Reason() string { return r.reason }

// Permanent reports true: it is how a reader of records that does not know this
// package tells a bad record from a passing fault.
func (r *Rejection) Permanent() bool { return true }

package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
)

// A Delivery is one alert on its way to one centre, and a State where that stands. They are
// review's, whose store keeps them.
type (
	Delivery = review.Filing
	State    = review.FilingState
)

// The states.
const (
	Queued  = review.FilingQueued
	Sending = review.FilingSending
	Unknown = review.FilingUnknown
	Filed   = review.FilingFiled
	Failed  = review.FilingFailed
	Held    = review.FilingHeld
)

// States are all of them.
var States = []State{Queued, Sending, Unknown, Filed, Failed, Held}

// ErrStale says that a delivery was changed by another in between.
var ErrStale = review.ErrFilingChanged

// A Store keeps deliveries. Its methods may be called by several processes.
type Store interface {
	// NextFiling returns what is to be looked at first: of a centre's deliveries that are
	// neither filed nor failed and whose time has come, the one of the highest priority, of
	// several the one that is due soonest. False is nothing.
	NextFiling(ctx context.Context, centre string, now time.Time) (Delivery, bool, error)
	// SaveFiling keeps a change and gives it a new revision, or returns ErrStale where
	// another changed it in between.
	SaveFiling(ctx context.Context, d Delivery) (Delivery, error)
}

// A Channel reaches a centre.
type Channel interface {
	// Send delivers an alert once. The error is a Hold, or a *report.Held, where it says too
	// little and nothing was sent; any other error means that nothing was sent either.
	Send(ctx context.Context, a report.Alert) (report.Answer, error)
	// Ask asks the centre whether it has an alert.
	Ask(ctx context.Context, alert string) (report.Answer, error)
}

// A Hold says what an alert lacks before it may go.
type Hold struct{ Says string }

func (h *Hold) Error() string { return h.Says }

// held returns what an error says is lacking.
func held(err error) (string, bool) {
	var a *Hold
	var b *report.Held
	switch {
	case errors.As(err, &a):
		return a.Says, true
	case errors.As(err, &b):
		return b.Error(), true
	}
	return "", false
}

// Priority orders alerts by danger: what would not wait for a second person before all, then
// by how likely it is.
func Priority(a report.Alert) int64 {
	p := int64(1000 * a.Statement.Probability)
	if a.Statement.Danger {
		p += 1_000_000
	}
	return p
}

// Order makes the delivery of an alert that was decided, with the time that the law gives.
func Order(a report.Alert, within time.Duration) (Delivery, error) {
	body, err := report.Encode(a)
	if err != nil {
		return Delivery{}, err
	}
	at := a.Statement.At
	return Delivery{
		Alert: a.ID, Case: a.Statement.Case, Centre: a.Centre.ID, Priority: Priority(a), State: Queued,
		Due: at.Add(within), Next: at, Revision: 1, Body: body,
	}, nil
}

package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/vigil-stream/vigil/report"
)

// A State is where the delivery of an alert stands.
type State string

// The states.
const (
	Queued  State = "queued"
	Sending State = "sending" // a worker has it; after its lease it is as good as unknown
	Unknown State = "unknown" // the centre may have it, and is asked before anything else
	Filed   State = "filed"   // the centre has it
	Failed  State = "failed"  // the centre will not take it as it is: for a person to look at
	Held    State = "held"    // it says too little; it is looked at again from time to time
)

// States are all of them.
var States = []State{Queued, Sending, Unknown, Filed, Failed, Held}

// A Delivery is one alert on its way to one centre.
type Delivery struct {
	Alert    string // its id, which is the idempotency key too
	Case     string
	Centre   string
	Priority int64 // the higher the sooner
	State    State
	Attempts int
	Due      time.Time // until when the law wants it there
	Next     time.Time // from when on it is looked at; of one that is sending, the end of the lease
	Receipt  string    // the centre's own reference
	Says     string    // why it stands where it does, in words
	Revision int64     // grows with every change
	Body     []byte    // the alert's JSON
}

// Late reports whether the law's time is over and the centre does not have it.
func (d Delivery) Late(now time.Time) bool { return d.State != Filed && now.After(d.Due) }

// A Store keeps deliveries. Its methods may be called by several processes.
type Store interface {
	// NextDelivery returns what is to be looked at first: of a centre's deliveries that are
	// neither filed nor failed and whose time has come, the one of the highest priority, of
	// several the one that is due soonest. False is nothing.
	NextDelivery(ctx context.Context, centre string, now time.Time) (Delivery, bool, error)
	// SaveDelivery keeps a change and gives it a new revision, or returns ErrStale where
	// another changed it in between.
	SaveDelivery(ctx context.Context, d Delivery) (Delivery, error)
}

// ErrStale says that a delivery was changed by another in between.
var ErrStale = errors.New("the delivery was changed by another in between")

// A Channel reaches a centre.
type Channel interface {
	// Send delivers an alert once. The error is a Hold, or a *report.Held, where it says too
	// little and nothing was sent; any other error means that nothing was sent either.
	Send(ctx context.Context, a report.Alert) (report.Outcome, error)
	// Ask asks the centre whether it has an alert.
	Ask(ctx context.Context, alert string) (report.Outcome, error)
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

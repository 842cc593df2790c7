package delivery

import (
	"context"
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

	Withdrawn = review.FilingWithdrawn
)

// States are all of them.
var States = []State{Queued, Sending, Unknown, Filed, Failed, Held, Withdrawn}

// ErrStale says that a delivery was changed by another in between.
var ErrStale = review.ErrFilingChanged

// A Store keeps deliveries. Its methods may be called by several processes.
type Store interface {
	// NextFiling returns what is to be looked at first: of a centre's deliveries that are
	// neither filed, withdrawn nor failed and whose time has come, the one of the highest
	// priority, of several the one that is due soonest. What a correction overtook is looked
	// at at once, and the correction when that is filed or withdrawn. False is nothing.
	NextFiling(ctx context.Context, centre string, now time.Time) (Delivery, bool, error)
	// SaveFiling keeps a change and gives it a new revision, or returns ErrStale where
	// another changed it in between.
	SaveFiling(ctx context.Context, d Delivery) (Delivery, error)
	// EarlierFilings are those that the centre has and that one refers to, the oldest first:
	// of an alert, what was filed on its case before; of a correction, its alert and what
	// corrected that before.
	EarlierFilings(ctx context.Context, d Delivery) ([]Delivery, error)
}

// A Channel reaches a centre.
type Channel interface {
	// Send delivers an alert once, which follows those filed earlier. The error is a Hold, or
	// a *report.Held, where it says too little and nothing was sent; any other error means
	// that nothing was sent either.
	Send(ctx context.Context, a report.Alert, earlier []Delivery) (report.Answer, error)
	// Correct delivers a correction of what was filed earlier, as Send does. Where nothing
	// was, the centre is told what the correction states for the first time.
	Correct(ctx context.Context, c report.Correction, earlier []Delivery) (report.Answer, error)
	// Ask asks the centre whether it has an alert or a correction, by its id.
	Ask(ctx context.Context, id string) (report.Answer, error)
	// Withdraw ends one that the centre is not to get any more; may says that it may have it.
	// The answer is Withdrawn, or Filed where it has it; any other means that it is not known.
	Withdraw(ctx context.Context, id string, may bool) (report.Answer, error)
}

// A Preparer is a Channel that tells beforehand what it would hold an alert for: a Hold or a
// *report.Held, as Send returns it. Any other error is left to Send.
type Preparer interface {
	Prepare(ctx context.Context, a report.Alert, earlier []Delivery) error
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
		Alert: a.ID, Sequence: a.Statement.Sequence, Case: a.Statement.Case, Centre: a.Centre.ID, Priority: Priority(a), State: Queued,
		Due: at.Add(within), Next: at, Revision: 1, Body: body,
	}, nil
}

// correctionPriority puts corrections after what is dangerous and before all else: somebody
// may be looked for on what they take back.
const correctionPriority = 500_000

// OrderCorrection makes the delivery of a correction.
func OrderCorrection(c report.Correction, within time.Duration) (Delivery, error) {
	body, err := report.EncodeCorrection(c)
	if err != nil {
		return Delivery{}, err
	}
	at := c.Statement.At
	return Delivery{
		Alert: c.ID, Corrects: c.Alert, Sequence: c.Statement.Sequence, Case: c.Statement.Case, Centre: c.Centre.ID,
		Priority: correctionPriority, State: Queued, Due: at.Add(within), Next: at, Revision: 1, Body: body,
	}, nil
}

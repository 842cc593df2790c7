package app

import (
	"context"
	"errors"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/review"
)

// A gate stands in front of every way by which alerts leave: the queues of centres and the
// channels to them. What says too little is held there with what it lacks.
type gate struct {
	checks report.Gate
	store  *review.Store
	undo   time.Duration // for which a decision can be taken back
	now    func() time.Time
}

func (c *Config) newGate(store *review.Store) *gate {
	return &gate{checks: c.Completeness.gate(), store: store, undo: *c.Review.Undo, now: time.Now}
}

// errAnew says that an alert does not leave any more.
var errAnew = errors.New("another decision has been made since, and what is to be told of it is told by itself")

// channel is the gate of workers. What was decided anew for good is left to the channel, which
// may have to withdraw it.
func (g *gate) channel(ctx context.Context, d delivery.Delivery, a report.Alert) (report.Alert, error) {
	if err := g.stands(ctx, a); err != nil && !errors.Is(err, errAnew) {
		return a, err
	}
	return g.pass(d, a)
}

// queue is the gate of queues. What was decided anew for good is errAnew, unless it may be
// there already.
func (g *gate) queue(ctx context.Context, d delivery.Delivery, a report.Alert) (report.Alert, error) {
	if d.State != delivery.Sending {
		if err := g.stands(ctx, a); err != nil {
			return a, err
		}
	}
	return g.pass(d, a)
}

// pass returns an alert as it may go. What lacks something is a *report.Held.
func (g *gate) pass(d delivery.Delivery, a report.Alert) (report.Alert, error) {
	c := g.checks.Judge(a)
	last := delivery.LastCall(d, a.Statement.At)
	switch {
	case c.Ready():
		return a, nil
	case !c.Sound():
		return a, &report.Held{Alert: a.ID, Completeness: c}
	case g.now().Before(last):
		return a, &report.Held{Alert: a.ID, Completeness: c, LastCall: last}
	}
	a.Lacks = c.Missing()
	return a, nil
}

// stands checks that an alert's decision is the last on its case. A later one that may still
// be taken back is waited for.
func (g *gate) stands(ctx context.Context, a report.Alert) error {
	last, ok, err := g.store.LastDecision(ctx, a.Statement.Case)
	switch {
	case err != nil:
		return err
	case !ok:
		return errAnew
	case last.ID == a.Statement.Decision:
		return nil
	}
	if sure := last.At.Add(g.undo + time.Minute); g.now().Before(sure) {
		return &delivery.Hold{Says: "Another decision has been made since, which may still be taken back.", Until: sure}
	}
	return errAnew
}

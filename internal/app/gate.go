package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/custody"
)

// A gate stands in front of every way by which alerts leave: the queues of centres and the
// channels to them. What says too little is held there with what it lacks.
type gate struct {
	checks   report.Gate
	store    *review.Store
	accounts *accounts
	names    []string        // centres that are told whose account it is
	direct   map[string]bool // centres whose channel needs that
	undo     time.Duration   // for which a decision can be taken back
	now      func() time.Time
}

func (c *Config) newGate(store *review.Store, keeps *custody.Custody, centres route.Directory) *gate {
	g := &gate{
		checks: c.Completeness.gate(), store: store, accounts: &accounts{c, store, keeps}, names: c.NameAccounts,
		direct: map[string]bool{}, undo: *c.Review.Undo, now: time.Now,
	}
	for _, centre := range centres.Centres {
		g.direct[centre.ID] = centre.Channel == "ncmec"
	}
	return g
}

// errAnew says that an alert does not leave any more.
var errAnew = errors.New("another decision has been made since, and what is to be told of it is told by itself")

// channel is the gate of workers. What was decided anew for good is left to the channel, which
// may have to withdraw it.
func (g *gate) channel(ctx context.Context, d delivery.Delivery, a report.Alert) (report.Alert, error) {
	if err := g.stands(ctx, a); err != nil && !errors.Is(err, errAnew) {
		return a, err
	}
	if g.direct[a.Centre.ID] { // its report has the account, and is held without
		if err := g.ask(ctx, a); err != nil {
			return a, err
		}
	}
	return g.pass(d, a, nil)
}

// ask has the platforms of an alert asked whose account it is.
func (g *gate) ask(ctx context.Context, a report.Alert) error {
	decided, err := g.store.Decision(ctx, a.Statement.Decision)
	if err != nil {
		return err
	}
	return g.accounts.ask(ctx, decided)
}

// queue is the gate of queues. What was decided anew for good is errAnew, unless it may be
// there already.
func (g *gate) queue(ctx context.Context, d delivery.Delivery, a report.Alert) (report.Alert, error) {
	if d.State != delivery.Sending {
		if err := g.stands(ctx, a); err != nil {
			return a, err
		}
	}
	var open []string
	if slices.Contains(g.names, a.Centre.ID) {
		var err error
		if err = g.ask(ctx, a); err == nil {
			a, open, err = g.accounts.joined(ctx, a)
		}
		if err != nil {
			return a, err
		}
	}
	return g.pass(d, a, open)
}

// pass returns an alert as it may go. What lacks something is a *report.Held; open are the
// platforms whose answer is waited for, unless a danger does not wait.
func (g *gate) pass(d delivery.Delivery, a report.Alert, open []string) (report.Alert, error) {
	c := g.checks.Judge(a)
	ready := c.Ready() && (len(open) == 0 || a.Statement.Danger)
	if len(open) > 0 {
		c.Checks = append(c.Checks, waits(open))
	}
	last := delivery.LastCall(d, a.Statement.At)
	switch {
	case ready:
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

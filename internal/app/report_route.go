package app

import (
	"context"
	"io"

	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
)

// RouteOptions say which case to route, and who asks.
type RouteOptions struct {
	Case     string
	Reviewer string
	Explain  bool // print what every rule looked at
	Out      io.Writer
}

// RouteCase prints which centres a case goes to, as it was decided, or would go to as it
// stands. It shows of whom the case is, so that the view is logged as any other.
func RouteCase(ctx context.Context, c Config, o RouteOptions) error {
	centres, err := c.directory()
	if err != nil {
		return err
	}
	return withStore(ctx, c, func(store *review.Store) error {
		shown, decisions, err := store.Show(ctx, o.Case, review.Reviewer(o.Reviewer))
		if err != nil {
			return err
		}
		d := review.Decision{CaseID: shown.ID, Case: shown}
		if len(decisions) > 0 {
			d = decisions[len(decisions)-1]
		}
		return route.Explain(o.Out, centres.Route(d), o.Explain)
	})
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/review"
)

// DeliveriesOptions say which deliveries to list.
type DeliveriesOptions struct {
	State string // empty: all
	Out   io.Writer
}

// ListDeliveries prints where the deliveries to centres stand: by channels and then into
// queues, of each the most urgent first.
func ListDeliveries(ctx context.Context, c Config, o DeliveriesOptions) error {
	if o.State != "" && !slices.Contains(delivery.States, delivery.State(o.State)) {
		return fmt.Errorf("%w: --state %q is none of %v", ErrUsage, o.State, delivery.States)
	}
	return withStore(ctx, c, func(store *review.Store) error {
		filings, err := store.Filings(ctx, delivery.State(o.State), review.MaxLimit)
		if err != nil {
			return err
		}
		queued, err := store.QueuedAlerts(ctx, delivery.State(o.State), review.MaxLimit)
		if err != nil {
			return err
		}
		if len(filings)+len(queued) == 0 {
			_, err := fmt.Fprintln(o.Out, "no deliveries")
			return err
		}
		now := time.Now()
		w := tabwriter.NewWriter(o.Out, 0, 8, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "ID\tCENTRE\tWAY\tSTATE\tATTEMPTS\tDUE\tRECEIPT\tCORRECTS\tWHY")
		for i, d := range slices.Concat(filings, queued) {
			way := byChannel
			if i >= len(filings) {
				way = byQueue
			}
			due := d.Due.Format(time.RFC3339)
			if d.Late(now) {
				due += " LATE"
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", d.Alert, d.Centre, way, d.State, d.Attempts, due, oneLine(d.Receipt), d.Corrects, oneLine(d.Says))
		}
		return w.Flush()
	})
}

// RetryOptions say which delivery is tried again, who says so and why.
type RetryOptions struct {
	Alert, Reviewer, Reason string
	Out                     io.Writer
}

// RetryDelivery has deliveries of an alert, by whichever way, tried again that failed or are held, or one that is unknown
// asked for, at once.
func RetryDelivery(ctx context.Context, c Config, o RetryOptions) error {
	if strings.TrimSpace(o.Reason) == "" {
		return fmt.Errorf("%w: --reason: say why", ErrUsage)
	}
	return withStore(ctx, c, func(store *review.Store) error {
		queued, byQueue := store.RetryQueued(ctx, o.Alert, supervisor(o.Reviewer), o.Reason)
		if byQueue == nil {
			if _, err := fmt.Fprintf(o.Out, "%s into the queue of %s is %s again\n", queued.Alert, queued.Centre, queued.State); err != nil {
				return err
			}
		}
		d, err := store.RetryFiling(ctx, o.Alert, supervisor(o.Reviewer), o.Reason)
		if err != nil {
			if byQueue == nil {
				return nil
			}
			return errors.Join(err, byQueue)
		}
		says := "%s to %s is %s again\n"
		if d.State == delivery.Unknown {
			says = "%s: %s is asked again whether it has it; it is %s until then\n"
		}
		_, err = fmt.Fprintf(o.Out, says, d.Alert, d.Centre, d.State)
		return err
	})
}

// SettleOptions say what a person learned of a delivery by asking its centre, and how.
type SettleOptions struct {
	Alert, Reviewer, Reason string
	Receipt                 string // the centre's own reference
	Absent                  bool   // the centre does not have it
	Out                     io.Writer
}

// SettleDelivery notes what became of a delivery that is unknown.
func SettleDelivery(ctx context.Context, c Config, o SettleOptions) error {
	switch {
	case o.Absent == (o.Receipt != ""):
		return fmt.Errorf("%w: give --receipt with the centre's reference, or --absent", ErrUsage)
	case strings.TrimSpace(o.Reason) == "":
		return fmt.Errorf("%w: --reason: say whom you asked, and how", ErrUsage)
	}
	return withStore(ctx, c, func(store *review.Store) error {
		d, err := store.SettleFiling(ctx, o.Alert, supervisor(o.Reviewer), o.Receipt, o.Reason)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.Out, "%s to %s is %s\n", d.Alert, d.Centre, d.State)
		return err
	})
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
)

// InboxOptions say which queue to read and how.
type InboxOptions struct {
	Centre string
	LogKey string // the audit log's verifier key; empty means this deployment's own
	JSON   bool
	Follow bool // go on until ctx ends
	Out    io.Writer
}

// Inbox reads a centre's queue, drops repeats, checks each alert and prints it.
func Inbox(ctx context.Context, c Config, o InboxOptions) error {
	return readInbox(ctx, c, o, func() error { return nil })
}

// readInbox is Inbox; printed is called after each alert and may end the reading.
func readInbox(ctx context.Context, c Config, o InboxOptions, printed func() error) (err error) {
	table, err := c.directory()
	if err != nil {
		return err
	}
	centre, err := table.Centre(o.Centre)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	key, err := c.verifier(o.LogKey)
	if err != nil {
		return err
	}
	client, err := dial(ctx, c, centre.Topic())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	var seen report.Seen
	count, failed := 0, false
	read := client.ReadAll
	if o.Follow {
		read = client.Follow
	}
	err = read(ctx, centre.Topic(), func(m stream.Message) error {
		if m.Type == report.TypeCorrection {
			first, err := readCorrection(o, m, key, &seen, &failed)
			if first {
				count++
			}
			return err
		}
		a, err := report.DecodeAlert(m.Data)
		if err != nil {
			failed = true
			_, err = fmt.Fprintf(o.Out, "record %d of the queue is not an alert: %v\n", m.Offset, err)
			return err
		}
		// Only what passes its checks counts as seen: a forgery must not hide the
		// true alert of the same id.
		check := report.Verify(a, key)
		if !check.OK() {
			failed = true
		} else if !seen.First(a.ID) {
			return nil
		}
		count++
		if o.JSON {
			if _, err = fmt.Fprintf(o.Out, "%s\n", m.Data); err != nil {
				return err
			}
		} else if err := report.Print(o.Out, a, check); err != nil {
			return err
		}
		return printed()
	})
	if err != nil {
		return err
	}
	if count == 0 && !o.JSON {
		if _, err := fmt.Fprintf(o.Out, "no alerts for %s (%s)\n", centre.ID, centre.Name); err != nil {
			return err
		}
	}
	if failed {
		return ErrUnverified
	}
	return nil
}

// readCorrection checks and prints a correction, and reports whether it did.
func readCorrection(o InboxOptions, m stream.Message, key string, seen *report.Seen, failed *bool) (bool, error) {
	c, err := report.DecodeCorrection(m.Data)
	if err != nil {
		*failed = true
		_, err = fmt.Fprintf(o.Out, "record %d of the queue is not a correction: %v\n", m.Offset, err)
		return false, err
	}
	check := report.VerifyCorrection(c, key)
	if !check.OK() {
		*failed = true
	} else if !seen.First(c.ID) {
		return false, nil
	}
	if o.JSON {
		_, err := fmt.Fprintf(o.Out, "%s\n", m.Data)
		return true, err
	}
	return true, report.PrintCorrection(o.Out, c, check)
}

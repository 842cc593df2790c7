package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/report/route"
)

// InboxOptions say which queue to read and how.
type InboxOptions struct {
	Centre   string
	LogKey   string // the audit log's verifier key; empty means this deployment's own
	Identity string // file of age identities; empty means those of a centre that this deployment plays itself
	// Attachments is the folder that what came with alerts is written into; empty for none.
	Attachments string
	JSON        bool
	Follow      bool // go on until ctx ends
	Out         io.Writer
}

// Inbox reads a centre's queue: it opens each record, drops repeats, checks what is in it
// and prints it.
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
	identities, err := c.inboxIdentities(ctx, centre.ID, o.Identity)
	if err != nil {
		return err
	}
	client, err := dial(ctx, c, centre.Topic())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	in := reading{o: o, centre: centre, key: key, identities: identities}
	read := client.ReadAll
	if o.Follow {
		read = client.Follow
	}
	err = read(ctx, centre.Topic(), func(m stream.Message) error {
		alert, err := in.take(m)
		if err == nil && alert {
			err = printed()
		}
		return err
	})
	if err != nil {
		return err
	}
	if in.count == 0 && !o.JSON {
		if _, err := fmt.Fprintf(o.Out, "no alerts for %s (%s)\n", centre.ID, centre.Name); err != nil {
			return err
		}
	}
	if in.failed {
		return ErrUnverified
	}
	return nil
}

// A reading is one reading of a queue.
type reading struct {
	o          InboxOptions
	centre     route.Centre
	key        string
	identities []age.Identity
	seen       report.Seen
	count      int  // of what was printed
	failed     bool // something did not open, or did not pass its checks
}

// take opens, checks and prints a record, and reports whether it printed an alert.
func (in *reading) take(m stream.Message) (bool, error) {
	t, err := openTold(m, in.centre.ID, in.key, in.identities)
	if err != nil {
		in.failed = true
		_, err = fmt.Fprintf(in.o.Out, "record %d of the queue was not opened: %v\n", m.Offset, err)
		return false, err
	}
	// Only what passes its checks counts as seen: a forgery must not hide the
	// true alert of the same id.
	if !t.check.OK() {
		in.failed = true
	} else if !in.seen.First(t.id()) {
		return false, nil
	}
	in.count++
	if in.o.JSON {
		_, err = fmt.Fprintf(in.o.Out, "%s\n", t.Payload)
	} else {
		err = t.print(in.o.Out)
	}
	if err == nil {
		err = in.keepAttached(t)
	}
	return err == nil && t.Kind == inbox.KindAlert, err
}

// keepAttached writes out what came with an alert, once all that was checked is as it must be.
func (in *reading) keepAttached(t told) error {
	if len(t.Attached) == 0 || !t.check.OK() {
		return nil
	}
	says := "--attachments FOLDER writes them out"
	if in.o.Attachments != "" {
		if err := writeAttached(in.o.Attachments, t.Attached); err != nil {
			return err
		}
		says = "written to " + in.o.Attachments
	}
	if in.o.JSON {
		return nil
	}
	_, err := fmt.Fprintf(in.o.Out, "\n%d frames came along; %s\n", len(t.Attached), says)
	return err
}

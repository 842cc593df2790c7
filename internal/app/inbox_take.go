package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/report/inbox/blind"
	"github.com/vigil-stream/vigil/report/inbox/export"
)

// InboxTake takes what is in a file or a folder into a centre's inbox, once, and prints what
// waits there in its order, and what did not pass.
func InboxTake(ctx context.Context, o DeskOptions, from string, out io.Writer) (err error) {
	store, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if from != "" {
		later := func() time.Time { return time.Now().Add(time.Minute) } // what is there counts as settled
		files, err := inbox.NewFiles(from, later)
		if err != nil {
			return err
		}
		if _, err := files.Poll(func(r inbox.Record) error { return store.Take(ctx, r, nil) }); err != nil {
			return err
		}
	}
	return printInbox(ctx, store, out)
}

// printed is how many lines of each kind are printed.
const printedLines = 50

func printInbox(ctx context.Context, store *inbox.Store, out io.Writer) error {
	page, err := store.Queue(ctx, inbox.PlaceWaits, 0, printedLines)
	if err != nil {
		return err
	}
	unread, err := store.Unread(ctx)
	if err != nil {
		return err
	}
	failed, dropped, err := store.Failures(ctx, 0, printedLines)
	if err != nil {
		return err
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, c := range unread {
		line("CORRECTION  alert %s is %s%s", c.Alert, c.Outcome, map[bool]string{false: "; the alert itself has not come"}[c.There])
	}
	line("%d alerts wait for centre %s, the most urgent first", page.Total, store.Centre())
	for _, i := range page.Items {
		line("%6.1f  %s", i.Points, i.ID)
		for _, r := range i.Reasons {
			line("        %+6.1f  %s: %s", r.Points, r.Name, r.Says)
		}
	}
	for _, f := range failed {
		line("NOT TAKEN  %s, %d: failed at %s. %s", f.Source, f.Place, f.Failed, f.Says())
	}
	if dropped > 0 {
		line("and %d more that were not kept", dropped)
	}
	if _, err := io.WriteString(out, cleanText(b.String())); err != nil {
		return err
	}
	if len(failed) > 0 {
		return ErrUnverified
	}
	return nil
}

// cleanText replaces what could steer a terminal.
func cleanText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, s)
}

// InboxExport prints an alert of the inbox in another form.
func InboxExport(ctx context.Context, o DeskOptions, alert, format, who string, out io.Writer) (err error) {
	store, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	data, _, err := export.Of(ctx, store, alert, format, who)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	return err
}

// InboxBlind blinds a CSV of identifiers under the key in a file.
func InboxBlind(keyFile string, labels bool, in io.Reader, out io.Writer) error {
	key, err := blindingKey(keyFile)
	if err != nil {
		return fmt.Errorf("--key: %w", err)
	}
	set, err := blind.FromCSV(in, key)
	if err != nil {
		return err
	}
	return set.Write(out, labels)
}

// InboxCompare prints what two blinded sets have both: of which kinds, and under which
// labels of the first.
func InboxCompare(ours, theirs string, out io.Writer) error {
	a, err := blindedFile(ours)
	if err != nil {
		return err
	}
	b, err := blindedFile(theirs)
	if err != nil {
		return err
	}
	both, err := blind.Compare(a, b)
	if err != nil {
		return err
	}
	for _, s := range both {
		if _, err := fmt.Fprintf(out, "%s %s %s\n", s.Kind, s.Blind, strings.Join(s.Labels, ", ")); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "%d of %d coincide with %d\n", len(both), len(a.All), len(b.All))
	return err
}

func blindedFile(name string) (set blind.Set, err error) {
	f, err := os.Open(name)
	if err != nil {
		return set, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if set, err = blind.ReadSet(f); err != nil {
		return set, fmt.Errorf("%s: %w", name, err)
	}
	return set, nil
}

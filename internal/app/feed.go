package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/signal"
)

// A Source is a file to feed, opened when its turn comes.
type Source struct {
	Name string
	Open func() (io.ReadCloser, error)
	// Once says that it can be opened once, as a pipe: a feed that was stopped cannot go
	// on with it.
	Once bool
}

// FeedOptions say what to send and how to tell of it.
type FeedOptions struct {
	Sources []Source
	FileFormat
	// Errors is a file for what is refused, as CSV where its name ends so, else as JSON
	// lines; empty for none.
	Errors    string
	Out, Errs io.Writer
}

// FeedFormats are the formats of files, besides auto.
func FeedFormats() []string { return intake.Names() }

// How much is sent at once, at most.
const (
	feedBatch = 500
	feedBytes = 2 << 20
)

// markEvery is how often it is noted how far a file is sent.
const markEvery = 250 * time.Millisecond

// Feed sends the payments of each source, each as a record of its own. What payments will
// refuse is reported and sent all the same, so that the dead letters hold it: a row of CSV
// within what stands for it, and for a card's message, which may hold the card's number,
// what says which it was and why. A feed that was stopped in the middle of a file goes on there when it
// is called again.
func Feed(ctx context.Context, c Config, o FeedOptions) error {
	open, err := o.opener(c)
	if err != nil {
		return err
	}
	return reporting(ctx, c, topicTransactions, o.Errors, o.Errs, func(client *stream.Client, report *feedReport) error {
		for _, source := range o.Sources {
			f := feeder{client: client, source: source, format: o.name(), open: open, report: report, out: o.Out, now: time.Now}
			if !source.Once {
				f.marks = c.path("feed")
			}
			err := f.run(ctx)
			if errors.Is(err, errChanged) {
				if _, err = fmt.Fprintf(o.Errs, "%s: is not the file that was sent in part before, and is sent from its beginning\n", source.Name); err == nil {
					f.afresh = true
					report.forget(source.Name)
					err = f.run(ctx)
				}
			}
			if err != nil {
				return fmt.Errorf("%s: %w", source.Name, err)
			}
		}
		if report.total > 0 {
			return ErrSomeRefused
		}
		return nil
	})
}

// errChanged says that a file is not the one that its mark was made of.
var errChanged = errors.New("the file has changed since it was sent in part")

// A feeder sends one file.
type feeder struct {
	client *stream.Client
	source Source
	format string
	open   opener
	marks  string // the folder of marks, or empty
	afresh bool   // whatever mark there is
	report *feedReport
	out    io.Writer
	now    func() time.Time
}

// A parcel is what is sent at once, and how far the file is done with it.
type parcel struct {
	outs []stream.Output
	size int
	mark mark
}

func (f *feeder) run(ctx context.Context) error {
	r, err := f.source.Open()
	if err != nil {
		return err
	}
	m, before, err := f.begin(r)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	reader, err := f.open(m)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	if before.Records > 0 {
		if _, err := fmt.Fprintf(f.out, "%s: goes on after record %d\n", f.source.Name, before.Records); err != nil {
			return errors.Join(err, r.Close())
		}
	}
	began := f.now()
	var done mark
	g, gctx := errgroup.WithContext(ctx)
	parcels := make(chan parcel, 2)
	g.Go(func() error {
		defer close(parcels)
		return f.read(gctx, reader, before, parcels)
	})
	g.Go(func() (err error) {
		done, err = f.send(gctx, m.id, parcels, before)
		return err
	})
	if err := errors.Join(g.Wait(), r.Close()); err != nil {
		if done.Records > 0 && !errors.Is(err, errChanged) && f.marks != "" {
			err = fmt.Errorf("%w; %d records are sent: the same command goes on after them", err, done.Records)
		}
		return err
	}
	if err := f.forget(m.id); err != nil {
		return err
	}
	_, err = fmt.Fprintf(f.out, "%s: %d records sent%s, %s%s\n", f.source.Name, done.Records, earlier(before.Records), f.report.summary(f.source.Name),
		pace(done.Records-before.Records, f.now().Sub(began)))
	return err
}

func earlier(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of them earlier", n)
}

// pace tells how fast it was, where that says anything.
func pace(records int, took time.Duration) string {
	if took < time.Second {
		return ""
	}
	return fmt.Sprintf(" (%.0f a second)", float64(records)/took.Seconds())
}

// read cuts the file into parcels. What is before the mark is read and reported, and not
// sent.
func (f *feeder) read(ctx context.Context, reader payments.Reader, before mark, to chan<- parcel) error {
	var p parcel
	flush := func() error {
		select {
		case to <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
		p = parcel{mark: p.mark}
		return nil
	}
	err := each(reader, func(item payments.Item) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if item.Err == nil {
			item.Err = payments.At("the time", notAhead(item.At(), f.now))
		}
		if item.Err != nil {
			if err := f.report.add(f.source.Name, item); err != nil {
				return err
			}
		}
		file := filepath.Base(f.source.Name)
		item, err := intake.StandIn(file, item)
		if err != nil {
			return err
		}
		out := transactionOutput(item)
		if item.Err != nil {
			out.Event.Ext = atOf(file, item)
		}
		p.mark = p.mark.next(out.Event.ID)
		if p.mark.Records <= before.Records {
			if p.mark.Records == before.Records && p.mark != before {
				return errChanged
			}
			return nil
		}
		p.outs = append(p.outs, out)
		if p.size += len(item.Data); len(p.outs) == feedBatch || p.size >= feedBytes {
			return flush()
		}
		return nil
	})
	if err == nil && p.mark.Records < before.Records {
		return errChanged
	}
	if err == nil {
		err = flush()
	}
	return err
}

// send sends the parcels, and notes how far it is. It returns how far it came.
func (f *feeder) send(ctx context.Context, id string, parcels <-chan parcel, before mark) (done mark, err error) {
	done = before
	var noted time.Time
	for p := range parcels {
		if err := f.client.Produce(ctx, p.outs...); err != nil {
			return done, errors.Join(err, f.note(id, done))
		}
		done = p.mark
		if f.now().Sub(noted) >= markEvery {
			if err := f.note(id, done); err != nil {
				return done, err
			}
			noted = f.now()
		}
	}
	return done, f.note(id, done)
}

// each calls f with every item of a file.
func each(r payments.Reader, f func(payments.Item) error) error {
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f(item)
		}
		if err != nil {
			return err
		}
	}
}

// transactionOutput makes the record of a bank's transaction. Its id is that of
// the content: a file fed twice is the same records.
func transactionOutput(item payments.Item) stream.Output {
	return stream.Output{Topic: topicTransactions, Event: stream.Event{
		ID: signal.ID("transaction-record", item.ContentType, string(item.Data)), Source: "vigil/feed",
		Type: "vigil.transaction.v1", Key: item.Key(), ContentType: item.ContentType, Data: item.Data,
	}}
}

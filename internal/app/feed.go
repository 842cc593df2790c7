package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/signal"
)

// A Source is a file to feed, opened when its turn comes.
type Source struct {
	Name string
	Open func() (io.ReadCloser, error)
}

const feedBatch = 200

// Feed sends the transactions of each source, pacs.008 or JSON lines, each as a
// record of its own. What payments will refuse is named on errs and sent all the
// same, so that the dead letters hold it.
func Feed(ctx context.Context, c Config, sources []Source, out, errs io.Writer) (err error) {
	client, err := dial(ctx, c, topicTransactions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	refused := 0
	for _, source := range sources {
		r, err := source.Open()
		if err != nil {
			return err
		}
		n, err := feedOne(ctx, client, source.Name, r, out, errs)
		if err = errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("%s: %w", source.Name, err)
		}
		refused += n
	}
	if refused > 0 {
		return ErrSomeRefused
	}
	return nil
}

func feedOne(ctx context.Context, client *stream.Client, name string, r io.Reader, out, errs io.Writer) (refused int, err error) {
	var batch []stream.Output
	sent := 0
	flush := func() error {
		err := client.Produce(ctx, batch...)
		sent += len(batch)
		batch = batch[:0]
		return err
	}
	reader, err := intake.Open(r, "auto")
	if err != nil {
		return 0, err
	}
	err = each(reader, func(item payments.Item) error {
		if item.Err != nil {
			refused++
			if _, err := fmt.Fprintf(errs, "%s: transaction %d: %v\n", name, item.Number, item.Err); err != nil {
				return err
			}
		}
		batch = append(batch, transactionOutput(item))
		if len(batch) == feedBatch {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err == nil {
		_, err = fmt.Fprintf(out, "%s: %d transactions sent, %d of them bad\n", name, sent, refused)
	}
	return refused, err
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

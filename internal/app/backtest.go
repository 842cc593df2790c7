package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/internal/world/simulate"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/backtest"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/rates"
	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/signal"
)

// BacktestOptions say which rules to hold against which payments.
type BacktestOptions struct {
	Rules, Against string // rule files; Against may be empty
	Labels         string // CSV of subjects and groups, may be empty
	World          string // folder of `vigil simulate`, or empty
	Sources        []Source
	FileFormat         // of the sources
	Most           int // findings told on each side
	JSON           bool
	Out, Err       io.Writer
}

// maxToldBad limits how many bad records are named; all are counted.
const maxToldBad = 10

// A looker takes payments of the past.
type looker interface {
	Label(subject signal.Subject, group string)
	Part() // what comes next is of other people
	Transfer(ctx context.Context, t *payments.Transfer) error
}

// A backtester reads payments into a run.
type backtester struct {
	run       *backtest.Run
	to        looker // run, or another that takes payments
	origins   *pastOrigins
	openFile  opener
	o         BacktestOptions
	payments  int
	bad       int
	withdrawn int // withdrawals told of
}

// Backtest says what rules would have found in payments of the past.
func Backtest(ctx context.Context, c Config, o BacktestOptions) error {
	if (o.World == "") == (len(o.Sources) == 0) {
		return fmt.Errorf("%w: want files of payments, or --world", ErrUsage)
	}
	if o.World != "" && o.Labels != "" {
		return fmt.Errorf("%w: a world has its own labels", ErrUsage)
	}
	changed, err := c.rules(o.Rules)
	if err != nil {
		return err
	}
	var old *rule.Set
	against := o.Against
	if against == "" {
		against = c.PaymentRules // what is in force
	}
	if against != "" {
		if old, err = c.rules(against); err != nil {
			return err
		}
	}
	run, err := backtest.New(old, changed)
	if err != nil {
		return err
	}
	b := &backtester{run: run, to: run, o: o}
	began := time.Now()
	if err := b.read(ctx, &c); err != nil {
		return err
	}
	return b.report(changed, old, against, time.Since(began))
}

// read reads the payments.
func (b *backtester) read(ctx context.Context, c *Config) error {
	if b.o.World != "" {
		return b.world(ctx, c)
	}
	return b.files(ctx, c)
}

// rules reads a rule file that reckons in the deployment's base currency.
func (c *Config) rules(name string) (*rule.Set, error) {
	set, err := readRules(name)
	if err != nil {
		return nil, err
	}
	return set, c.checkBase(name, set)
}

func (c *Config) checkBase(name string, set *rule.Set) error {
	if set.Base != "" && set.Base != c.BaseCurrency {
		return fmt.Errorf("%s: base is %s, and base_currency of the configuration is %s", name, set.Base, c.BaseCurrency)
	}
	return nil
}

func (b *backtester) open(c *Config, tok *signal.Tokenizer) error {
	table, err := rates.Open(c.Rates, c.rateOptions())
	if err != nil {
		return err
	}
	if b.openFile, err = b.o.opener(*c); err != nil {
		return err
	}
	splitter, err := c.splitter(tok, table)
	if err != nil {
		return err
	}
	b.origins = newPastOrigins(splitter)
	return nil
}

// world reads a made-up world, part by part: each has people of its own.
func (b *backtester) world(ctx context.Context, c *Config) error {
	folder, err := simulate.Open(b.o.World)
	if err != nil {
		return err
	}
	tok, err := signal.NewTokenizer(folder.Key())
	if err != nil {
		return err
	}
	if err := b.open(c, tok); err != nil {
		return err
	}
	for part := range folder.Parts() {
		labels, err := folder.Labels(part)
		if err != nil {
			return err
		}
		for _, l := range labels.People {
			for _, s := range l.Subjects {
				b.to.Label(s, string(l.Group))
			}
		}
		b.to.Part()
		b.origins.part()
		for record, err := range folder.Records(part) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if record.Topic != simulate.Transactions {
				continue
			}
			good, err := intake.Parse(record.ContentType, record.Data)
			if err != nil {
				return fmt.Errorf("%s: %w", b.o.World, err)
			}
			for _, one := range good {
				if err := b.record(ctx, one); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// files reads files of any size: one goroutine reads and parses, the other looks.
func (b *backtester) files(ctx context.Context, c *Config) error {
	tok, err := tokenizer(c.KeyFile)
	if err != nil {
		return err
	}
	if err := b.open(c, tok); err != nil {
		return err
	}
	if b.o.Labels != "" {
		if err := b.labels(tok); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	batches := make(chan []payments.Record, 8)
	g.Go(func() error {
		defer close(batches)
		for _, source := range b.o.Sources {
			if err := b.source(ctx, source, batches); err != nil {
				return fmt.Errorf("%s: %w", source.Name, err)
			}
		}
		return nil
	})
	g.Go(func() error {
		for batch := range batches {
			for _, one := range batch {
				if err := b.record(ctx, one); err != nil {
					return err
				}
			}
		}
		return ctx.Err()
	})
	return g.Wait()
}

// source reads one file. What is bad in it is named, counted and passed over.
func (b *backtester) source(ctx context.Context, source Source, to chan<- []payments.Record) error {
	f, err := source.Open()
	if err != nil {
		return err
	}
	reader, err := b.openFile(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	var batch []payments.Record
	flush := func() error {
		select {
		case to <- batch:
			batch = nil
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err = each(reader, func(item payments.Item) error {
		if item.Err != nil {
			if b.bad++; b.bad <= maxToldBad {
				_, err := fmt.Fprintf(b.o.Err, "%s: transaction %d: %v\n", source.Name, item.Number, item.Err)
				return err
			}
			return nil
		}
		if batch = append(batch, item.Record); len(batch) < feedBatch {
			return nil
		}
		return flush()
	})
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	return errors.Join(err, f.Close())
}

func (b *backtester) record(ctx context.Context, r payments.Record) error {
	if r.Transaction == nil {
		b.withdrawn++
	} else {
		b.payments++
	}
	transfers, err := b.origins.transfers(ctx, r)
	if err != nil {
		return err
	}
	for i := range transfers {
		err := b.to.Transfer(ctx, &transfers[i])
		var rejection *signal.Rejection
		if err != nil && !errors.As(err, &rejection) {
			return err
		}
	}
	return nil
}

// OpenFile makes a source of a file, which shows on errs how far it is.
func OpenFile(name string, errs io.Writer) Source {
	info, err := os.Stat(name)
	once := err == nil && !info.Mode().IsRegular()
	return Source{Name: name, Once: once, Open: func() (io.ReadCloser, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		bar, err := newProgress(f, errs)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return readCloser{bar, func() error { return errors.Join(bar.Close(), f.Close()) }}, nil
	}}
}

type readCloser struct {
	io.Reader
	close func() error
}

func (r readCloser) Close() error { return r.close() }

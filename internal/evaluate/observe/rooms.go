package observe

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/world/simulate"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/rates"
	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/payments/typology"
	"github.com/vigil-stream/vigil/signal"
)

// rooms are what all parts share: what a deployment has once.
type rooms struct {
	splitter *split.Splitter
	profiles *engine.Engine
	tazama   *engine.Engine // the same payments, looked at by other rules
	lists    *hashdb.DB
	detector *detect.Detector
	dir      string
}

func newRooms(ctx context.Context, w Source) (r *rooms, err error) {
	r = &rooms{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	tok, err := signal.NewTokenizer(w.Key())
	if err != nil {
		return r, err
	}
	data, err := w.Rates()
	if err != nil {
		return r, err
	}
	table, err := rates.Read(data, rates.Options{})
	if err != nil {
		return r, fmt.Errorf("rates: %w", err)
	}
	if r.splitter, err = split.New(tok, split.Options{Rates: table}); err != nil {
		return r, err
	}
	rules := typology.DefaultRules()
	if r.profiles, err = engine.New(engine.Config{Typologies: typology.All(rules), Marks: rules.Marks()}); err != nil {
		return r, err
	}
	public, err := rule.Load(rule.Tazama())
	if err != nil {
		return r, err
	}
	if r.tazama, err = engine.New(engine.Config{Typologies: public.Typologies(), Marks: rules.Marks()}); err != nil {
		return r, err
	}
	if r.dir, err = os.MkdirTemp("", "vigil-evaluate-*"); err != nil {
		return r, err
	}
	if r.lists, err = hashdb.Open(r.dir, hashdb.Options{}); err != nil {
		return r, err
	}
	r.detector = detect.New(r.lists, detect.Options{})
	return r, r.importLists(ctx, w)
}

func (r *rooms) importLists(ctx context.Context, w Source) error {
	lists, err := w.Lists()
	if err != nil {
		return err
	}
	for name, texts := range lists {
		batch := hashdb.Batch{Source: name}
		for _, text := range texts {
			h, err := hashdb.ParseHash(hashdb.KindPDQ, text)
			if err != nil {
				return fmt.Errorf("list %s: %w", name, err)
			}
			batch.Entries = append(batch.Entries, hashdb.Entry{Hash: h})
		}
		if _, err := r.lists.Apply(ctx, batch); err != nil {
			return fmt.Errorf("list %s: %w", name, err)
		}
	}
	return nil
}

func (r *rooms) close() error {
	var errs []error
	if r.lists != nil {
		errs = append(errs, r.lists.Close())
	}
	if r.dir != "" {
		errs = append(errs, os.RemoveAll(r.dir))
	}
	return errors.Join(errs...)
}

// A line carries records of one part to signals.
type line struct {
	*rooms
	payments *engine.Partition
	tazama   *engine.Partition
	streams  memory
	// fired tells what a public rule says of somebody now.
	fired func(who signal.Subject, rule string, strength float64)
}

func (r *rooms) line() *line {
	return &line{rooms: r, payments: r.profiles.Partition(), tazama: r.tazama.Partition(), streams: make(memory)}
}

// signals are what a record gives.
func (l *line) signals(ctx context.Context, r simulate.Record) ([]signal.Signal, error) {
	switch r.Topic {
	case simulate.Sessions:
		return detect.Session(r.Data)
	case simulate.Flags:
		return detect.Flag(r.Data)
	case simulate.Scores:
		return detect.Score(r.Data)
	case simulate.Frames:
		result, err := l.detector.Frame(ctx, l.streams, r.Frame)
		return result.Signals, err
	case simulate.Transactions:
		good, bad := intake.Parse(r.ContentType, r.Data)
		if bad != nil {
			return nil, bad
		}
		var all []signal.Signal
		for _, g := range good {
			if g.Transaction == nil {
				continue
			}
			for _, t := range l.splitter.Split(g.Transaction) {
				s, err := l.payments.Process(ctx, nil, t)
				if err != nil {
					return nil, err
				}
				all = append(all, s...)
				if s, err = l.tazama.Process(ctx, nil, t); err != nil {
					return nil, err
				}
				for i := range s {
					l.fired(s[i].Subject, s[i].ID, s[i].Payment.Strength)
				}
			}
		}
		return all, nil
	}
	return nil, fmt.Errorf("no such topic: %s", r.Topic)
}

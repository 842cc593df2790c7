package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/internal/world/simulate"
	"github.com/vigil-stream/vigil/signal"
)

// SimulateOptions say which labelled world to make, and what for.
type SimulateOptions struct {
	Seed         uint64
	People, Days int
	Start        string   // a date; the default is fixed, or with Feed so long ago that the world ends today
	Out          string   // folder to write
	KnobFile     string   // of knobs, YAML or JSON, or ""
	Set          []string // name=value
	PrintKnobs   bool     // and make nothing

	Feed  bool    // play it into the topics
	Speed float64 // of event time over the clock's; 0 is as fast as it goes

	Stdout, Stderr io.Writer
}

// Simulate writes a labelled world of made-up people, and plays it into the topics if
// asked to.
func Simulate(ctx context.Context, c func() (Config, error), o SimulateOptions) error {
	knobs, err := simulationKnobs(o.KnobFile, o.Set)
	if err != nil {
		return err
	}
	if o.PrintKnobs {
		_, err := io.WriteString(o.Stdout, knobs.String())
		return err
	}
	if o.Out == "" {
		return fmt.Errorf("%w: simulate needs --out", ErrUsage)
	}
	so := simulate.Options{Seed: o.Seed, People: o.People, Days: o.Days, Knobs: knobs}
	if o.Start != "" {
		if so.Start, err = time.Parse(time.DateOnly, o.Start); err != nil {
			return fmt.Errorf("%w: start: is no date like 2026-02-02", ErrUsage)
		}
	} else if o.Feed {
		// Nothing may be dated ahead of the clock.
		so.Start = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -o.Days)
	}
	var conf Config
	if o.Feed {
		if conf, err = c(); err != nil {
			return err
		}
		if _, err := tokenizer(conf.KeyFile); err != nil { // makes the key if there is none
			return err
		}
		if so.Key, err = readKey(conf.KeyFile); err != nil {
			return err
		}
	}
	w, err := simulate.New(so)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	began := time.Now()
	counts, err := w.Write(ctx, o.Out, runtime.GOMAXPROCS(0), nil)
	if err != nil {
		return err
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if _, err := fmt.Fprintf(o.Stdout, "%d people, %d days: %d payments, %d session records, %d frames, %d flags, %d scores in %.0f s; labels in %s/labels\n",
		o.People, o.Days, counts[simulate.Transactions], counts[simulate.Sessions], counts[simulate.Frames], counts[simulate.Flags],
		counts[simulate.Scores], time.Since(began).Seconds(), o.Out); err != nil {
		return err
	}
	if !o.Feed {
		return nil
	}
	return feedSimulation(ctx, conf, w, so.Start, total, o)
}

// simulationKnobs are the defaults, then the file's, then the command line's.
func simulationKnobs(file string, set []string) (simulate.Knobs, error) {
	knobs := simulate.DefaultKnobs()
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return knobs, fmt.Errorf("knobs: %w", err)
		}
		err = errors.Join(knobs.Load(f), f.Close())
		if err != nil {
			return knobs, fmt.Errorf("%w: %s: %w", ErrUsage, file, err)
		}
	}
	var errs []error
	for _, text := range set {
		errs = append(errs, knobs.SetText(text))
	}
	if err := errors.Join(append(errs, knobs.Check())...); err != nil {
		return knobs, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return knobs, nil
}

// feedSimulation plays a world into the topics, at a multiple of the clock.
func feedSimulation(ctx context.Context, c Config, w *simulate.World, start time.Time, total int, o SimulateOptions) (err error) {
	client, err := dial(ctx, c, topicTransactions, topicSessions, topicFlags, topicFrames, topicScores)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	var batch []stream.Output
	sent, began := 0, time.Now()
	flush := func() error {
		err := client.Produce(ctx, batch...)
		sent += len(batch)
		batch = batch[:0]
		return err
	}
	told := time.Now()
	err = w.Play(ctx, func(r simulate.Record) error {
		if o.Speed > 0 {
			due := began.Add(time.Duration(float64(r.Arrives.Sub(start)) / o.Speed))
			if wait := time.Until(due); wait > 20*time.Millisecond {
				if err := flush(); err != nil {
					return err
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(wait):
				}
			}
		}
		if batch = append(batch, simulatedOutput(r)); len(batch) == feedBatch {
			if err := flush(); err != nil {
				return err
			}
		}
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			_, err := fmt.Fprintf(o.Stderr, "%s of the world: %d of %d records sent\n", r.Arrives.Format(time.DateOnly), sent, total)
			return err
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.Stdout, "%d records sent in %.0f s\n", sent, time.Since(began).Seconds())
	return err
}

// simulatedOutput makes the record of a topic as its partner's intake would.
func simulatedOutput(r simulate.Record) stream.Output {
	out := stream.Output{Event: stream.Event{
		ID: signal.ID("simulated-record", string(r.Topic), string(r.Data)), Source: "vigil/simulate",
		Key: r.Key, Time: r.At, ContentType: r.ContentType, Data: r.Data,
	}}
	switch r.Topic {
	case simulate.Transactions:
		// As vigil feed names it: played and fed, it is one record.
		out.Topic, out.Event.Type, out.Event.ID = topicTransactions, "vigil.transaction.v1", signal.ID("transaction-record", r.ContentType, string(r.Data))
	case simulate.Sessions:
		out.Topic, out.Event.Type = topicSessions, "vigil.session.v1"
	case simulate.Flags:
		out.Topic, out.Event.Type = topicFlags, "vigil.flag.v1"
	case simulate.Scores:
		out.Topic, out.Event.Type = topicScores, "vigil.score.v1"
	case simulate.Frames:
		out.Topic, out.Event.Type = topicFrames, "vigil.frame.v1"
		out.Event.ID, out.Event.Subject = r.Frame.ID, string(r.Frame.Subject)
		out.Event.Ext = map[string]string{"stream": r.Frame.Stream, "platform": r.Frame.Platform}
	}
	return out
}

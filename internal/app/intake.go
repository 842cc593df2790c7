package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/detect/fleet"
	"github.com/vigil-stream/vigil/detect/service"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// IntakeOptions say how the intake over HTTP is served.
type IntakeOptions struct {
	Listen string
	// Hash makes hashes of pictures here, so that none goes further.
	Hash bool
}

// ServeIntake takes frames, sessions, flags and scores over HTTP until ctx ends.
func ServeIntake(ctx context.Context, c Config, o IntakeOptions) (err error) {
	tok, err := tokenizer(c.KeyFile)
	if err != nil {
		return err
	}
	policy, err := c.watchPolicy()
	if err != nil {
		return err
	}
	keys, err := service.LoadKeys(c.intakeKeys())
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is not there: make a key with `vigil intake key --name NAME --platform PLATFORM`", c.intakeKeys())
	}
	if err != nil {
		return err
	}
	log, err := newLogger(c.Log, c.LogLevel)
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }()
	reg := newRegistry()
	client, err := dialWith(ctx, c, reg, log, topicFrames, topicSessions, topicFlags, topicScores, topicSignals)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "vigil_intake_seconds", Help: "Time to answer requests of the intake over HTTP.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 4, 8),
	}, []string{"route", "key", "status"})
	reg.MustRegister(took)
	advisor := fleet.NewAdvisor(policy, time.Now)
	options := service.Options{
		Send: func(ctx context.Context, records []service.Record) error {
			return sendRecords(ctx, client, advisor, records)
		},
		Subject: tok.Subject, HashHere: o.Hash, Rate: adviceFrom(advisor), Ready: client.Ready, Now: time.Now,
		Observe: func(route, key string, status int, d time.Duration) {
			took.WithLabelValues(route, key, strconv.Itoa(status)).Observe(d.Seconds())
		},
		Report: func(err error) { log.Error("intake", zap.Error(err)) },
	}
	handler, err := service.New(keys, options)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveOps(ctx, c.Listen, reg, client.Ready, log) })
	g.Go(func() error { return adviseBy(ctx, client, advisor, log) })
	g.Go(func() error { return serveHTTP(ctx, o.Listen, "intake", handler, log) })
	return g.Wait()
}

// sendRecords sends what one request brought.
func sendRecords(ctx context.Context, client *stream.Client, advisor *fleet.Advisor, records []service.Record) error {
	outs := make([]stream.Output, 0, len(records))
	for _, r := range records {
		switch {
		case r.Frame != nil:
			f := r.Frame
			advisor.Seen(f.Platform, f.Stream, f.Subject)
			outs = append(outs, stream.Output{Topic: topicFrames, Event: stream.Event{
				ID: f.ID, Source: "platform/" + f.Platform, Type: "vigil.frame.v1", Subject: string(f.Subject),
				Time: f.At, Key: f.Stream, ContentType: f.ContentType, Data: f.Data,
				Ext: map[string]string{"stream": f.Stream, "platform": f.Platform},
			}})
		case r.Session != nil:
			advisor.Seen(r.Session.Platform, r.Session.Stream, r.Session.Subject)
			out, err := sessionOutput(*r.Session)
			if err != nil {
				return err
			}
			outs = append(outs, out)
		case r.Flag != nil:
			out, err := flagOutput(*r.Flag)
			if err != nil {
				return err
			}
			outs = append(outs, out)
		case r.Score != nil:
			out, err := scoreOutput(*r.Score)
			if err != nil {
				return err
			}
			outs = append(outs, out)
		}
	}
	return client.Produce(ctx, outs...)
}

// adviseBy lets what the river says change the advice.
func adviseBy(ctx context.Context, client *stream.Client, advisor *fleet.Advisor, log *zap.Logger) error {
	return hearSignals(ctx, client, log, advisor.Heard)
}

// adviceFrom is the advice as platforms get it. That a bank saw something is not theirs
// to know, and might warn the account's owner: such a reason is not named.
func adviceFrom(advisor *fleet.Advisor) func(platform, stream string) service.Rate {
	return func(platform, name string) service.Rate {
		fps, until, why := advisor.Rate(platform, name)
		r := service.Rate{FPS: fps, Level: "base", Why: []string{}, Until: until}
		if len(why) > 0 {
			r.Level = "raised"
		}
		for _, kind := range why {
			if kind != signal.KindPayment {
				r.Why = append(r.Why, string(kind))
			}
		}
		return r
	}
}

// IntakeKeyOptions say what a new key of the intake may do.
type IntakeKeyOptions struct {
	Name, Platform    string
	PerMinute, PerDay int // frames
	Out               io.Writer
}

// NewIntakeKey adds a key to the intake's file of keys and prints it: it is kept nowhere.
func NewIntakeKey(c Config, o IntakeKeyOptions) error {
	return addKey(c.intakeKeys(), o.Out, func(digest string) service.Key {
		return service.Key{Key: api.Key{Name: o.Name, SHA256: digest, PerMinute: o.PerMinute, PerDay: o.PerDay}, Platform: o.Platform}
	}, func(keys ...service.Key) error {
		_, err := service.NewKeys(keys...)
		return err
	})
}

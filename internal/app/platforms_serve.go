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
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/review/service"
	"github.com/vigil-stream/vigil/review/webhook"
)

// ServePlatforms takes receipts, appeals and answers on accounts over HTTP from platforms until ctx ends.
func ServePlatforms(ctx context.Context, c Config, listen string) (err error) {
	log, err := newLogger(c.Log, c.LogLevel)
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }()
	keys, err := service.LoadKeys(c.platformKeys())
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is not there: make a key with `vigil platforms key --name NAME --platform PLATFORM`", c.platformKeys())
	}
	if err != nil {
		return err
	}
	reg := newRegistry()
	client, err := dialWith(ctx, c, reg, log, topicReceipts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	return withStore(ctx, c, func(store *review.Store) (err error) {
		o := platformOptions(store, client, reg, log)
		keeps, closes, err := c.custody(ctx, store)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closes()) }()
		o.KeepAccount = keepAccount(keeps)
		handler, err := service.New(keys, o)
		if err != nil {
			return err
		}
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return serveOps(ctx, c.Listen, reg, client.Ready, log) })
		g.Go(func() error { return serveHTTP(ctx, listen, "platforms", handler, log) })
		return g.Wait()
	})
}

func platformOptions(store *review.Store, client *stream.Client, reg prometheus.Registerer, log *zap.Logger) service.Options {
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "vigil_platforms_seconds", Help: "Time to answer requests of platforms over HTTP.", Buckets: prometheus.ExponentialBuckets(0.0005, 4, 10),
	}, []string{"route", "key", "status"})
	reg.MustRegister(took)
	return service.Options{
		Store: store,
		Send: func(ctx context.Context, platform string, r action.Receipt) error {
			out, err := receiptOutput(platform, r)
			if err != nil {
				return err
			}
			return client.Produce(ctx, out)
		},
		Now: time.Now,
		Observe: func(route, key string, status int, d time.Duration) {
			took.WithLabelValues(route, key, strconv.Itoa(status)).Observe(d.Seconds())
		},
		Report: func(err error) { log.Error("platforms", zap.Error(err)) },
	}
}

func (c *Config) platformKeys() string { return c.path("platform-keys.yaml") }

// PlatformKeyOptions say what a new key of a platform may do.
type PlatformKeyOptions struct {
	Name, Platform    string
	PerMinute, PerDay int // receipts and objections
	Out               io.Writer
}

// NewPlatformKey adds a key to the file of keys and prints it: it is kept nowhere.
func NewPlatformKey(c Config, o PlatformKeyOptions) error {
	return addKey(c.platformKeys(), o.Out, func(digest string) service.Key {
		return service.Key{Key: api.Key{Name: o.Name, SHA256: digest, PerMinute: o.PerMinute, PerDay: o.PerDay}, Platform: o.Platform}
	}, func(keys ...service.Key) error {
		_, err := service.NewKeys(keys...)
		return err
	})
}

// NewWebhookSecret makes a secret that signs webhooks, in a file that its owner alone can
// read. Out gets what the platform needs: the public key, or else where the secret is, which
// both sides keep.
func NewWebhookSecret(file string, pair bool, out io.Writer) error {
	secret, public := webhook.NewSecret(), ""
	if pair {
		var err error
		if secret, public, err = webhook.NewKeyPair(); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("webhook secret: %w", err)
	}
	_, err = fmt.Fprintln(f, secret)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("webhook secret: %w", err)
	}
	if pair {
		_, err = fmt.Fprintf(out, "%s\nThe platform verifies with this key; the secret stays in %s.\n", public, file)
	} else {
		_, err = fmt.Fprintf(out, "The secret is in %s: hand it to the platform by a way you trust.\n", file)
	}
	return err
}

package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/service"
)

// ServeLookups serves look-ups over HTTP until ctx ends. It follows the topic of
// lists where brokers are configured, and what other processes do to the folder.
func ServeLookups(ctx context.Context, c Config, listen string) (err error) {
	log, err := newLogger(c.Log, c.LogLevel)
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }()
	reg := newRegistry()
	db, err := c.openLists(func(err error) { log.Error("hash lists", zap.Error(err)) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	handler, err := c.lookupService(db, reg, log)
	if err != nil {
		return err
	}
	reg.MustRegister(newListMetrics(db.Lists, nil, time.Now))
	g, ctx := errgroup.WithContext(ctx)
	ready := func() error { return nil }
	if len(c.Brokers) > 0 {
		client, err := dialWith(ctx, c, reg, log, topicHashes)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, client.Close()) }()
		ready = client.Ready
		g.Go(func() error { return followLists(ctx, client, db, log) })
	}
	g.Go(func() error { return db.Run(ctx) })
	g.Go(func() error { return serveOps(ctx, c.Listen, reg, ready, log) })
	g.Go(func() error { return serveHTTP(ctx, listen, "look-ups", handler, log) })
	return g.Wait()
}

// lookupService returns the handler of the look-up service over the lists.
func (c *Config) lookupService(db *hashdb.DB, reg prometheus.Registerer, log *zap.Logger) (http.Handler, error) {
	keys, err := service.LoadKeys(c.lookupKeys())
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is not there: make a key with `vigil hashes key --name NAME`", c.lookupKeys())
	}
	if err != nil {
		return nil, err
	}
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "vigil_lookup_seconds", Help: "Time to answer requests of the look-up service.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 4, 8),
	}, []string{"route", "key", "status"})
	reg.MustRegister(took)
	o := service.Options{
		Decode: func(data []byte) (image.Image, error) { return detect.Decode(data, detect.DefaultLimits()) },
		Now:    time.Now,
		Observe: func(route, key string, status int, d time.Duration) {
			took.WithLabelValues(route, key, strconv.Itoa(status)).Observe(d.Seconds())
		},
		Report: func(err error) { log.Error("look-up service", zap.Error(err)) },
	}
	for _, conf := range c.Exchanges {
		if !conf.Remote() {
			continue
		}
		matcher, err := c.opener(db).OpenMatcher(conf)
		if err != nil {
			return nil, err
		}
		o.Remotes = append(o.Remotes, service.Remote{Name: conf.Source, Kinds: []hashdb.Kind{hashdb.KindPDQ}, Matcher: matcher})
	}
	return service.New(db, keys, o)
}

// KeyOptions say what a new key of the look-up service may do.
type KeyOptions struct {
	Name               string
	PerMinute, PerDay  int // hashes
	SeeHash, SeeShadow bool
	Out                io.Writer
}

// NewLookupKey adds a key to the file of keys and prints it: it is kept nowhere.
func NewLookupKey(c Config, o KeyOptions) error {
	return addKey(c.lookupKeys(), o.Out, func(digest string) service.Key {
		return service.Key{
			Key:        api.Key{Name: o.Name, SHA256: digest, PerMinute: o.PerMinute, PerDay: o.PerDay},
			MaySeeHash: o.SeeHash, MaySeeShadow: o.SeeShadow,
		}
	}, func(keys ...service.Key) error {
		_, err := service.NewKeys(keys...)
		return err
	})
}

// addKey adds a new key, whose grant is made for its digest, to a file of keys that
// check accepts.
func addKey[G any](name string, out io.Writer, grant func(digest string) G, check func(...G) error) error {
	var file struct {
		Keys []G `yaml:"keys"`
	}
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if err := strictYAML(text, &file); err != nil {
			return fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, false))
		}
	}
	key, digest := api.NewKey()
	file.Keys = append(file.Keys, grant(digest))
	if err := check(file.Keys...); err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if text, err = yaml.Marshal(file); err != nil {
		return err
	}
	if err := replaceFile(name, text); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", key)
	return err
}

// replaceFile replaces a file of mode 0600 as a whole.
func replaceFile(name string, content []byte) error {
	temp := name + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(temp, name)
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
)

// Run hosts the configured rooms until ctx ends, and stops them cleanly.
func Run(ctx context.Context, c Config) error {
	log, err := newLogger(c.Log, c.LogLevel)
	if err != nil {
		return err
	}
	err = runRooms(ctx, c, log, func(addr string) {
		log.Info("running", zap.Strings("rooms", c.Rooms), zap.String("broker", addr))
	})
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // stopped before it was up
	}
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// runRooms does the work of Run; up is called once, when the topics are there
// and the rooms are starting.
func runRooms(ctx context.Context, c Config, log *zap.Logger, up func(broker string)) (err error) {
	defer func() { _ = log.Sync() }() // stderr may not support it; there is nobody to tell
	defer CollectSeldom()()
	table, err := c.directory()
	if err != nil {
		return err
	}
	if slices.Contains(c.Rooms, "report") {
		// What is wrong with keys is told before anything starts.
		if _, err := c.recipients(table); err != nil {
			return err
		}
	}
	reg := newRegistry()
	brokers := c.Brokers
	if len(brokers) == 0 {
		embedded, startErr := startEmbedded(&c)
		if startErr != nil {
			return startErr
		}
		defer func() { err = errors.Join(err, embedded.close()) }()
		brokers = []string{embedded.addr}
	}
	client, err := connectTo(ctx, c, brokers, reg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	// An embedded broker is ours, so its topics are too; on a real one they are
	// made by `vigil topics create`, by who has the right to.
	specs := c.topicSpecs(table)
	if len(c.Brokers) == 0 {
		_, err = client.CreateTopics(ctx, specs)
	} else {
		err = checkTopics(ctx, client, names(specs)...)
	}
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveOps(ctx, c.Listen, reg, client.Ready, log) })
	closeRooms, startErr := startRooms(ctx, g, c, client, table, reg, log)
	defer func() { err = errors.Join(err, closeRooms()) }()
	if startErr != nil {
		// What started before may have failed first, a port that is in use say, and made this
		// fail: the group tells the first error, and its context is over for all.
		g.Go(func() error { return startErr })
		return g.Wait()
	}
	up(brokers[0])
	return g.Wait()
}

func (c *Config) topicSpecs(table route.Directory) []stream.TopicSpec {
	return topicSpecs(c.Partitions, c.KeepPrintsDays, table.Centres)
}

// startRooms opens what the configured rooms need and starts their loops in g. What it
// returns closes it all, after an error too, and is called when g is done.
func startRooms(ctx context.Context, g *errgroup.Group, c Config, client *stream.Client, table route.Directory, reg *prometheus.Registry, log *zap.Logger) (func() error, error) {
	var closers []func() error
	closeAll := func() (err error) {
		for _, f := range slices.Backward(closers) {
			err = errors.Join(err, f())
		}
		return err
	}
	fail := func(err error) (func() error, error) { return closeAll, err }
	hosts := func(room string) bool { return slices.Contains(c.Rooms, room) }

	bucket, err := openCheckpoints(c.Checkpoints)
	if err != nil {
		return fail(err)
	}
	closers = append(closers, bucket.Close)
	keep := keeper{dir: c.State, checkpoints: bucket, every: c.CheckpointEvery}

	// One for all rooms: a process has an audit log open once.
	ledger := sync.OnceValues(func() (*audit.Log, error) {
		l, _, err := c.openAudit(ctx)
		if err == nil {
			closers = append(closers, func() error { return l.Close(context.WithoutCancel(ctx)) })
		}
		return l, err
	})

	var loops []stream.Loop
	if hosts("lists") || hosts("detect") {
		db, err := startLists(ctx, g, c, client, ledger, reg, log)
		if err != nil {
			return fail(err)
		}
		closers = append(closers, db.Close)
		if hosts("detect") {
			loops = append(loops, detectLoops(keep, c, db, reg, time.Now)...)
		}
	}
	if hosts("payments") {
		tok, err := tokenizer(c.KeyFile)
		if err != nil {
			return fail(err)
		}
		rates, err := c.newRates(reg)
		if err != nil {
			return fail(err)
		}
		splitter, err := c.splitter(tok, rates)
		if err != nil {
			return fail(err)
		}
		g.Go(func() error { return rates.follow(ctx, log) })
		log.Info("payment tables", zap.String("versions", splitter.Versions()), zap.String("rates", rates.file.Table().Version()))
		rules, err := c.typologyRules()
		if err != nil {
			return fail(err)
		}
		metrics := newRulesMetrics(reg)
		tried := &shadow{metrics: metrics}
		files, err := c.ruleFiles(client, tried, metrics, log)
		if err != nil {
			return fail(err)
		}
		for _, f := range files {
			g.Go(func() error { return f.follow(ctx) })
		}
		profiles := newProfileRoom(rules, c.BaseCurrency, tried, metrics, log)
		profiles.cacheBytes = c.ProfileMemory << 20 / int64(c.Partitions)
		loops = append(loops, paymentsLoops(keep, splitter, c.OriginDays, profiles, time.Now)...)
	}
	if hosts("correlate") {
		weights, err := c.weights()
		if err != nil {
			return fail(err)
		}
		loops = append(loops, correlateLoops(keep, weights)...)
	}
	if hosts("review") || hosts("report") {
		store, err := c.openStore(ctx)
		if err != nil {
			return fail(err)
		}
		closers = append(closers, store.Close)
		if hosts("review") {
			keys, err := c.outcomeKeys(table)
			if err != nil {
				return fail(err)
			}
			loops = append(loops, reviewLoops(store, keys)...)
			if err := startConsole(ctx, g, c, store, log); err != nil {
				return fail(err)
			}
			kept, err := c.retention(table)
			if err != nil {
				return fail(err)
			}
			keeps, closes, err := c.custody(ctx, store)
			if err != nil {
				return fail(err)
			}
			closers = append(closers, closes)
			g.Go(func() error { return mixBlind(ctx, store, reg, log) })
			g.Go(func() error { return keepEvidence(ctx, keeps, kept, reg, log) })
		}
		if hosts("report") {
			auditLog, err := ledger()
			if err != nil {
				return fail(err)
			}
			sealer, err := c.newSealer(table)
			if err != nil {
				return fail(err)
			}
			p := newPump(store, auditLog, sealer, table, c.OwnList, c.Matching.SegmentGap, client, reg, log)
			p.attach, p.open = c.Attach, func(ctx context.Context, of review.Case) (map[string][]byte, error) {
				return c.picturesOf(ctx, store, of)
			}
			moved, err := reconcile(ctx, store, auditLog, c.auditDir(), sealer.key)
			if err != nil {
				return fail(err)
			}
			if moved > 0 {
				log.Warn("the case store did not know of deliveries that the audit log knows of: it was restored from a backup", zap.Int("deliveries", moved))
			}
			before := forewarning(auditLog)
			if p.channels, err = c.channels(store, before, table); err != nil {
				return fail(err)
			}
			keeps, closes, err := c.custody(ctx, store)
			if err != nil {
				return fail(err)
			}
			closers = append(closers, closes)
			p.gate = c.newGate(store, keeps, table)
			if p.changed, err = deliveryChanges(reg, log); err != nil {
				return fail(err)
			}
			startDelivery(ctx, g, c, forewarnedStore{store, before}, p.gate, p.channels, p.changed, log)
			g.Go(func() error { return p.run(ctx) })
			k, err := newCourier(c, store, client, reg, log)
			if err != nil {
				return fail(err)
			}
			g.Go(func() error { return k.run(ctx) })
		}
	}
	for _, l := range loops {
		g.Go(func() error { return client.Run(ctx, l) })
	}
	return closeAll, nil
}

// startLists opens the hash lists and keeps them up to date: with what other
// processes do to the folder, with the topic and, where the room lists is hosted,
// with the owners of the lists.
func startLists(ctx context.Context, g *errgroup.Group, c Config, client *stream.Client, ledger func() (*audit.Log, error), reg *prometheus.Registry, log *zap.Logger) (*hashdb.DB, error) {
	db, err := c.openLists(func(err error) { log.Error("hash lists", zap.Error(err)) })
	if err != nil {
		return nil, err
	}
	var syncer *exchange.Syncer
	if slices.Contains(c.Rooms, "lists") && len(c.Exchanges) > 0 {
		l, err := ledger()
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		recorder, err := newListRecorder(l, db.Lists())
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		shared := sharedStore{db, &listPublisher{client: client}}
		if syncer, err = newSyncer(c, shared, db, afterSync(ctx, db, recorder, log)); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		g.Go(func() error { syncer.Run(ctx); return nil })
	}
	reg.MustRegister(newListMetrics(db.Lists, syncer, time.Now))
	g.Go(func() error { return db.Run(ctx) })
	if !slices.Contains(c.Rooms, "lists") {
		g.Go(func() error { return followLists(ctx, client, db, log) })
		return db, nil
	}
	back := newLookBack(db, askArchives(client, db), log)
	g.Go(func() error { return followLists(ctx, client, back, log) })
	g.Go(func() error { return back.run(ctx) })
	owners := newListOwners(ctx, g, c, sharedStore{db, &listPublisher{client: client}}, db, reg, log)
	g.Go(func() error { return owners.run(ctx, client) })
	reporter := newFloodReporter(c.Flood, db, owners, reg, log)
	g.Go(func() error { return reporter.run(ctx, client) })
	return db, nil
}

// openAudit opens the audit log with its keys, which are made at first use.
func (c *Config) openAudit(ctx context.Context) (*audit.Log, string, error) {
	// Tessera logs through klog's global: leave its errors on stderr, and no chatter.
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	signer, verifier, err := audit.LoadOrCreateKey(c.auditKeys())
	if err != nil {
		return nil, "", err
	}
	ledger, err := audit.Open(ctx, c.auditDir(), signer)
	return ledger, verifier, err
}

// verifier returns the key to check the audit log with: the one given, or this
// deployment's own.
func (c *Config) verifier(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	key, err := audit.LoadVerifier(c.auditKeys())
	if err != nil {
		return "", fmt.Errorf("%w; give the log's key with --log-key", err)
	}
	return key, nil
}

// openCheckpoints opens the blob storage named by a folder or a file:// URL.
func openCheckpoints(where string) (*blob.Bucket, error) {
	dir, err := filepath.Abs(strings.TrimPrefix(where, "file://"))
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true})
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	return bucket, nil
}

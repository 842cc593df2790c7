package app

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"gocloud.dev/blob"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/detect/fleet"
	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// WatchOptions say what to watch, and what of it to send. Exactly one of Spec, File
// and Topic says which streams.
type WatchOptions struct {
	Spec  *fleet.Spec
	File  string // YAML of specs, read again when it changes
	Topic bool   // the topic streams
	Shard string // "i/n": of the file's or the topic's streams the i-th share of n; "" for all
	Send  string // frames or hashes
	Out   io.Writer
	Err   io.Writer
}

// check reports everything that is wrong with the options.
func (o WatchOptions) check() (inShard func(platform, stream string) bool, err error) {
	var faults []error
	sources := 0
	for _, given := range []bool{o.Spec != nil, o.File != "", o.Topic} {
		if given {
			sources++
		}
	}
	if sources != 1 {
		faults = append(faults, errors.New("say what to watch: one FILE or URL, --streams FILE, or --streams-topic"))
	}
	if o.Send != sendFrames && o.Send != sendHashes {
		faults = append(faults, fmt.Errorf("--send %.20q is neither %s nor %s", o.Send, sendFrames, sendHashes))
	}
	i, n := uint64(1), uint64(1)
	if o.Shard != "" {
		first, second, ok := strings.Cut(o.Shard, "/")
		var errI, errN error
		i, errI = strconv.ParseUint(first, 10, 16)
		n, errN = strconv.ParseUint(second, 10, 16)
		if !ok || errI != nil || errN != nil || i < 1 || i > n {
			faults = append(faults, fmt.Errorf("--shard %.20q is not i/n with i from 1 to n", o.Shard))
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrUsage, errors.Join(faults...))
	}
	return func(platform, stream string) bool {
		h := fnv.New64a()
		_, _ = h.Write([]byte(platform + "\x00" + stream))
		return h.Sum64()%n == i-1
	}, nil
}

// Watch samples live streams into frames and tells their sessions. One stream ends it;
// with many it goes on until ctx ends.
func Watch(ctx context.Context, c Config, o WatchOptions) (err error) {
	inShard, err := o.check()
	if err != nil {
		return err
	}
	tok, err := tokenizer(c.KeyFile)
	if err != nil {
		return err
	}
	policy, err := c.watchPolicy()
	if err != nil {
		return err
	}
	// What is wrong with it is told before anything is opened.
	if o.Spec != nil {
		if err := intake.CheckFile(o.Spec.Input); err != nil {
			return err
		}
	}
	if o.File != "" {
		if _, err := readStreams(o.File); err != nil {
			return err
		}
	}
	log, err := newLogger(c.Log, c.LogLevel)
	if err != nil {
		return err
	}
	reg := newRegistry()
	client, err := dialWith(ctx, c, reg, log, topicFrames, topicSessions, topicSignals, topicStreams)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	sink, closeSink, err := newWatchSink(ctx, c, o, policy, client, reg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSink()) }()
	last := &lastEnd{watchSink: sink}
	streams, err := fleet.New(fleet.Options{
		Sink: last, Policy: policy, Subject: tok.Subject, UntilDone: o.Spec != nil, Stderr: o.Err,
		Report: func(e fleet.Event) { sink.metrics.observe(e); logStream(log, e) },
	})
	if err != nil {
		return err
	}
	reg.MustRegister(newFleetMetrics(streams.Streams, policy))

	g, inner := errgroup.WithContext(ctx)
	inner, stop := context.WithCancel(inner)
	defer stop()
	g.Go(func() error { return serveOps(inner, c.Listen, reg, client.Ready, log) })
	g.Go(func() error { return sink.deliver(inner) })
	hearing, deaf := context.WithCancel(context.WithoutCancel(ctx))
	defer deaf()
	g.Go(func() error { return followSignals(hearing, client, streams, sink, log) })
	switch {
	case o.Spec != nil:
		err = streams.Put(*o.Spec)
	case o.File != "":
		err = setStreams(streams, o.File, inShard, new([]byte))
		g.Go(func() error { return followStreamsFile(inner, streams, o.File, inShard, log) })
	case o.Topic:
		g.Go(func() error { return followStreamsTopic(inner, client, streams, inShard, log) })
	}
	if err != nil {
		stop()
		deaf()
		return errors.Join(err, g.Wait())
	}
	g.Go(func() error {
		defer stop()
		defer deaf()
		err := streams.Run(inner)
		if sink.keepsEnded() {
			// What matched at the very end is told behind the end of the session.
			time.Sleep(lastWords)
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return last.tell(ctx, o, streams)
}

// lastEnd remembers how the last session ended.
type lastEnd struct {
	*watchSink
	record atomic.Pointer[detect.SessionRecord]
	frames atomic.Int64
}

func (l *lastEnd) Session(ctx context.Context, s detect.SessionRecord) error {
	if s.State == detect.Ended {
		l.record.Store(&s)
	}
	return l.watchSink.Session(ctx, s)
}

func (l *lastEnd) Frame(ctx context.Context, f fleet.Frame) error {
	err := l.watchSink.Frame(ctx, f)
	if err == nil {
		l.frames.Add(1)
	}
	return err
}

// tell prints how the one stream ended; that it could not be watched at all is an error.
func (l *lastEnd) tell(ctx context.Context, o WatchOptions, streams *fleet.Fleet) error {
	if o.Spec == nil {
		return nil
	}
	end := l.record.Load()
	for _, s := range streams.Streams() {
		if s.State == fleet.StateFailed && ctx.Err() == nil {
			return s.Err
		}
	}
	reason := "stopped"
	if end != nil {
		reason = end.Reason
	}
	_, err := fmt.Fprintf(o.Out, "stream %s ended (%s): %d frames sent\n", o.Spec.Stream, reason, l.frames.Load())
	return err
}

// watchPolicy reads the configured policy, or the one that comes with vigil.
func (c *Config) watchPolicy() (fleet.Policy, error) {
	if c.WatchPolicy == "" {
		return fleet.DefaultPolicy(), nil
	}
	text, err := os.ReadFile(c.WatchPolicy)
	if err != nil {
		return fleet.Policy{}, fmt.Errorf("watch_policy: %w", err)
	}
	p, err := fleet.ReadPolicy(text)
	if err != nil {
		return fleet.Policy{}, fmt.Errorf("watch_policy %s:\n%w", c.WatchPolicy, err)
	}
	return p, nil
}

// newWatchSink opens what frames go to. What it returns delivers what is preserved and
// closes it all.
func newWatchSink(ctx context.Context, c Config, o WatchOptions, policy fleet.Policy, client *stream.Client, reg prometheus.Registerer, log *zap.Logger) (*watchSink, func() error, error) {
	w := &watchSink{
		client: client, send: o.Send, log: log, metrics: newWatchMetrics(reg), sessions: map[sessionKey]*watchedSession{},
		hashers: make(chan *detect.Hasher, runtime.GOMAXPROCS(0)),
	}
	for range cap(w.hashers) {
		w.hashers <- detect.NewHasher(detect.DefaultLimits())
	}
	bucket, err := openFolder("evidence", c.Evidence)
	if err != nil {
		return nil, nil, err
	}
	ledger, _, err := c.openAudit(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, bucket.Close())
	}
	w.leaving = &leaving{bucket: bucket, ledger: ledger, policy: policy.Version, now: time.Now}
	closeAll := func() error {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		w.closeRings(true)
		w.deliverNow(end)
		return errors.Join(w.leaving.flush(end), ledger.Close(context.WithoutCancel(ctx)), bucket.Close())
	}
	if c.EvidenceRecipients == "" {
		return w, closeAll, nil
	}
	if w.rings, err = c.openRings(); err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	return w, func() error { return errors.Join(closeAll(), w.rings.Close()) }, nil
}

func (c *Config) openRings() (*edge.Rings, error) {
	text, err := os.ReadFile(c.EvidenceRecipients)
	if err != nil {
		return nil, fmt.Errorf("evidence_recipients: %w", err)
	}
	keys, err := edge.ParseRecipients(text)
	if err != nil {
		return nil, fmt.Errorf("evidence_recipients %s: %w", c.EvidenceRecipients, err)
	}
	return edge.Open(edge.Options{Dir: c.ringDir(), Recipients: keys, Keep: ringKeep, Now: time.Now})
}

// lastWords is how long who stops watching still hears what is to be preserved.
const lastWords = 3 * time.Second

// followSignals lets what the river says set rates and preserve windows.
func followSignals(ctx context.Context, client *stream.Client, streams *fleet.Fleet, sink *watchSink, log *zap.Logger) error {
	return hearSignals(ctx, client, log, func(s signal.Signal, said time.Time) {
		if window, ok := streams.Heard(s, said); ok {
			sink.preserve(window)
		}
	})
}

// recentSignals is how many signals of before, in each partition, who begins to hear them
// begins with: a process that is started anew must not forget whom it looked at closely.
const recentSignals = 10_000

// hearSignals calls hear with what the river says and said lately, and when.
func hearSignals(ctx context.Context, client *stream.Client, log *zap.Logger, hear func(s signal.Signal, said time.Time)) error {
	return client.FollowRecent(ctx, topicSignals, recentSignals, func() {}, func(m stream.Message) error {
		s, err := signal.Decode(m.Data)
		if err != nil {
			log.Error("passed over a signal", zap.Int("partition", m.Partition), zap.Int64("offset", m.Offset), zap.Error(err))
			return nil
		}
		hear(s, m.Arrived)
		return nil
	})
}

// logStream logs what happened to a stream. Names of streams are the platform's own ids.
func logStream(log *zap.Logger, e fleet.Event) {
	fields := []zap.Field{zap.String("platform", e.Platform), zap.String("stream", e.Stream)}
	switch e.What {
	case fleet.EventClosed:
		fields = append(fields, zap.String("reason", e.Reason), zap.Int("frames", e.Frames), zap.Duration("cpu", e.CPU))
		if e.Err != nil {
			log.Warn("intake "+e.What, append(fields, zap.Error(e.Err))...)
			return
		}
	case fleet.EventRaised, fleet.EventLowered:
		fields = append(fields, zap.Float64("fps", e.FPS), zap.String("why", string(e.Why)))
	case fleet.EventGivenUp:
		log.Error("stream "+e.What, append(fields, zap.Error(e.Err))...)
		return
	}
	log.Info("stream "+e.What, fields...)
}

// openFolder opens the blob storage that a key of the configuration names: a folder or
// a file:// URL.
func openFolder(key, where string) (*blob.Bucket, error) {
	bucket, err := openCheckpoints(where)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return bucket, nil
}

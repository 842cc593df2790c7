package exchange

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// Store keeps the lists. A *hashdb.DB is one. When it also has hashdb.DB's Refresh,
// that is called before a sync, so that it begins where another process's ended.
type Store interface {
	Apply(ctx context.Context, b hashdb.Batch) (hashdb.Applied, error)
	Checkpoint(name string) []byte
	SetList(ctx context.Context, l hashdb.List) error
	Lists() []hashdb.ListInfo
}

type refresher interface {
	Refresh() (changed bool, err error)
}

// SyncerOptions are what a Syncer works with.
type SyncerOptions struct {
	Store Store
	// Open makes the source that a configuration describes. It is called at each sync,
	// so that changed credentials are taken up. What the source leaves out, as a bad
	// record, it hands to report and goes on.
	Open func(c SourceConfig, report func(error)) (Source, error)
	// Locks is the folder of the lock files, shared by every process that syncs these
	// lists and on a file system that can lock. It is made when missing.
	Locks string
	Now   func() time.Time
	// Done is called after each sync that was begun, one at a time for each source. May
	// be nil.
	Done func(Outcome)
	// MaxBatch is how many changes are applied together; default 50,000.
	MaxBatch int
}

// Outcome is what a sync did.
type Outcome struct {
	Source     string
	Start, End time.Time
	Applied    hashdb.Applied // Of all batches.
	Batches    int
	// Bad counts what the source left out, and BadErrors are the first of it.
	Bad       int
	BadErrors []error
	// Err is why the sync failed, nil when the lists are in step. What was applied
	// before stays.
	Err error
}

// maxBad is how many of what was left out is kept.
const maxBad = 20

// Syncer keeps sources in step. It is safe for concurrent use.
type Syncer struct {
	o       SyncerOptions
	sources []*tracked
	locks   locks
	started time.Time
}

// tracked is a source and how it fares in this process.
type tracked struct {
	c    SourceConfig
	mu   sync.Mutex
	last Outcome // The last that was begun here.
	runs bool
	next time.Time
}

// NewSyncer returns a syncer of the exchanges that hand out lists.
func NewSyncer(c SourceConfigs, o SyncerOptions) (*Syncer, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if o.Store == nil || o.Open == nil || o.Now == nil || o.Locks == "" {
		return nil, errors.New("exchange: a syncer needs a store, a way to open sources, a clock and a folder for locks")
	}
	setDefault(&o.MaxBatch, 50_000)
	s := &Syncer{o: o, locks: locks{folder: o.Locks, held: map[string]bool{}}, started: o.Now()}
	for i := range c {
		if !c[i].Remote() {
			s.sources = append(s.sources, &tracked{c: c[i]})
		}
	}
	return s, nil
}

// Sources returns the names of the sources that are kept in step.
func (s *Syncer) Sources() []string {
	names := make([]string, len(s.sources))
	for i, t := range s.sources {
		names[i] = t.c.Source
	}
	return names
}

// Sync brings one source's lists in step now. It fails at once with ErrBusy when that
// is already being done. The outcome's Err is also returned.
func (s *Syncer) Sync(ctx context.Context, source string) (Outcome, error) {
	for _, t := range s.sources {
		if t.c.Source == source {
			return s.sync(ctx, t)
		}
	}
	return Outcome{}, fmt.Errorf("no exchange is configured for source %.64q; there are %s", source, strings.Join(s.Sources(), ", "))
}

func (s *Syncer) sync(ctx context.Context, t *tracked) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	release, err := s.locks.take(t.c.Source)
	if err != nil {
		return Outcome{}, fmt.Errorf("sync %s: %w", t.c.Source, err)
	}
	defer release()
	t.mu.Lock()
	t.runs = true
	t.mu.Unlock()
	r := &run{s: s, c: &t.c, out: Outcome{Source: t.c.Source, Start: s.o.Now()}}
	if err := r.sync(ctx); err != nil {
		r.out.Err = fmt.Errorf("sync %s: %w", t.c.Source, err)
	}
	r.out.End = s.o.Now()
	t.mu.Lock()
	t.runs, t.last = false, r.out
	t.mu.Unlock()
	if s.o.Done != nil {
		s.o.Done(r.out)
	}
	return r.out, r.out.Err
}

// run is one sync.
type run struct {
	s        *Syncer
	c        *SourceConfig
	out      Outcome
	progress progress
	lists    map[hashdb.Kind]bool // Those that were described.
	mu       sync.Mutex           // Of what was left out.
}

func (r *run) sync(ctx context.Context) error {
	store, name := r.s.o.Store, checkpointName(r.c.Source)
	if s, ok := store.(refresher); ok {
		if _, err := s.Refresh(); err != nil {
			return fmt.Errorf("read the lists: %w", err)
		}
	}
	if value := store.Checkpoint(name); len(value) > 0 {
		var err error
		if r.progress, err = decodeProgress(value); err != nil {
			return err
		}
	} else {
		// So that a list that never came is stale some day, however often the process
		// begins anew.
		r.progress.since = r.out.Start
		if err := r.keep(ctx); err != nil {
			return err
		}
	}
	if err := r.describe(ctx); err != nil {
		return err
	}
	source, err := r.s.o.Open(*r.c, r.report)
	if err != nil {
		return err
	}
	if c, ok := source.(interface{ Close() }); ok {
		defer c.Close()
	}
	err = source.Sync(ctx, r.progress.from, func(b hashdb.Batch) error { return r.apply(ctx, b) })
	if err != nil {
		return err
	}
	r.progress.success = r.s.o.Now()
	return r.keep(ctx)
}

// report counts what the source left out.
func (r *run) report(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.out.Bad++; len(r.out.BadErrors) < maxBad {
		r.out.BadErrors = append(r.out.BadErrors, err)
	}
}

// keep stores the progress alone.
func (r *run) keep(ctx context.Context) error {
	_, err := r.s.o.Store.Apply(ctx, hashdb.Batch{
		Source:     r.c.Source,
		Checkpoint: hashdb.Checkpoint{Name: checkpointName(r.c.Source), Value: r.progress.encode()},
	})
	return err
}

// describe brings what is said of the source's lists in line with the configuration.
// A list's state stays: who quarantined it knows more than the configuration does.
func (r *run) describe(ctx context.Context) error {
	r.lists = map[hashdb.Kind]bool{}
	for _, have := range r.s.o.Store.Lists() {
		if have.Source != r.c.Source {
			continue
		}
		r.lists[have.Kind] = true
		want := have.List
		if r.c.describe(&want); want == have.List {
			continue
		}
		if err := r.s.o.Store.SetList(ctx, want); err != nil {
			return fmt.Errorf("describe list %s: %w", have.ID(), err)
		}
	}
	return nil
}

// apply stores a batch of the source's.
func (r *run) apply(ctx context.Context, b hashdb.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.Source != "" && b.Source != r.c.Source {
		return fmt.Errorf("a batch is of source %.64q", b.Source)
	}
	b.Source = r.c.Source
	for i := range b.Entries {
		k := b.Entries[i].Hash.Kind
		if r.lists[k] {
			continue
		}
		// Before its first entries, lest a list on trial is live for a moment.
		if err := r.s.o.Store.SetList(ctx, r.c.list(k)); err != nil {
			return fmt.Errorf("describe list %s: %w", hashdb.ListID{Source: r.c.Source, Kind: k}, err)
		}
		r.lists[k] = true
	}
	next := r.progress
	value := b.Checkpoint.Value
	b.Checkpoint = hashdb.Checkpoint{}
	if value != nil {
		if len(value) > MaxCheckpoint {
			return fmt.Errorf("a checkpoint has %d bytes, want at most %d", len(value), MaxCheckpoint)
		}
		next.from = value
		b.Checkpoint = hashdb.Checkpoint{Name: checkpointName(r.c.Source), Value: next.encode()}
	}
	for _, part := range split(b, r.s.o.MaxBatch) {
		done, err := r.s.o.Store.Apply(ctx, part)
		if err != nil {
			return err
		}
		r.out.Batches++
		r.out.Applied.Added += done.Added
		r.out.Applied.Changed += done.Changed
		r.out.Applied.Known += done.Known
		r.out.Applied.Retracted += done.Retracted
	}
	r.progress = next
	return nil
}

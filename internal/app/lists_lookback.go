package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/detect/archive"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// A lookBack is the lists of a process that hosts the room lists. It notes which of
// them gained entries and asks every archive to look what was kept of streams through
// for those. The note lies in the store from before the entries do until the asking is
// durable, so that a crash between costs a second look and loses none.
type lookBack struct {
	exchange.Store
	// ask is told of the hashes that a source gained, nil for all of them.
	ask func(ctx context.Context, source string, gained []hashdb.Hash) error
	log *zap.Logger

	mu     sync.Mutex
	gained map[string]*gain // by source; those that are noted
}

// gain is what a source's lists gained and has not been asked for.
type gain struct {
	hashes        []hashdb.Hash // PDQ
	all           bool          // too many to name, or not known which
	first, latest time.Time
}

const (
	// lookBackIdle and lookBackMost are how long gains are gathered: until none came
	// for so long, and at most so long in all.
	lookBackIdle = time.Second
	lookBackMost = 30 * time.Second
)

func noteName(source string) string { return "look-back/" + source }

// newLookBack begins with what an earlier process noted and did not get to ask.
func newLookBack(store exchange.Store, ask func(context.Context, string, []hashdb.Hash) error, log *zap.Logger) *lookBack {
	l := &lookBack{Store: store, ask: ask, log: log, gained: map[string]*gain{}}
	for _, list := range store.Lists() {
		if len(store.Checkpoint(noteName(list.Source))) > 0 {
			l.gained[list.Source] = &gain{all: true}
		}
	}
	return l
}

// Apply applies a batch and notes what it listed.
func (l *lookBack) Apply(ctx context.Context, b hashdb.Batch) (hashdb.Applied, error) {
	var listed []hashdb.Hash
	for _, e := range b.Entries {
		if e.Status == hashdb.Listed && e.Hash.Kind == hashdb.KindPDQ {
			listed = append(listed, e.Hash)
		}
	}
	if len(listed) == 0 {
		return l.Store.Apply(ctx, b)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.note(ctx, b.Source); err != nil {
		return hashdb.Applied{}, err
	}
	applied, err := l.Store.Apply(ctx, b)
	if err != nil {
		return applied, err
	}
	l.add(b.Source, listed)
	return applied, nil
}

// SetList changes a list and, where that makes it match from now on or farther, notes
// that it gained all its entries.
func (l *lookBack) SetList(ctx context.Context, list hashdb.List) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	wider := false
	for _, old := range l.Lists() {
		if old.ID() == list.ID() && old.Entries > 0 {
			wider = list.State == hashdb.StateLive && (old.State != hashdb.StateLive || list.Radius > old.Radius)
		}
	}
	if wider {
		if err := l.note(ctx, list.Source); err != nil {
			return err
		}
	}
	if err := l.Store.SetList(ctx, list); err != nil {
		return err
	}
	if wider {
		l.add(list.Source, nil)
	}
	return nil
}

// note makes the note of a source durable. The caller holds mu.
func (l *lookBack) note(ctx context.Context, source string) error {
	if l.gained[source] != nil {
		return nil
	}
	if _, err := l.Store.Apply(ctx, hashdb.Batch{Source: source, Checkpoint: hashdb.Checkpoint{Name: noteName(source), Value: []byte{1}}}); err != nil {
		return fmt.Errorf("note that list %s gains entries: %w", source, err)
	}
	l.gained[source] = &gain{}
	return nil
}

// add gathers hashes, nil for all. The caller holds mu and has noted the source.
func (l *lookBack) add(source string, hashes []hashdb.Hash) {
	g := l.gained[source]
	g.latest = time.Now()
	if g.first.IsZero() {
		g.first = g.latest
	}
	if g.all = g.all || hashes == nil || len(g.hashes)+len(hashes) > archive.MaxSearch; g.all {
		g.hashes = nil
		return
	}
	g.hashes = append(g.hashes, hashes...)
}

// run asks for what was gathered until ctx ends.
func (l *lookBack) run(ctx context.Context) error {
	tick := time.NewTicker(lookBackIdle / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := l.askForRipe(ctx); err != nil && ctx.Err() == nil {
				l.log.Error("streams are not looked back at yet", zap.Error(err))
			}
		}
	}
}

// askForRipe asks for the sources that gained nothing for a while, or for long, and
// then takes their notes away.
func (l *lookBack) askForRipe(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for source, g := range l.gained {
		if now.Sub(g.latest) < lookBackIdle && now.Sub(g.first) < lookBackMost {
			continue
		}
		if err := l.ask(ctx, source, g.hashes); err != nil {
			return err
		}
		if _, err := l.Store.Apply(ctx, hashdb.Batch{Source: source, Checkpoint: hashdb.Checkpoint{Name: noteName(source)}}); err != nil {
			return err
		}
		delete(l.gained, source)
		l.log.Info("streams are looked back at", zap.String("source", source), zap.Int("hashes", len(g.hashes)), zap.Bool("all", g.all))
	}
	return nil
}

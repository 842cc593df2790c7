package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"

	"github.com/vigil-stream/vigil/audit/verify"
)

// ErrClosed says that the log was closed.
var ErrClosed = errors.New("audit log: closed")

const (
	// batchAge and batchSize say when appended entries are written: so long
	// after the first of a batch, or at once when there are so many. A batch
	// costs the same few synced files whether it has one entry or a thousand.
	batchAge  = 5 * time.Millisecond
	batchSize = 1024

	// checkpointEvery is how often a checkpoint is signed while the log grows.
	// An entry waits for one up to twice as long.
	checkpointEvery = 200 * time.Millisecond
)

// A Log appends to the log in one folder. Several processes may append to one
// folder, with one key; within a process, one Log serves everybody.
type Log struct {
	dir      string
	verifier string
	appender *tessera.Appender
	shutdown func(context.Context) error
	release  func()

	running context.Context // of tessera's own goroutines
	stop    context.CancelFunc

	mu     sync.Mutex
	closed bool
	adding sync.WaitGroup
}

// Open opens the log in the folder dir, or starts one, to be signed with
// signerKey. It refuses a log whose checkpoint has another key's signature.
// The log stays open until Close, whatever becomes of ctx.
func Open(ctx context.Context, dir, signerKey string) (_ *Log, err error) {
	signer, err := note.NewSigner(signerKey)
	if err != nil {
		return nil, fmt.Errorf("open audit log: signer key: %w", err)
	}
	verifier, err := verifierOf(signerKey)
	if err != nil {
		return nil, fmt.Errorf("open audit log: signer key: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	release, err := openFolders.take(dir)
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			stop()
			release()
		}
	}()
	if _, err := os.Stat(filepath.Join(dir, "checkpoint")); err == nil {
		if _, err := verify.ReadCheckpoint(dir, verifier); err != nil {
			return nil, fmt.Errorf("open audit log: %w", err)
		}
	}
	driver, err := posix.New(running, posix.Config{Path: dir})
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	appender, shutdown, err := newAppender(running, driver, signer)
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	return &Log{
		dir: dir, verifier: verifier,
		appender: appender, shutdown: shutdown, release: release,
		running: running, stop: stop,
	}, nil
}

// newAppender returns an appender. Tessera panics where the folder cannot be written, as
// on a read-only file system; that is an error here.
func newAppender(ctx context.Context, driver tessera.Driver, signer note.Signer) (
	appender *tessera.Appender, shutdown func(context.Context) error, err error,
) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%v", cause)
		}
	}()
	appender, shutdown, _, err = tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(batchSize, batchAge).
		WithCheckpointInterval(checkpointEvery).
		WithCheckpointRepublishInterval(0))
	return appender, shutdown, err
}

// Append appends one entry and returns its index. When it returns, the entry
// is in the tree on disk and outlasts a crash; that a signed checkpoint covers
// it, which Prove waits for, comes some tenths of a second later. After an
// error the entry may be in the log nonetheless, and appending it again may
// put it there twice, which does no harm.
func (l *Log) Append(ctx context.Context, e Entry) (uint64, error) {
	indexes, err := l.AppendAll(ctx, []Entry{e})
	if err != nil {
		return 0, err
	}
	return indexes[0], nil
}

// AppendAll is Append for many entries at once, for the price of few. If one
// of them is not valid, none is appended.
func (l *Log) AppendAll(ctx context.Context, entries []Entry) ([]uint64, error) {
	encoded := make([]*tessera.Entry, len(entries))
	for i, e := range entries {
		data, err := e.Encode()
		if err != nil {
			return nil, err
		}
		encoded[i] = tessera.NewEntry(data)
	}
	if err := l.begin(); err != nil {
		return nil, err
	}
	// Neither adding, when the queue is full, nor the future of what was added
	// heeds a context; only the storage getting on with it ends them.
	type outcome struct {
		indexes []uint64
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		defer l.adding.Done()
		indexes, err := l.add(encoded)
		done <- outcome{indexes, err}
	}()
	select {
	case out := <-done:
		return out.indexes, out.err
	case <-ctx.Done():
		return nil, fmt.Errorf("append to audit log: %w", ctx.Err())
	case <-l.running.Done():
		return nil, ErrClosed
	}
}

func (l *Log) begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	l.adding.Add(1)
	return nil
}

func (l *Log) add(entries []*tessera.Entry) ([]uint64, error) {
	futures := make([]tessera.IndexFuture, len(entries))
	for i, e := range entries {
		futures[i] = l.appender.Add(l.running, e)
	}
	indexes := make([]uint64, len(entries))
	for i, future := range futures {
		index, err := future()
		if err != nil {
			return nil, fmt.Errorf("append to audit log: %w", err)
		}
		indexes[i] = index.Index
	}
	return indexes, nil
}

// Close waits, as long as ctx lets it, until all that was appended is covered
// by a signed checkpoint, and closes the log. Entries are not lost without it.
func (l *Log) Close(ctx context.Context) error {
	l.mu.Lock()
	already := l.closed
	l.closed = true
	l.mu.Unlock()
	if already {
		return nil
	}
	defer l.release()
	defer l.stop()

	added := make(chan struct{})
	go func() {
		l.adding.Wait()
		close(added)
	}()
	select {
	case <-added:
	case <-ctx.Done():
		return fmt.Errorf("close audit log: %w", ctx.Err())
	}
	if err := l.shutdown(ctx); err != nil {
		return fmt.Errorf("close audit log: %w", err)
	}
	return nil
}

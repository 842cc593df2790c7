package hashdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
)

// DB is a folder of lists: segments in files, mapped into memory, and what came after
// them in a journal. Any number of goroutines may use it, and any number of processes
// the folder. One writes at a time; reading waits for nobody.
type DB struct {
	disk    disk
	options Options
	worker  worker
	current atomic.Pointer[snapshot]
	scratch sync.Pool
	turn    chan struct{} // Holds a token while somebody here writes or waits to.
	merging sync.Mutex    // Held while merging here.

	// What follows is the state as far as it was read; mu guards it.
	mu          sync.Mutex
	line        string // The manifest's.
	manifest    *manifest
	journal     *journal
	heads       [kindSlots]*head
	lists       lists
	checkpoints map[string][]byte
	open        map[uint64]*sealed
	ahead       map[uint64]*sealed // Opened here before they were in the manifest.
	tidied      bool               // Whether remains of others were looked for.
	importing   map[[2]string]bool // The sources and files of imports under way here.
}

// Open opens the database in dir, and makes it with mode 0700 if it is not there. It
// refuses a folder or a file to which others have access, and one that is damaged, with
// an error that names it and wraps ErrDamaged.
func Open(dir string, o Options) (*DB, error) {
	db, err := openDB(dir, o)
	if err != nil {
		return nil, fmt.Errorf("open hash lists: %w", err)
	}
	return db, nil
}

func openDB(dir string, o Options) (*DB, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	db := &DB{disk: newDisk(dir, o.step), options: o, turn: make(chan struct{}, 1), open: map[uint64]*sealed{}, ahead: map[uint64]*sealed{}, importing: map[[2]string]bool{}}
	db.scratch.New = func() any { return new(scratch) }
	if err := db.disk.Prepare(); err != nil {
		return nil, err
	}
	if o.RequireEncrypted {
		if err := requireEncrypted(dir); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(db.disk.Path(manifestName)); errors.Is(err, fs.ErrNotExist) {
		lock, err := db.disk.waitLock(context.Background(), lockName)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(create(&db.disk), lock.unlock()); err != nil {
			return nil, err
		}
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := db.load(false); err != nil {
		return nil, err
	}
	return db, nil
}

// Close gives everything back that look-ups and reads under way do not hold; they end
// undisturbed. Nothing is lost that was not lost before. Afterwards all methods fail
// with ErrClosed or return nothing.
func (db *DB) Close() error {
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	db.mu.Lock()
	defer db.mu.Unlock()
	s := db.current.Swap(nil)
	if s == nil {
		return nil
	}
	s.release()
	for _, x := range db.open {
		x.release(db.options.Report)
	}
	clear(db.open)
	return errors.Join(db.journal.file.Close(), db.worker.close(&db.disk))
}

// Lists describes the lists, by source and kind.
func (db *DB) Lists() []ListInfo {
	s, err := db.acquire()
	if err != nil {
		return nil
	}
	defer s.release()
	return s.lists.infos()
}

// Kinds returns the kinds of hash of which some list that is not retired has an entry,
// in the order of the constants. Hashes of other kinds need not be computed.
func (db *DB) Kinds() []Kind {
	s, err := db.acquire()
	if err != nil {
		return nil
	}
	defer s.release()
	return slices.Clone(s.present)
}

// Checkpoint returns what the last batch with a checkpoint of this name stored, or nil.
func (db *DB) Checkpoint(name string) []byte {
	s, err := db.acquire()
	if err != nil {
		return nil
	}
	defer s.release()
	return bytes.Clone(s.checkpoints[name])
}

// write calls f when it is this DB's turn to change the folder, and the state is up to
// date. f may use what mu guards.
func (db *DB) write(ctx context.Context, f func() error) (err error) {
	select {
	case db.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-db.turn }()
	lock, err := db.disk.waitLock(ctx, lockName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.unlock()) }()
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.current.Load() == nil {
		return ErrClosed
	}
	defer func() {
		for _, x := range db.ahead {
			x.release(db.options.Report)
		}
		clear(db.ahead)
	}()
	if _, err := db.refresh(); err != nil {
		return err
	}
	if !db.tidied {
		if err := db.disk.clean(db.manifest); err != nil {
			return err
		}
		db.tidied = true
	}
	return f()
}

// withCheckpoint returns checkpoints with c in place.
func withCheckpoint(all map[string][]byte, c Checkpoint) map[string][]byte {
	if c.Name == "" {
		return all
	}
	next := maps.Clone(all)
	if next == nil {
		next = map[string][]byte{}
	}
	if next[c.Name] = c.Value; len(c.Value) == 0 {
		delete(next, c.Name)
	}
	return next
}

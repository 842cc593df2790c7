package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// A Store keeps cases, decisions and the outbox in one SQLite file. It is safe
// for concurrent use, and several processes may have the same file open.
type Store struct {
	db    *sql.DB
	clock func() time.Time
}

// ErrNotFound says that the store has no such case or outbox row.
var ErrNotFound = errors.New("not in the store")

// pragmas of each connection: a writer waits for another process up to ten
// seconds, the log is written ahead, and a commit is on the disk when it
// returns. Transactions take the write lock when they begin, since one that
// reads first and asks for the lock later can fail without waiting.
const pragmas = "_busy_timeout=10000&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_txlock=immediate&_dqs=0"

// Open opens the store in the file at path, and makes it, and its folder,
// readable to the owner only, when it does not exist. It brings an older store
// to the newest version and refuses one of a newer Vigil.
func Open(ctx context.Context, path string, clock func() time.Time) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open review store: %w", err)
	}
	if err := private(abs); err != nil {
		return nil, fmt.Errorf("open review store: %w", err)
	}
	name := url.URL{Scheme: "file", Path: abs, RawQuery: pragmas}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fmt.Errorf("open review store: %w", err)
	}
	// SQLite has one writer at a time. With one connection the goroutines of a
	// process queue for it in turn, in place of polling for the lock.
	db.SetMaxOpenConns(1)
	s := &Store{db: db, clock: clock}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open review store: %w", err), db.Close())
	}
	return s, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }

// private sees to it that the file exists and only its owner may read it; SQLite
// gives its side files the same mode.
//
// It never opens and closes the file itself: that would drop the locks which
// another Store of this process holds on it, as POSIX has it. An empty file is
// made under another name, closed, and then linked into place.
func private(path string) error {
	err := os.Chmod(path, 0o600)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	empty, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	err = empty.Close()
	if err == nil {
		err = os.Link(empty.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil // another process was first
	}
	return errors.Join(err, os.Remove(empty.Name()))
}

// now is the clock's time as the store can hold it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// write runs fn in one transaction that holds the write lock from its start.
func (s *Store) write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(tx); err != nil {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("roll back: %w", rollback))
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

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
	db     *sql.DB // one connection, which writes
	read   *sql.DB // several, for pages: readers see the last commit and wait for nobody
	clock  func() time.Time
	policy Policy
}

// ErrNotFound says that the store has no such case or outbox row.
var ErrNotFound = errors.New("not in the store")

// pragmas of each connection: a writer waits for another process up to ten
// seconds, the log is written ahead, and a commit is on the disk when it
// returns. Transactions take the write lock when they begin, since one that
// reads first and asks for the lock later can fail without waiting.
const pragmas = "_busy_timeout=10000&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_txlock=immediate&_dqs=0"

// readers is how many pages read at once.
const readers = 4

// Open opens the store in the file at path, and makes it, and its folder,
// readable to the owner only, when it does not exist. It brings an older store
// to the newest version and refuses one of a newer Vigil. Decisions are taken by the
// policy given.
func Open(ctx context.Context, path string, clock func() time.Time, policy Policy) (*Store, error) {
	if err := policy.Validate(); err != nil {
		return nil, fmt.Errorf("open review store: policy: %w", err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open review store: %w", err)
	}
	if err := create(ctx, abs); err != nil {
		return nil, fmt.Errorf("open review store: %w", err)
	}
	db, err := connect(abs)
	if err != nil {
		return nil, fmt.Errorf("open review store: %w", err)
	}
	read, err := connect(abs)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open review store: %w", err), db.Close())
	}
	read.SetMaxOpenConns(readers)
	s := &Store{db: db, read: read, clock: clock, policy: policy}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open review store: %w", err), s.Close())
	}
	return s, nil
}

// Close closes the store.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.db.Close()) }

// Policy is what the store decides by.
func (s *Store) Policy() Policy { return s.policy }

// create makes a new store's file, readable to its owner only; SQLite gives its
// side files the same mode. A file that is there already is made private.
//
// The file is made complete under another name and then linked into place. So
// nobody sees it before it is private and in write-ahead mode: the switch to that
// mode fails, without waiting, when another process has the file open. And the
// file itself is never opened and closed by hand, which would drop the locks that
// another Store of this process holds on it, as POSIX has it.
func create(ctx context.Context, path string) error {
	err := os.Chmod(path, 0o600)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	err = errors.Join(file.Close(), writeAhead(ctx, file.Name()))
	if err == nil {
		err = os.Link(file.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil // another process was first
	}
	return errors.Join(err, os.Remove(file.Name()))
}

// writeAhead makes the empty file at path a database in write-ahead mode.
func writeAhead(ctx context.Context, path string) error {
	db, err := connect(path)
	if err != nil {
		return err
	}
	return errors.Join(db.PingContext(ctx), db.Close())
}

// connect prepares a connection to the file at an absolute path.
func connect(path string) (*sql.DB, error) {
	name := url.URL{Scheme: "file", Path: path, RawQuery: pragmas}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	// SQLite has one writer at a time. With one connection the goroutines of a
	// process queue for it in turn, in place of polling for the lock.
	db.SetMaxOpenConns(1)
	return db, nil
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

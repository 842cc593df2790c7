package inbox

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/vigil-stream/vigil/report"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("not in the inbox")
	// ErrCentre says that a store is another centre's.
	ErrCentre = errors.New("the inbox is another centre's")
)

// A Store is a centre's inbox, in one SQLite file. It is safe for concurrent use.
type Store struct {
	db    *sql.DB // where it writes, one connection
	read  *sql.DB // for pages, which see the last commit
	clock func() time.Time
	keys  Keys
	set   Settings
}

// Settings say whose an inbox is and what it works with.
type Settings struct {
	Keys
	// Within is how long the centre's law gives who reports to it; 0: not known.
	Within time.Duration
	// Sign makes the value of an outcome's record, signed by the centre; nil: nothing can be
	// said of an alert here.
	Sign func(report.Outcome) ([]byte, error)
}

// pragmas of each connection: the log is written ahead, a commit is on the disk when it
// returns, transactions take the write lock when they begin, and what is deleted is
// overwritten.
const pragmas = "_busy_timeout=10000&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_txlock=immediate&_dqs=0&_pragma=secure_delete(1)"

const readers = 4

//go:embed migrations/*.sql
var migrations embed.FS

// Open opens the inbox in a file, which it makes, readable to its owner alone, where it is
// not there. That of another centre is ErrCentre.
func Open(ctx context.Context, path string, clock func() time.Time, set Settings) (*Store, error) {
	if err := set.check(); err != nil {
		return nil, fmt.Errorf("open inbox: %w", err)
	}
	s := &Store{clock: clock, keys: set.Keys, set: set}
	abs, err := filepath.Abs(path)
	if err == nil {
		err = create(abs)
	}
	if err != nil {
		return nil, fmt.Errorf("open inbox: %w", err)
	}
	if s.db, err = connect(abs, 1); err != nil {
		return nil, fmt.Errorf("open inbox: %w", err)
	}
	if s.read, err = connect(abs, readers); err != nil {
		return nil, errors.Join(fmt.Errorf("open inbox: %w", err), s.db.Close())
	}
	if err = s.migrate(ctx); err == nil {
		err = s.own(ctx)
	}
	if err == nil {
		err = s.reblind(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open inbox: %w", err), s.Close())
	}
	return s, nil
}

// Close closes the store.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.db.Close()) }

// Centre is the id of the centre whose inbox it is.
func (s *Store) Centre() string { return s.keys.Centre }

func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return os.Chmod(path, 0o600)
	}
	if err != nil {
		return err
	}
	return file.Close()
}

func connect(path string, connections int) (*sql.DB, error) {
	name := url.URL{Scheme: "file", Path: path, RawQuery: pragmas}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	return db, nil
}

// migrate brings an older store to the newest version, all in one transaction.
func (s *Store) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql") // sorted; the n-th leads to version n
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		var have int
		if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&have); err != nil {
			return fmt.Errorf("read its version: %w", err)
		}
		if have > len(names) {
			return fmt.Errorf("it is of version %d and this program knows up to %d: use a newer one", have, len(names))
		}
		for i, name := range names[have:] {
			text, err := migrations.ReadFile(name)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(text)+fmt.Sprintf("\nPRAGMA user_version = %d;", have+i+1)); err != nil {
				return fmt.Errorf("migrate: %s: %w", name, err)
			}
		}
		return nil
	})
}

// own notes whose inbox it is at first, and refuses another's after.
func (s *Store) own(ctx context.Context) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO notes VALUES ('centre', ?) ON CONFLICT DO NOTHING`, s.keys.Centre); err != nil {
			return err
		}
		has, err := note(ctx, tx, "centre")
		if err == nil && has != s.keys.Centre {
			err = fmt.Errorf("%w: it is of %q, and not of %q", ErrCentre, has, s.keys.Centre)
		}
		return err
	})
}

// note reads one of the store's notes, empty where there is none.
func note(ctx context.Context, tx *sql.Tx, name string) (value string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT value FROM notes WHERE name = ?`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// now is the clock's time as the store can hold it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// write runs fn in one transaction while nobody else writes.
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

// list reads rows with scan, and closes them.
func list[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) (all []T, _ error) {
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("read rows: %w", err), rows.Close())
		}
		all = append(all, one)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return all, nil
}

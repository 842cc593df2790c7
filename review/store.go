package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// A Store keeps cases, decisions and the outbox, in one SQLite file or in a schema of a
// PostgreSQL. It is safe for concurrent use, and several processes may have the same one
// open.
type Store struct {
	db     *sql.DB // where it writes: of a file one connection, of PostgreSQL several
	read   *sql.DB // for pages: readers see the last commit and wait for nobody
	clock  func() time.Time
	policy Policy

	postgres bool
}

// ErrNotFound says that the store has no such case or outbox row.
var ErrNotFound = errors.New("not in the store")

// Open opens the store at a place: the path of a file, or the postgres:// URL of a
// database. A file, and its folder, is made readable to the owner only when it does not
// exist. An older store is brought to the newest version and one of a newer Vigil refused.
// Decisions are taken by the policy given.
func Open(ctx context.Context, where string, clock func() time.Time, policy Policy) (*Store, error) {
	if err := policy.Validate(); err != nil {
		return nil, fmt.Errorf("open review store: policy: %w", err)
	}
	s := &Store{clock: clock, policy: policy, postgres: IsPostgres(where)}
	var err error
	if s.postgres {
		s.db, err = openPostgres(ctx, where)
		s.read = s.db
	} else {
		s.db, s.read, err = openFile(ctx, where)
	}
	if err != nil {
		return nil, fmt.Errorf("open review store: %w", err)
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open review store: %w", err), s.Close())
	}
	return s, nil
}

// There returns nil where a place has a store, and else an error; it makes none.
func There(ctx context.Context, where string) error {
	if !IsPostgres(where) {
		_, err := os.Stat(where)
		return err
	}
	db, err := openPostgres(ctx, where)
	if err != nil {
		return err
	}
	s := &Store{db: db, read: db, postgres: true}
	have, err := s.version(ctx, db)
	if err == nil && have == 0 {
		err = errors.New("the database has no table of Vigil's in the schema that it looks at first")
	}
	return errors.Join(err, s.Close())
}

// Close closes the store.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.db.Close()) }

// Policy is what the store decides by.
func (s *Store) Policy() Policy { return s.policy }

// now is the clock's time as the store can hold it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// oneWriter is the lock of who writes in PostgreSQL, held until the transaction ends. It
// keeps no reader waiting. Statements after it see what all writers before did.
const oneWriter = `LOCK TABLE tallies IN EXCLUSIVE MODE`

// write runs fn in one transaction while nobody else writes, in this process or another:
// what fn reads stays true until what it writes is committed.
func (s *Store) write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	return s.transaction(ctx, func(tx *sql.Tx) error {
		if s.postgres { // a file's transaction holds the write lock from its start
			if _, err := tx.ExecContext(ctx, oneWriter); err != nil {
				return fmt.Errorf("wait for other writers: %w", err)
			}
		}
		return fn(tx)
	})
}

func (s *Store) transaction(ctx context.Context, fn func(tx *sql.Tx) error) error {
	var opts *sql.TxOptions
	if s.postgres { // whatever the server's default: each statement sees what was committed before it
		opts = &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	tx, err := s.db.BeginTx(ctx, opts)
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

// column reads rows of one text.
func column[T ~string](rows *sql.Rows) (list []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, fmt.Errorf("read rows: %w", err)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return list, nil
}

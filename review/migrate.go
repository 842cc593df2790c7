package review

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// queueVersion is the version from which cases are described for the queue.
const queueVersion = 3

// sightVersion is the version from which the signals of cases are noted.
const sightVersion = 7

// steps returns the migrations in the words of the store's database. Their files are
// numbered from 0001 without gaps, so that the n-th in name order leads to version n; they
// are never edited once released. dialect.go says in which SQL they are written.
func steps(postgres bool) ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	var list []string
	for _, name := range names {
		data, err := fs.ReadFile(migrations, name)
		if err != nil {
			return nil, fmt.Errorf("migrations: %w", err)
		}
		text := migrationForSQLite(string(data))
		if postgres {
			if text, err = migrationForPostgres(string(data)); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		list = append(list, text)
	}
	return list, nil
}

// migrate applies the migrations that the store lacks, all in one transaction: a crash
// leaves the old version, and of two processes one waits for the other. A store that lacks
// none is only looked at, so that a role which may make no tables can open it.
func (s *Store) migrate(ctx context.Context) error {
	steps, err := steps(s.postgres)
	if err != nil {
		return err
	}
	have, err := s.version(ctx, s.db)
	if err != nil || have == len(steps) {
		return err
	}
	return s.migrating(ctx, func(tx *sql.Tx) error {
		have, err := s.version(ctx, tx) // another may have been first
		if err != nil {
			return err
		}
		if have > len(steps) {
			return fmt.Errorf("the store is of version %d and this program knows up to %d: use a newer one", have, len(steps))
		}
		if have == 0 {
			const table = `CREATE TABLE migrations (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)`
			if _, err := tx.ExecContext(ctx, table); err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
		}
		for i, step := range steps[have:] {
			version := have + i + 1
			if _, err := tx.ExecContext(ctx, step); err != nil {
				return fmt.Errorf("migrate to version %d: %w", version, err)
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO migrations (version, applied_at) VALUES (?, ?)`,
				version, s.now().UnixMicro())
			if err != nil {
				return fmt.Errorf("migrate to version %d: %w", version, err)
			}
		}
		switch {
		case have < queueVersion:
			return s.describeAll(ctx, tx)
		case have < sightVersion:
			return s.sightAll(ctx, tx)
		default:
			return nil
		}
	})
}

// Version is that of the store, which Open brings to that of the program.
func (s *Store) Version(ctx context.Context) (int, error) { return s.version(ctx, s.read) }

// version returns how many migrations a store has had; 0 for a new one.
func (s *Store) version(ctx context.Context, q interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (have int, err error) {
	there := `SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'`
	if s.postgres {
		there = `SELECT count(*) > 0 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'`
	}
	var known bool
	err = q.QueryRowContext(ctx, there).Scan(&known)
	if err == nil && known {
		err = q.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM migrations`).Scan(&have)
	}
	if err != nil {
		return 0, fmt.Errorf("version of the store: %w", err)
	}
	return have, nil
}

// migrating runs fn in one transaction while no other process does the same to the store.
func (s *Store) migrating(ctx context.Context, fn func(tx *sql.Tx) error) error {
	if !s.postgres {
		return s.write(ctx, fn)
	}
	return s.transaction(ctx, func(tx *sql.Tx) error { // the table of the writers' lock may not be there yet
		_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtext('vigil review ' || current_schema()))`)
		if err != nil {
			return fmt.Errorf("migrate: wait for another process: %w", err)
		}
		return fn(tx)
	})
}

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

// migrate applies the migrations that the store lacks, all in one transaction:
// a crash leaves the old version, and of two processes one waits for the other.
// Migration files are numbered from 0001 without gaps, so that the n-th in name
// order is version n; they are never edited once released.
func (s *Store) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		const table = `CREATE TABLE IF NOT EXISTS migrations (
			version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT`
		if _, err := tx.ExecContext(ctx, table); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		var have int
		err := tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM migrations`).Scan(&have)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if have > len(names) {
			return fmt.Errorf("the store is of version %d and this program knows up to %d: use a newer one", have, len(names))
		}
		for i, name := range names[have:] {
			version := have + i + 1
			text, err := fs.ReadFile(migrations, name)
			if err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("migrate to version %d: %w", version, err)
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO migrations (version, applied_at) VALUES (?, ?)`,
				version, s.now().UnixMicro())
			if err != nil {
				return fmt.Errorf("migrate to version %d: %w", version, err)
			}
		}
		if have < queueVersion {
			return s.describeAll(ctx, tx)
		}
		return nil
	})
}

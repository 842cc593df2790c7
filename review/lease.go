package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// LeaseOutbox is the lease of who carries the outbox and the orders onwards.
const LeaseOutbox = "outbox"

// Lease reports whether, of several processes on one store, the holder is the one that does
// what name says, and lets it be that for a span from now on. One that is killed leaves it to
// the others when its span is over; one that stands still for longer may come back and find
// another at it, so what is done under a lease must bear being done twice.
func (s *Store) Lease(ctx context.Context, name, holder string, span time.Duration) (has bool, err error) {
	now := s.now()
	var who string
	var until int64
	err = s.read.QueryRowContext(ctx, `SELECT holder, until_at FROM leases WHERE name = ?`, name).Scan(&who, &until)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return false, fmt.Errorf("lease %s: %w", name, err)
	case who == holder && fromMicros(until).After(now.Add(span/2)):
		return true, nil // for long enough; a write each time would cost the others theirs
	case who != holder && fromMicros(until).After(now):
		return false, nil
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `
			INSERT INTO leases (name, holder, until_at) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at
			WHERE leases.holder = excluded.holder OR leases.until_at <= ?`,
			name, holder, now.Add(span).UnixMicro(), now.UnixMicro())
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		has = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("lease %s: %w", name, err)
	}
	return has, nil
}

// EndLease gives a lease up, if the holder has it.
func (s *Store) EndLease(ctx context.Context, name, holder string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM leases WHERE name = ? AND holder = ?`, name, holder)
		return err
	})
	if err != nil {
		return fmt.Errorf("end lease %s: %w", name, err)
	}
	return nil
}

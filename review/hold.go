package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// A LegalHold keeps what there is of a case, whatever its time, until it is lifted.
type LegalHold struct {
	CaseID   string
	Reason   string
	SetBy    string
	SetAt    time.Time
	LiftedBy string // or empty
	LiftedAt time.Time
	Why      string // it was lifted

	sequence int
}

func checkReason(text string) error {
	if strings.TrimSpace(text) == "" {
		return InputError{errors.New("it needs a reason, in words")}
	}
	return checkWords("reason", text)
}

// Hold puts a case under a legal hold: nothing of it is erased until it is lifted.
func (s *Store) Hold(ctx context.Context, id string, by Person, reason string) error {
	if err := checkReason(reason); err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	return s.act(ctx, id, by, Hold, func(tx *sql.Tx, f facts) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) + 1 FROM legal_holds WHERE case_id = ?`, id).Scan(&n); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO legal_holds (case_id, sequence, reason, set_by, set_at) VALUES (?, ?, ?, ?, ?)`,
			id, n, reason, by.ID, f.now.UnixMicro())
		if err != nil {
			return err
		}
		return enqueueHold(ctx, tx, audit.KindHold, id, n, reason, by, f.now)
	})
}

// LiftHold lifts a legal hold, with a reason.
func (s *Store) LiftHold(ctx context.Context, id string, by Person, why string) error {
	if err := checkReason(why); err != nil {
		return fmt.Errorf("lift hold: %w", err)
	}
	return s.act(ctx, id, by, LiftHold, func(tx *sql.Tx, f facts) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT max(sequence) FROM legal_holds WHERE case_id = ?`, id).Scan(&n); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE legal_holds SET lifted_by = ?, lifted_at = ?, why = ? WHERE case_id = ? AND sequence = ?`,
			by.ID, f.now.UnixMicro(), why, id, n)
		if err != nil {
			return err
		}
		return enqueueHold(ctx, tx, audit.KindRelease, id, n, why, by, f.now)
	})
}

func enqueueHold(ctx context.Context, tx *sql.Tx, kind, id string, n int, reason string, by Person, at time.Time) error {
	return enqueueEntry(ctx, tx, audit.Entry{
		Kind: kind, ID: signal.ID(kind, id, fmt.Sprint(n)), Digest: digest([]byte(reason)), At: at, Refs: []string{id, "reviewer/" + by.ID},
	})
}

// Holds returns the legal holds of a case, or of all cases where id is empty, the oldest
// first; lifted ones as well.
func (s *Store) Holds(ctx context.Context, who Person, id string) (list []LegalHold, err error) {
	if !who.May(Supervise) {
		return nil, fmt.Errorf("legal holds: %w %s", ErrDenied, Supervise)
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT case_id, sequence, reason, set_by, set_at, lifted_by, coalesce(lifted_at, 0), why FROM legal_holds
		WHERE ? = '' OR case_id = ? ORDER BY set_at, case_id, sequence LIMIT ?`, id, id, MaxLimit)
	if err != nil {
		return nil, fmt.Errorf("legal holds: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var h LegalHold
		var set, lifted int64
		if err := rows.Scan(&h.CaseID, &h.sequence, &h.Reason, &h.SetBy, &set, &h.LiftedBy, &lifted, &h.Why); err != nil {
			return nil, fmt.Errorf("legal holds: %w", err)
		}
		if h.SetAt = fromMicros(set); h.LiftedBy != "" {
			h.LiftedAt = fromMicros(lifted)
		}
		list = append(list, h)
	}
	return list, rows.Err()
}

package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/vigil-stream/vigil/audit"
)

// Unseen returns the decisions that one person made in danger and that no supervisor has
// looked at yet, the oldest first.
func (s *Store) Unseen(ctx context.Context, who Person) ([]Decision, error) {
	if !who.May(Supervise) {
		return nil, fmt.Errorf("%w %s", ErrDenied, Supervise)
	}
	return loadDecisions(ctx, s.db, `WHERE p.danger <> '' AND p.overseen_by = '' ORDER BY d.at, d.id LIMIT ?`, DefaultLimit)
}

// Oversee keeps what a supervisor thinks of a decision that another made alone in danger:
// whether it was right, and a remark. What has left has left; where it was wrong, the
// centre has to be told by other means.
func (s *Store) Oversee(ctx context.Context, decision string, by Person, upheld bool, remark string) error {
	if err := errors.Join(by.check(), checkWords("remark", remark)); err != nil {
		return err
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		f := facts{who: by, now: s.now(), policy: s.policy}
		var reviewer, caseID string
		err := tx.QueryRowContext(ctx, `
			SELECT d.reviewer, d.case_id, p.danger <> '' AND p.overseen_by = ''
			FROM decisions d JOIN procedures p ON p.decision_id = d.id WHERE d.id = ?`, decision).Scan(&reviewer, &caseID, &f.oversee)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		f.deciders = []string{reviewer}
		if err := allow(Oversee, f); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE procedures SET overseen_by = ?, overseen_at = ?, upheld = ?, remark = ? WHERE decision_id = ?`,
			by.ID, f.now.UnixMicro(), boolInt(upheld), remark, decision)
		if err != nil {
			return err
		}
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindOversight, ID: "oversight/" + decision, Digest: digest([]byte(decision + " upheld " + strconv.FormatBool(upheld))), At: f.now,
			Refs: []string{decision, caseID, "reviewer/" + by.ID},
		})
	})
	if err != nil {
		return fmt.Errorf("oversee decision %s: %w", decision, err)
	}
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

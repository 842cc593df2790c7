package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/audit"
)

// Undo takes back what a person said last of a case, as long as nothing of it has left:
// the case stands as it did before, save that a newer record may have come since. It
// returns ErrTooLate where there is nothing of theirs to take back any more.
func (s *Store) Undo(ctx context.Context, id string, who Person) error {
	return s.act(ctx, id, who, Undo, func(tx *sql.Tx, f facts) error {
		words, err := loadOpinions(ctx, tx, `WHERE case_id = ? AND ended = '' ORDER BY sequence DESC LIMIT 1`, id)
		if err != nil {
			return err
		}
		word := words[0] // there is one: the rules say that it is theirs
		_, err = tx.ExecContext(ctx, `UPDATE opinions SET ended = 'undone', ended_at = ? WHERE id = ?`, f.now.UnixMicro(), word.ID)
		if err != nil {
			return fmt.Errorf("end opinion: %w", err)
		}
		undone := word.ID
		if word.Decision != "" {
			undone = word.Decision
			if err := s.undoDecision(ctx, tx, word, f); err != nil {
				return err
			}
		}
		state, err := s.standsAt(ctx, tx, id, f)
		if err != nil {
			return err
		}
		if err := s.settle(ctx, tx, id, state); err != nil {
			return err
		}
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindUndo, ID: "undo/" + undone, Digest: word.Digest, At: f.now, Refs: []string{undone, id, "reviewer/" + who.ID},
		})
	})
}

// undoDecision makes a decision count no longer and takes its alert out of the outbox.
// The words that others gave to it wait for another's again, unless what they were said
// of has changed.
func (s *Store) undoDecision(ctx context.Context, tx *sql.Tx, word Opinion, f facts) error {
	var confirmed bool
	if err := tx.QueryRowContext(ctx, `SELECT verdict = 'confirm' FROM decisions WHERE id = ?`, word.Decision).Scan(&confirmed); err != nil {
		return fmt.Errorf("undo decision: %w", err)
	}
	if confirmed {
		res, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE decision_id = ? AND done_at IS NULL`, word.Decision)
		if err != nil {
			return fmt.Errorf("take back alert: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(ErrTooLate, err)
		}
	}
	if err := s.unask(ctx, tx, word.Decision); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE procedures SET undone_at = ? WHERE decision_id = ?`, f.now.UnixMicro(), word.Decision)
	if err == nil {
		_, err = tx.ExecContext(ctx, `UPDATE opinions SET decision_id = NULL WHERE decision_id = ? AND ended = ''`, word.Decision)
	}
	if err != nil {
		return fmt.Errorf("undo decision: %w", err)
	}
	if word.Digest != f.current {
		return s.void(ctx, tx, word.CaseID)
	}
	return nil
}

// standsAt finds the state of a case without the decision that was undone, and moves it.
func (s *Store) standsAt(ctx context.Context, tx *sql.Tx, id string, f facts) (State, error) {
	c, err := loadRecord(ctx, tx, f.current)
	if err != nil {
		return "", err
	}
	last, decided, err := lastDecision(ctx, tx, id)
	if err != nil {
		return "", err
	}
	state := StateOpen
	switch {
	case c.State == StateWithdrawn && decided:
		state = last.Verdict.state()
	case c.State == StateWithdrawn:
		state = StateWithdrawn
	case decided:
		state = StateReopened
	case c.State == StateHelp:
		state = StateHelp
	}
	if _, err := tx.ExecContext(ctx, `UPDATE cases SET state = ? WHERE id = ?`, string(state), id); err != nil {
		return "", fmt.Errorf("move case: %w", err)
	}
	return state, nil
}

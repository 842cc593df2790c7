package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// Receive takes a case that correlate published. A record of a revision that is
// not higher than the store's changes nothing, so that a record may come twice
// and late. A record that does not fit is a Rejection; any other error is a
// fault of the store, and the record may be given again.
func (s *Store) Receive(ctx context.Context, raw []byte) (changed bool, err error) {
	c, err := DecodeCase(raw)
	if err != nil {
		return false, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		was, err := loadStanding(ctx, tx, c.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if changed = c.Revision > was.revision; !changed {
			return nil
		}
		last, decided, err := lastDecision(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		e := update
		switch {
		case c.State == StateWithdrawn:
			e = withdraw
		case decided && (last.Erased || material(last.Case, c)):
			e = grow
		case c.State == StateHelp && !decided:
			e = help
		}
		state, err := next(was.state, e, last.Verdict)
		if err != nil {
			return err
		}
		if err := s.save(ctx, tx, c, raw, was.digest, state); err != nil {
			return err
		}
		return s.actAtOnce(ctx, tx, c, state)
	})
	if err != nil {
		return false, fmt.Errorf("receive case %s: %w", c.ID, err)
	}
	return changed, nil
}

// save stores a newer record of a case and its audit row, and lets go of the
// record before it unless a person saw it.
func (s *Store) save(ctx context.Context, tx *sql.Tx, c Case, raw []byte, before string, state State) error {
	now := s.now()
	_, err := tx.ExecContext(ctx, `INSERT INTO records (digest, case_id, revision, record) VALUES (?, ?, ?, ?)`,
		c.Digest, c.ID, c.Revision, raw)
	if err != nil {
		return fmt.Errorf("save record: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO cases (id, subject, digest, revision, state, score, probability, first_at, last_at, received_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, digest = excluded.digest, revision = excluded.revision,
			state = excluded.state, score = excluded.score, probability = excluded.probability,
			first_at = excluded.first_at, last_at = excluded.last_at, received_at = excluded.received_at`,
		c.ID, string(c.Subject), c.Digest, c.Revision, string(state), c.Score, c.Probability,
		c.First.UnixMicro(), c.Last.UnixMicro(), now.UnixMicro())
	if err != nil {
		return fmt.Errorf("save case: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM records WHERE digest = ?
			AND NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.digest = records.digest)
			AND NOT EXISTS (SELECT 1 FROM opinions WHERE opinions.digest = records.digest)
			AND NOT EXISTS (SELECT 1 FROM views WHERE views.digest = records.digest)`, before)
	if err != nil {
		return fmt.Errorf("drop the record before: %w", err)
	}
	// What somebody said of the record before is no longer said of what there is.
	if err := s.void(ctx, tx, c.ID); err != nil {
		return err
	}
	if err := s.describe(ctx, tx, c); err != nil {
		return err
	}
	if err := s.settle(ctx, tx, c.ID, state); err != nil {
		return err
	}
	return enqueueEntry(ctx, tx, audit.Entry{
		Kind: audit.KindCase, ID: signal.ID("case-record", c.ID, fmt.Sprint(c.Revision)), Digest: c.Digest,
		At: now, Refs: []string{c.ID},
	})
}

// standing is what the store has of a case beside its record.
type standing struct {
	digest   string
	revision uint64
	state    State
}

// loadStanding returns where a case stands, or ErrNotFound.
func loadStanding(ctx context.Context, tx *sql.Tx, id string) (standing, error) {
	var st standing
	err := tx.QueryRowContext(ctx, `SELECT digest, revision, state FROM cases WHERE id = ?`, id).
		Scan(&st.digest, &st.revision, &st.state)
	if errors.Is(err, sql.ErrNoRows) {
		return standing{}, fmt.Errorf("case: %w", ErrNotFound)
	}
	if err != nil {
		return standing{}, fmt.Errorf("load case: %w", err)
	}
	return st, nil
}

package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// loadFacts reads how a case stands, for a person. It returns ErrNotFound for a case that
// is not there.
func (s *Store) loadFacts(ctx context.Context, tx *sql.Tx, id string, who Person) (facts, error) {
	f := facts{who: who, now: s.now(), policy: s.policy}
	var until int64
	err := tx.QueryRowContext(ctx, `
		SELECT c.digest, c.state, q.claimed_by, q.claimed_until,
			(SELECT count(*) FROM recusals r WHERE r.case_id = c.id AND r.person = ?) > 0,
			(SELECT count(*) FROM legal_holds h WHERE h.case_id = c.id AND h.lifted_by = '') > 0,
			(SELECT count(*) FROM probes p WHERE p.case_id = c.id) > 0,
			(SELECT count(*) FROM records r WHERE r.digest = c.digest AND length(r.record) = 0) > 0
		FROM cases c JOIN queue q ON q.case_id = c.id WHERE c.id = ?`, who.ID, id).
		Scan(&f.current, &f.state, &f.holder, &until, &f.recused, &f.held, &f.probe, &f.erased)
	if errors.Is(err, sql.ErrNoRows) {
		return f, fmt.Errorf("case: %w", ErrNotFound)
	}
	if err != nil {
		return f, fmt.Errorf("load case: %w", err)
	}
	if f.now.UnixMicro() >= until {
		f.holder = ""
	}
	if f.exposure, err = loadExposure(ctx, tx, who.ID, f.now); err != nil {
		return f, err
	}
	words, err := loadOpinions(ctx, tx, `WHERE case_id = ? AND ended = '' ORDER BY sequence`, id)
	if err != nil {
		return f, err
	}
	for _, w := range words {
		if w.Decision == "" { // it waits for another's
			if f.step++; f.first == "" {
				f.first, f.firstSaid = w.Digest, w.Verdict
			}
			f.spoke = f.spoke || w.Person == who.ID
		}
		f.lastBy, f.lastAt = w.Person, w.At
	}
	if len(words) == 0 || words[len(words)-1].Decision == "" {
		return f, nil
	}
	f.gone, err = s.gone(ctx, tx, words[len(words)-1].Decision)
	return f, err
}

// gone reports whether what a decision ordered has left, or was to leave at once.
func (s *Store) gone(ctx context.Context, tx *sql.Tx, decision string) (bool, error) {
	var gone bool
	err := tx.QueryRowContext(ctx, `
		SELECT count(*) > 0 FROM procedures p LEFT JOIN holds h ON h.decision_id = p.decision_id
		WHERE p.decision_id = ? AND (p.danger <> '' OR h.handed_at IS NOT NULL)`, decision).Scan(&gone)
	if err != nil {
		return false, fmt.Errorf("load what left: %w", err)
	}
	return gone, nil
}

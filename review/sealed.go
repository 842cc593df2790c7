package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Owners returns the cases, oldest id first, that have or had one of some signals, and
// which of the signals are in none.
func (s *Store) Owners(ctx context.Context, signals []string) (cases, unowned []string, err error) {
	if len(signals) == 0 {
		return nil, nil, nil
	}
	args := make([]any, len(signals))
	for i, id := range signals {
		args[i] = id
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT signal, case_id FROM sightings WHERE signal IN (?`+strings.Repeat(", ?", len(args)-1)+`) ORDER BY case_id`, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("owners of a window: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	owned, seen := map[string]bool{}, map[string]bool{}
	for rows.Next() {
		var one, id string
		if err := rows.Scan(&one, &id); err != nil {
			return nil, nil, fmt.Errorf("owners of a window: %w", err)
		}
		if owned[one] = true; !seen[id] {
			seen[id] = true
			cases = append(cases, id)
		}
	}
	for _, id := range signals {
		if !owned[id] {
			unowned = append(unowned, id)
		}
	}
	return cases, unowned, rows.Err()
}

// CaseKey returns the generation of the key under which a case's windows are to lie now,
// and its fingerprint; the generation of a key that is yet to be made has none.
func (s *Store) CaseKey(ctx context.Context, caseID string) (generation int, fingerprint string, err error) {
	err = s.read.QueryRowContext(ctx, `
		SELECT generation, fingerprint FROM case_keys k WHERE case_id = ? AND NOT EXISTS (
			SELECT 1 FROM erasures e WHERE e.case_id = k.case_id AND e.generation = k.generation)
		ORDER BY generation DESC LIMIT 1`, caseID).Scan(&generation, &fingerprint)
	if errors.Is(err, sql.ErrNoRows) {
		err = s.read.QueryRowContext(ctx, `SELECT coalesce(max(generation), 0) + 1 FROM case_keys WHERE case_id = ?`, caseID).Scan(&generation)
	}
	if err != nil {
		return 0, "", fmt.Errorf("key of case %s: %w", caseID, err)
	}
	return generation, fingerprint, nil
}

// SaveCaseKey notes a key that was made; to note it again changes nothing.
func (s *Store) SaveCaseKey(ctx context.Context, caseID string, generation int, fingerprint string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO case_keys (case_id, generation, fingerprint, made_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (case_id, generation) DO NOTHING`,
			caseID, generation, fingerprint, s.now().UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("key of case %s: %w", caseID, err)
	}
	return nil
}

// SaveSealed notes that a window lies under a case's key, and reports false where another
// process did so first. ErrErased says that the key is being destroyed.
func (s *Store) SaveSealed(ctx context.Context, caseID string, generation int, w SealedWindow) (first bool, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		var gone int
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM erasures WHERE case_id = ? AND generation = ?`, caseID, generation).Scan(&gone)
		if err != nil {
			return err
		}
		if gone > 0 {
			return ErrErased
		}
		res, err := tx.ExecContext(ctx, `
			INSERT INTO sealed_windows (case_id, generation, name, sha256, size, sealed_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (case_id, generation, name) DO NOTHING`,
			caseID, generation, w.Name, w.SHA256, w.Size, s.now().UnixMicro())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		first = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("sealed window of case %s: %w", caseID, err)
	}
	return first, nil
}

func sealedOf(ctx context.Context, q querier, caseID string, generation int) (list []SealedWindow, err error) {
	rows, err := q.QueryContext(ctx, `SELECT name, sha256, size FROM sealed_windows WHERE case_id = ? AND generation = ? ORDER BY name`, caseID, generation)
	if err != nil {
		return nil, fmt.Errorf("sealed windows: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var w SealedWindow
		if err := rows.Scan(&w.Name, &w.SHA256, &w.Size); err != nil {
			return nil, fmt.Errorf("sealed windows: %w", err)
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

// A Keeper is a case under whose key a window lies or lay.
type Keeper struct {
	CaseID     string
	Generation int
	SHA256     string // of the ciphertext
	Gone       bool   // the key is destroyed, or being destroyed
}

// Keepers returns the cases that keep a window, and those that kept it.
func (s *Store) Keepers(ctx context.Context, name string) (list []Keeper, err error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT w.case_id, w.generation, w.sha256, EXISTS (
			SELECT 1 FROM erasures e WHERE e.case_id = w.case_id AND e.generation = w.generation)
		FROM sealed_windows w WHERE w.name = ? ORDER BY w.case_id, w.generation`, name)
	if err != nil {
		return nil, fmt.Errorf("keepers of a window: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var k Keeper
		if err := rows.Scan(&k.CaseID, &k.Generation, &k.SHA256, &k.Gone); err != nil {
			return nil, fmt.Errorf("keepers of a window: %w", err)
		}
		list = append(list, k)
	}
	return list, rows.Err()
}

// A KeptWindow is a window that a case keeps.
type KeptWindow struct {
	Keeper
	Name string
}

// Kept returns the windows that a case keeps; of one that came back blind, those of the
// case itself.
func (s *Store) Kept(ctx context.Context, caseID string) (list []KeptWindow, err error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT w.case_id, w.generation, w.name, w.sha256 FROM sealed_windows w
		WHERE w.case_id = coalesce((
				SELECT d.case_id FROM probes p JOIN decisions d ON d.id = p.decision WHERE p.case_id = ? AND p.kind = 'again'), ?)
			AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.case_id = w.case_id AND e.generation = w.generation)
		ORDER BY w.name, w.generation`, caseID, caseID)
	if err != nil {
		return nil, fmt.Errorf("windows of case %s: %w", caseID, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var w KeptWindow
		if err := rows.Scan(&w.CaseID, &w.Generation, &w.Name, &w.SHA256); err != nil {
			return nil, fmt.Errorf("windows of case %s: %w", caseID, err)
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

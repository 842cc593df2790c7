package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// decidedPage is how many decisions are read at a time.
const decidedPage = 200

// Decided calls fn with the last decision on each case, in the order of the cases' ids,
// until fn returns an error, which it passes on. It is for a machine that learns of them
// all; a person looks at a case with Show, which leaves a trace.
func (s *Store) Decided(ctx context.Context, fn func(Decision) error) error {
	after := ""
	for {
		page, err := loadDecisions(ctx, s.db, `
			WHERE p.undone_at IS NULL AND d.case_id > ? AND d.sequence = (
				SELECT max(other.sequence) FROM decisions AS other LEFT JOIN procedures AS how ON how.decision_id = other.id
				WHERE other.case_id = d.case_id AND how.undone_at IS NULL)
			ORDER BY d.case_id LIMIT ?`, after, decidedPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, d := range page {
			if after = d.CaseID; d.Erased {
				continue // nothing can be learned from it any more
			}
			if err := fn(d); err != nil {
				return err
			}
		}
	}
}

// selectDecisions reads decisions and the records they decided; loadDecisions
// takes what follows it.
const selectDecisions = `
	SELECT d.id, d.case_id, d.sequence, d.digest, d.verdict, d.reason, d.note, d.reviewer, d.stand_in, d.at, r.record,
		coalesce(p.second, ''), coalesce(p.persons, 0), coalesce(p.danger, ''), coalesce(x.salt, '')
	FROM decisions d JOIN records r ON r.digest = d.digest LEFT JOIN procedures p ON p.decision_id = d.id
		LEFT JOIN decision_salts x ON x.decision_id = d.id `

// A querier is a *sql.DB or a *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func loadDecisions(ctx context.Context, q querier, where string, args ...any) (ds []Decision, err error) {
	rows, err := q.QueryContext(ctx, selectDecisions+where, args...)
	if err != nil {
		return nil, fmt.Errorf("load decisions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Decision
		var at int64
		var record []byte
		err := rows.Scan(&d.ID, &d.CaseID, &d.Sequence, &d.CaseDigest, &d.Verdict, &d.Reason, &d.Note, &d.Reviewer, &d.StandIn, &at, &record,
			&d.Second, &d.Persons, &d.Danger, &d.Salt)
		if err != nil {
			return nil, fmt.Errorf("load decisions: %w", err)
		}
		d.At = fromMicros(at)
		d.Case, err = readRecord(record, d.CaseDigest)
		if d.Erased = errors.Is(err, ErrErased); err != nil && !d.Erased {
			return nil, fmt.Errorf("load decision %s: %w", d.ID, err)
		}
		ds = append(ds, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load decisions: %w", err)
	}
	return ds, nil
}

// lastDecision returns the newest decision on a case that stands, if there is one.
func lastDecision(ctx context.Context, q querier, caseID string) (Decision, bool, error) {
	ds, err := loadDecisions(ctx, q, `WHERE d.case_id = ? AND p.undone_at IS NULL ORDER BY d.sequence DESC LIMIT 1`, caseID)
	if err != nil || len(ds) == 0 {
		return Decision{}, false, err
	}
	return ds[0], true, nil
}

// Decision returns a decision, or ErrNotFound. It is for a machine.
func (s *Store) Decision(ctx context.Context, id string) (Decision, error) {
	ds, err := loadDecisions(ctx, s.db, `WHERE d.id = ?`, id)
	if err == nil && len(ds) == 0 {
		err = fmt.Errorf("decision %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Decision{}, err
	}
	return ds[0], nil
}

// LastDecision returns the decision on a case that stands, if there is one. Like Decided, it
// is for a machine.
func (s *Store) LastDecision(ctx context.Context, id string) (Decision, bool, error) {
	return lastDecision(ctx, s.db, id)
}

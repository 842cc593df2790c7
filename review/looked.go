package review

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Looked is what a supervisor thought, after, of a decision that one person made in
// danger, or whose alert a centre called wrong.
type Looked struct {
	CaseID   string
	Reviewer string // who made the decision
	Centre   string // which called it wrong, or empty
	By       string
	At       time.Time
	Upheld   bool
	Remark   string // emptied when the case is erased
}

// Looked returns what supervisors thought since a time, the newest first.
func (s *Store) Looked(ctx context.Context, who Person, since time.Time) (list []Looked, err error) {
	if !who.May(Supervise) {
		return nil, fmt.Errorf("looked at: %w %s", ErrDenied, Supervise)
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT d.case_id, d.reviewer, '' AS centre, p.overseen_by AS person, p.overseen_at AS looked, p.upheld, p.remark
		FROM procedures p JOIN decisions d ON d.id = p.decision_id WHERE p.danger <> '' AND p.overseen_by <> '' AND p.overseen_at >= ?
		UNION ALL
		SELECT o.case_id, d.reviewer, o.centre, k.person, k.at, k.upheld, k.remark
		FROM outcome_looks k JOIN outcomes o ON o.id = k.outcome_id JOIN decisions d ON d.id = o.decision_id WHERE k.at >= ?
		ORDER BY looked DESC, case_id LIMIT ?`, since.UnixMicro(), since.UnixMicro(), DefaultLimit)
	if err != nil {
		return nil, fmt.Errorf("looked at: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var l Looked
		var at int64
		if err := rows.Scan(&l.CaseID, &l.Reviewer, &l.Centre, &l.By, &at, &l.Upheld, &l.Remark); err != nil {
			return nil, fmt.Errorf("looked at: %w", err)
		}
		l.At = fromMicros(at)
		list = append(list, l)
	}
	return list, rows.Err()
}

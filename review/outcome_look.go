package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/audit"
)

// A Contested is a decision that stands, whose alert a centre calls wrong, and that no
// supervisor has looked at since.
type Contested struct {
	Outcome  string // id
	CaseID   string
	Centre   string
	At       time.Time // when the centre said so
	Reason   string    // of the decision
	Reviewer string
}

// contested are the words that hold, say that an alert was wrong, and were not weighed.
const contested = `
	FROM outcomes o JOIN decisions d ON d.id = o.decision_id
	WHERE o.result = 'wrong'
		AND NOT EXISTS (SELECT 1 FROM outcomes later WHERE later.decision_id = o.decision_id AND later.alert = o.alert AND later.sequence > o.sequence)
		AND NOT EXISTS (SELECT 1 FROM outcome_looks k WHERE k.outcome_id = o.id)
		AND NOT EXISTS (SELECT 1 FROM replacements r WHERE r.decision_id = o.decision_id)`

// Contested returns them, the oldest first.
func (s *Store) Contested(ctx context.Context, who Person) (list []Contested, err error) {
	if !who.May(Supervise) {
		return nil, fmt.Errorf("%w %s", ErrDenied, Supervise)
	}
	rows, err := s.read.QueryContext(ctx, `SELECT o.id, o.case_id, o.centre, o.at, d.reason, d.reviewer`+contested+` ORDER BY o.at, o.id LIMIT ?`, DefaultLimit)
	if err != nil {
		return nil, fmt.Errorf("contested: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c Contested
		var at int64
		if err := rows.Scan(&c.Outcome, &c.CaseID, &c.Centre, &at, &c.Reason, &c.Reviewer); err != nil {
			return nil, fmt.Errorf("contested: %w", err)
		}
		c.At = fromMicros(at)
		list = append(list, c)
	}
	return list, rows.Err()
}

// Weigh keeps what a supervisor who had no word in the decision thinks of a centre's word that
// its alert was wrong: whether the decision was right all the same, and a remark. It takes
// nothing back by itself: that is for an appeal's answer, or a new decision.
func (s *Store) Weigh(ctx context.Context, outcome string, by Person, upheld bool, remark string) error {
	if err := errors.Join(by.check(), checkWords("remark", remark)); err != nil {
		return err
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		f := facts{who: by, now: s.now(), policy: s.policy}
		var decision, caseID string
		err := tx.QueryRowContext(ctx, `SELECT o.decision_id, o.case_id, o.id IN (SELECT o.id `+contested+`) FROM outcomes o WHERE o.id = ?`, outcome).
			Scan(&decision, &caseID, &f.oversee)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		ds, err := loadDecisions(ctx, tx, `WHERE d.id = ?`, decision)
		if err != nil {
			return err
		}
		f.deciders = ds[0].People()
		if err := allow(Weigh, f); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO outcome_looks (outcome_id, person, at, upheld, remark) VALUES (?, ?, ?, ?, ?)`,
			outcome, by.ID, f.now.UnixMicro(), boolInt(upheld), remark)
		if err != nil {
			return err
		}
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindOversight, ID: "oversight/" + outcome, Digest: digest([]byte(outcome + " upheld " + strconv.FormatBool(upheld))), At: f.now,
			Refs: []string{outcome, decision, caseID, "reviewer/" + by.ID},
		})
	})
	if err != nil {
		return fmt.Errorf("weigh outcome %s: %w", outcome, err)
	}
	return nil
}

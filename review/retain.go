package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Year is how long what was reported is preserved at least, counted from the report (18
// U.S.C. 2258A(h) as the REPORT Act of 2024 has it).
const Year = 365 * 24 * time.Hour

// A Retention is how long things are kept.
type Retention struct {
	// Reported is how long all of a reported case is kept, from its last report; at least
	// a Year. Law, where set, says how long the law under which a decision was reported
	// wants; where it is longer, it counts.
	Reported time.Duration
	Law      func(Decision) time.Duration
	// Dismissed is how long the windows of a dismissed or withdrawn case are kept, and
	// Records how long what the store says of it.
	Dismissed, Records time.Duration
}

// DefaultRetention are a year for reports, 30 days for windows of what was dismissed, and a
// year for its records: as long as its decision may be asked about. [A] the last two assumed.
func DefaultRetention() Retention {
	return Retention{Reported: Year, Dismissed: 30 * 24 * time.Hour, Records: Year}
}

// Validate returns all that is wrong with a retention.
func (r Retention) Validate() error {
	var errs []error
	if r.Reported < Year {
		errs = append(errs, fmt.Errorf("reported: %d days are less than the year for which a report must be preserved", int(r.Reported.Hours()/24)))
	}
	if r.Dismissed < 24*time.Hour {
		errs = append(errs, errors.New("dismissed: less than a day"))
	}
	if r.Records < r.Dismissed {
		errs = append(errs, errors.New("records: less than dismissed, and windows would outlast what tells why they are kept"))
	}
	return errors.Join(errs...)
}

// A Term is until when something of a case is kept, and why.
type Term struct {
	CaseID     string
	Generation int // of the windows' key; 0 for what the store says of the case
	Until      time.Time
	Why        string // "reported", "dismissed" or "withdrawn", with the time it counts from
	Held       bool   // a legal hold keeps it, whatever the term
}

// Terms returns until when the windows of closed cases are kept, of one or, where id is
// empty, of all; and those records whose time is over. What still waits for a person, or
// has an alert that has not left or was not filed, an order that has not left or an appeal without an answer, has no term
// yet.
func (s *Store) Terms(ctx context.Context, r Retention, id string) ([]Term, error) {
	var terms []Term
	now := s.now()
	old := now.Add(-min(r.Records, r.Reported)).UnixMicro() // nothing younger can be over
	if id != "" {
		old = now.UnixMicro()
	}
	keys, err := s.termsOf(ctx, r, `
		SELECT k.case_id, k.generation FROM case_keys k
		WHERE (? = '' OR k.case_id = ?) AND NOT EXISTS (
			SELECT 1 FROM erasures e WHERE e.case_id = k.case_id AND e.generation = k.generation)
		ORDER BY k.case_id, k.generation`, id, id)
	if err != nil {
		return nil, err
	}
	terms = append(terms, keys...)
	records, err := s.termsOf(ctx, r, `
		SELECT c.id, 0 FROM cases c JOIN records r ON r.digest = c.digest
		WHERE (? = '' OR c.id = ?) AND c.state IN ('confirmed', 'dismissed', 'withdrawn') AND length(r.record) > 0
			AND c.received_at <= ?
		ORDER BY c.received_at`, id, id, old)
	if err != nil {
		return nil, err
	}
	for _, t := range records {
		if id != "" || !t.Until.After(now) {
			terms = append(terms, t)
		}
	}
	return terms, nil
}

func (s *Store) termsOf(ctx context.Context, r Retention, query string, args ...any) (terms []Term, err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("terms: %w", err)
	}
	var all []Term
	for rows.Next() {
		var t Term
		if err := rows.Scan(&t.CaseID, &t.Generation); err != nil {
			return nil, errors.Join(fmt.Errorf("terms: %w", err), rows.Close())
		}
		all = append(all, t)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("terms: %w", err)
	}
	for _, t := range all {
		ended, err := s.term(ctx, s.read, r, &t)
		if err != nil {
			return nil, err
		}
		if ended {
			terms = append(terms, t)
		}
	}
	return terms, nil
}

// A rower is a *sql.DB or a *sql.Tx.
type rower interface {
	querier
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// term finds the term of a case; false means that it has none yet.
func (s *Store) term(ctx context.Context, q rower, r Retention, t *Term) (bool, error) {
	var state State
	var received, reported, filed, waiting int64
	err := q.QueryRowContext(ctx, `
		SELECT c.state, c.received_at,
			(SELECT count(*) FROM legal_holds h WHERE h.case_id = c.id AND h.lifted_by = '') > 0,
			coalesce((SELECT max(o.done_at) FROM outbox o JOIN decisions d ON d.id = o.decision_id WHERE d.case_id = c.id AND o.kind = 'alert'), 0),
			coalesce((SELECT max(f.next_at) FROM filings f WHERE f.case_id = c.id), 0), -- of what is filed, a moment after
			(SELECT count(*) FROM outbox o JOIN decisions d ON d.id = o.decision_id WHERE d.case_id = c.id AND o.kind = 'alert' AND o.done_at IS NULL)
				+ (SELECT count(*) FROM filings f WHERE f.case_id = c.id AND f.state NOT IN ('filed', 'withdrawn'))
				+ (SELECT count(*) FROM queued q WHERE q.case_id = c.id AND q.state NOT IN ('filed', 'withdrawn'))
				+ (SELECT count(*) FROM orders r WHERE r.case_id = c.id AND r.done_at IS NULL)
				+ (SELECT count(*) FROM appeals a WHERE a.case_id = c.id AND a.outcome = '')
		FROM cases c WHERE c.id = ?`, t.CaseID).Scan(&state, &received, &t.Held, &reported, &filed, &waiting)
	if err != nil {
		return false, fmt.Errorf("term of case %s: %w", t.CaseID, err)
	}
	if state.waits() || waiting > 0 {
		return false, nil
	}
	short := r.Dismissed
	if t.Generation == 0 {
		short = r.Records
	}
	t.Until, t.Why = fromMicros(received).Add(short), "withdrawn "+day(received)
	last, decided, err := lastDecision(ctx, q, t.CaseID)
	if err != nil {
		return false, err
	}
	if decided {
		t.Until, t.Why = last.At.Add(short), string(last.Verdict.state())+" "+last.At.Format(time.DateOnly)
	}
	if reported == 0 {
		return !decided || last.Verdict == Dismiss, nil // what is confirmed has its alert
	}
	reported = max(reported, filed)
	law := r.Reported
	if r.Law != nil {
		told, err := loadDecisions(ctx, q, `WHERE d.case_id = ? AND d.verdict = 'confirm' ORDER BY d.sequence`, t.CaseID)
		if err != nil {
			return false, err
		}
		for _, d := range told {
			if !d.Erased {
				law = max(law, r.Law(d))
			}
		}
	}
	if until := fromMicros(reported).Add(law); until.After(t.Until) {
		t.Until, t.Why = until, "reported "+day(reported)
	}
	return true, nil
}

func day(micros int64) string { return fromMicros(micros).Format(time.DateOnly) }

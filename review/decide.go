package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// ErrStale says that a case has changed since the reviewer saw it: show it again.
var ErrStale = errors.New("the case has changed since it was seen")

// Decide takes a person's decision. In one transaction it moves the case, keeps
// the decision, and puts its audit entry and, if it confirms, the order for an
// alert into the outbox, the entry first. It returns ErrStale when the store has
// a newer record than the one with the request's digest, ErrNotOpen when the
// case was decided or withdrawn, and ErrNotFound when there is no such case.
func (s *Store) Decide(ctx context.Context, r Request) (Decision, error) {
	if err := r.check(); err != nil {
		return Decision{}, err
	}
	var d Decision
	err := s.write(ctx, func(tx *sql.Tx) error {
		was, err := loadStanding(ctx, tx, r.CaseID)
		if err != nil {
			return err
		}
		if was.digest != r.Digest {
			return ErrStale
		}
		last, decided, err := lastDecision(ctx, tx, r.CaseID)
		if err != nil {
			return err
		}
		state, err := next(was.state, r.Verdict.event(), last.Verdict)
		if err != nil {
			return err
		}
		c, err := loadRecord(ctx, tx, was.digest)
		if err != nil {
			return err
		}
		at := s.now()
		if decided && !at.After(last.At) {
			at = last.At.Add(time.Microsecond) // a clock set back must not turn the order round
		}
		d = Decision{
			ID:     signal.ID("decision", r.CaseID, strconv.Itoa(last.Sequence+1)),
			CaseID: r.CaseID, CaseDigest: was.digest, Case: c,
			Verdict: r.Verdict, Reason: r.Reason, Note: r.Note,
			Reviewer: r.Reviewer, StandIn: r.StandIn,
			Sequence: last.Sequence + 1, At: at,
		}
		return saveDecision(ctx, tx, d, state)
	})
	if err != nil {
		return Decision{}, fmt.Errorf("decide case %s: %w", r.CaseID, err)
	}
	return d, nil
}

func saveDecision(ctx context.Context, tx *sql.Tx, d Decision, state State) error {
	_, err := tx.ExecContext(ctx, `UPDATE cases SET state = ? WHERE id = ?`, string(state), d.CaseID)
	if err != nil {
		return fmt.Errorf("move case: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO decisions (id, case_id, sequence, digest, verdict, reason, note, reviewer, stand_in, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, d.CaseID, d.Sequence, d.CaseDigest, string(d.Verdict), d.Reason, d.Note, d.Reviewer, d.StandIn, d.At.UnixMicro())
	if err != nil {
		return fmt.Errorf("save decision: %w", err)
	}
	stated, err := d.Statement().Digest()
	if err != nil {
		return err
	}
	err = enqueueEntry(ctx, tx, audit.Entry{
		Kind: audit.KindDecision, ID: d.ID, Digest: stated, At: d.At,
		Refs: []string{d.CaseID, "reviewer/" + d.Reviewer},
	})
	if err != nil || d.Verdict != Confirm {
		return err
	}
	return enqueueAlert(ctx, tx, d)
}

// selectDecisions reads decisions and the records they decided; loadDecisions
// takes what follows it.
const selectDecisions = `
	SELECT d.id, d.case_id, d.sequence, d.digest, d.verdict, d.reason, d.note, d.reviewer, d.stand_in, d.at, r.record
	FROM decisions d JOIN records r ON r.digest = d.digest `

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
		err := rows.Scan(&d.ID, &d.CaseID, &d.Sequence, &d.CaseDigest, &d.Verdict, &d.Reason, &d.Note, &d.Reviewer, &d.StandIn, &at, &record)
		if err != nil {
			return nil, fmt.Errorf("load decisions: %w", err)
		}
		d.At = fromMicros(at)
		if d.Case, err = readRecord(record, d.CaseDigest); err != nil {
			return nil, fmt.Errorf("load decision %s: %w", d.ID, err)
		}
		ds = append(ds, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load decisions: %w", err)
	}
	return ds, nil
}

// lastDecision returns the newest decision on a case, if there is one.
func lastDecision(ctx context.Context, q querier, caseID string) (Decision, bool, error) {
	ds, err := loadDecisions(ctx, q, `WHERE d.case_id = ? ORDER BY d.sequence DESC LIMIT 1`, caseID)
	if err != nil || len(ds) == 0 {
		return Decision{}, false, err
	}
	return ds[0], true, nil
}

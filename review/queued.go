package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// OrderQueued orders that alerts go into the queues of their centres. One that is there
// already stays as it is, so that an order may be repeated.
func (s *Store) OrderQueued(ctx context.Context, orders []Filing) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, d := range orders {
			made, err := tx.ExecContext(ctx, `
				INSERT INTO queued (alert, sequence, case_id, centre, priority, state, attempts, due_at, next_at, says, revision, body)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alert) DO NOTHING`,
				d.Alert, d.Sequence, d.Case, d.Centre, d.Priority, string(d.State), d.Attempts, d.Due.UnixMicro(), d.Next.UnixMicro(), d.Says, d.Revision, d.Body)
			if err != nil {
				return err
			}
			if n, err := made.RowsAffected(); err != nil || n == 0 {
				if err != nil {
					return err
				}
				continue
			}
			if err := noteStep(ctx, tx, inQueue(d.Alert), FiledStep{At: s.now(), State: d.State, Says: d.Says}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("order into queues: %w", err)
	}
	return nil
}

func loadQueued(ctx context.Context, q querier, where string, args ...any) (ds []Filing, err error) {
	rows, err := q.QueryContext(ctx, `SELECT alert, sequence, case_id, centre, priority, state, attempts, due_at, next_at, says, revision, body FROM queued `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("load what goes into queues: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Filing
		var due, next int64
		if err := rows.Scan(&d.Alert, &d.Sequence, &d.Case, &d.Centre, &d.Priority, &d.State, &d.Attempts, &due, &next, &d.Says, &d.Revision, &d.Body); err != nil {
			return nil, fmt.Errorf("load what goes into queues: %w", err)
		}
		d.Due, d.Next = fromMicros(due), fromMicros(next)
		ds = append(ds, d)
	}
	return ds, rows.Err()
}

// NextQueued returns the alerts to go into queues, of all centres, whose time has come, the
// most urgent first.
func (s *Store) NextQueued(ctx context.Context, now time.Time, limit int) ([]Filing, error) {
	return loadQueued(ctx, s.db, `
		WHERE state NOT IN ('filed', 'failed', 'withdrawn') AND next_at <= ?
		ORDER BY priority DESC, due_at, alert LIMIT ?`, now.UnixMicro(), bound(limit))
}

// QueuedAlerts lists those in a state, or all where it is empty, the most urgent first.
func (s *Store) QueuedAlerts(ctx context.Context, state FilingState, limit int) ([]Filing, error) {
	return loadQueued(ctx, s.read, `WHERE ? = '' OR state = ? ORDER BY priority DESC, due_at, alert LIMIT ?`, string(state), string(state), bound(limit))
}

// QueuedAlert returns how an alert stands with the queue of its centre. Alerts from before
// this was kept are ErrNotFound.
func (s *Store) QueuedAlert(ctx context.Context, alert string) (Filing, error) {
	ds, err := loadQueued(ctx, s.db, `WHERE alert = ?`, alert)
	if err == nil && len(ds) == 0 {
		err = fmt.Errorf("alert %s in a queue: %w", alert, ErrNotFound)
	}
	if err != nil {
		return Filing{}, err
	}
	return ds[0], nil
}

// SaveQueued keeps a change as SaveFiling does.
func (s *Store) SaveQueued(ctx context.Context, d Filing) (Filing, error) {
	told := digest(d.Body)
	if d.over() {
		d.Body = []byte{}
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		still, err := heldStill(ctx, tx, `SELECT state, says FROM queued WHERE alert = ?`, d)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `
			UPDATE queued SET state = ?, attempts = ?, next_at = ?, says = ?, body = ?, revision = revision + 1 WHERE alert = ? AND revision = ?`,
			string(d.State), d.Attempts, d.Next.UnixMicro(), d.Says, d.Body, d.Alert, d.Revision)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(ErrFilingChanged, err)
		}
		if d.State == FilingSending || still {
			return nil // what comes of it is noted
		}
		st := FiledStep{At: s.now(), State: d.State, Says: d.Says, Entry: queuedEntryID(d.Alert, d.Revision)}
		return noteDelivery(ctx, tx, inQueue(d.Alert), st, told, queuedRefs(d))
	})
	if err != nil {
		return d, fmt.Errorf("save what goes into a queue: %w", err)
	}
	d.Revision++
	return d, nil
}

// queuedEntryID is as filingEntryID, and queuedRefs as filingRefs.
func queuedEntryID(alert string, revision int64) string {
	return signal.ID("queued", alert, strconv.FormatInt(revision, 10))
}

func queuedRefs(d Filing) []string {
	return loggable(d.Alert, d.Case, "queue/"+d.Centre, "state/"+string(d.State))
}

// RetryQueued has an alert that failed or is held looked at again at once, as RetryFiling
// does.
func (s *Store) RetryQueued(ctx context.Context, alert string, by Person, reason string) (d Filing, err error) {
	if err := checkReason(reason); err != nil {
		return d, fmt.Errorf("retry alert %s: %w", alert, err)
	}
	found, err := s.QueuedAlert(ctx, alert)
	if err != nil {
		return d, err
	}
	err = s.act(ctx, found.Case, by, RetryFiling, func(tx *sql.Tx, f facts) error {
		ds, err := loadQueued(ctx, tx, `WHERE alert = ?`, alert)
		if err != nil {
			return err
		}
		if d = ds[0]; d.State != FilingHeld && d.State != FilingFailed {
			return ErrNoRetry
		}
		id := queuedEntryID(alert, d.Revision)
		d.State, d.Next, d.Attempts = FilingQueued, f.now, 0
		d.Revision++
		if _, err := tx.ExecContext(ctx, `UPDATE queued SET state = ?, attempts = 0, next_at = ?, revision = revision + 1 WHERE alert = ?`,
			string(d.State), d.Next.UnixMicro(), alert); err != nil {
			return err
		}
		st := FiledStep{At: f.now, State: d.State, Person: by.ID, Says: reason, Entry: id}
		return noteDelivery(ctx, tx, inQueue(alert), st, digest([]byte(reason)), append(queuedRefs(d), loggable("asked/retry", "reviewer/"+by.ID)...))
	})
	if err != nil {
		return Filing{}, err
	}
	return d, nil
}

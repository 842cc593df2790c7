package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// The states of a delivery.
const (
	DeliveryWaiting   = "waiting"
	DeliveryDelivered = "delivered"
	DeliveryFailed    = "failed" // given up
)

// A Delivery is how far the webhook of an action came.
type Delivery struct {
	ActionID string
	Record   []byte // its body
	State    string // empty as long as the action has not left
	Attempts int
	Status   int       // of the last answer; 0 where none came
	Since    time.Time // when it could first be sent
	At       time.Time // of the last attempt
}

// Deliverable returns webhooks that a platform is to get now, the oldest first: of each case
// at most the oldest, so that a lift never comes before what it lifts.
func (s *Store) Deliverable(ctx context.Context, platform string, limit int) (list []Delivery, err error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT d.action_id, o.record, d.state, d.attempts, d.status, d.since_at, d.at
		FROM deliveries d JOIN orders o ON o.id = d.action_id
		WHERE d.platform = ? AND d.state = 'waiting' AND d.next_at <= ? AND NOT EXISTS (
			SELECT 1 FROM deliveries e WHERE e.platform = d.platform AND e.state = 'waiting' AND e.case_id = d.case_id AND e.place < d.place)
		ORDER BY d.place LIMIT ?`, platform, s.now().UnixMicro(), bound(limit))
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Delivery
		var record string
		var since, at int64
		if err := rows.Scan(&d.ActionID, &record, &d.State, &d.Attempts, &d.Status, &since, &at); err != nil {
			return nil, fmt.Errorf("deliveries: %w", err)
		}
		d.Record, d.Since, d.At = []byte(record), fromMicros(since), fromMicros(at)
		list = append(list, d)
	}
	return list, rows.Err()
}

// Attempted notes how an attempt to deliver went: state is what the delivery is in now, next
// when it is to be tried again where it waits. One that is delivered stays so.
func (s *Store) Attempted(ctx context.Context, id, state string, status int, next time.Time) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE deliveries SET state = ?, status = ?, attempts = attempts + 1, next_at = ?, at = ? WHERE action_id = ? AND state = 'waiting'`,
			state, status, next.UnixMicro(), s.now().UnixMicro(), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("delivery of %s: %w", id, err)
	}
	return nil
}

// TakeReceipt keeps a platform's word on an action. One that comes again changes nothing;
// one of an action that there is not is a Rejection.
func (s *Store) TakeReceipt(ctx context.Context, platform string, r action.Receipt) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if _, err := sentAction(ctx, tx, platform, r.ActionID); err != nil {
			if errors.Is(err, ErrNotFound) {
				return signal.Reject("unknown-action", "/action_id: is no action that the platform was asked for")
			}
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO receipts (action_id, state, reason, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			r.ActionID, r.State, r.Reason, r.At.UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	return nil
}

// SentAction returns an action that a platform was asked for and that has left, or
// ErrNotFound.
func (s *Store) SentAction(ctx context.Context, platform, id string) (action.Record, error) {
	a, err := sentAction(ctx, s.read, platform, id)
	return a.Record, err
}

// A found action is a record with what the store knows of it.
type found struct {
	action.Record
	caseID, decision, endedBy string
	byLift                    bool // what ended it lifts it
}

func sentAction(ctx context.Context, q querier, platform, id string) (f found, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT o.record, a.case_id, coalesce(a.decision_id, ''), a.ended_by, coalesce(e.action, '') = 'lift'
		FROM actions a JOIN orders o ON o.id = a.id LEFT JOIN actions e ON e.id = a.ended_by
		WHERE a.id = ? AND a.platform = ? AND o.done_at IS NOT NULL`, id, platform)
	if err != nil {
		return f, fmt.Errorf("action: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return f, errors.Join(fmt.Errorf("action: %w", ErrNotFound), rows.Err())
	}
	var record string
	if err := rows.Scan(&record, &f.caseID, &f.decision, &f.endedBy, &f.byLift); err != nil {
		return f, fmt.Errorf("action: %w", err)
	}
	if f.Record, err = action.Decode([]byte(record)); err != nil {
		return f, fmt.Errorf("action: %s", err.Error()) // a fault of the store, and no bad record
	}
	return f, nil
}

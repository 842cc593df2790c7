package review

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// The kinds of orders.
const (
	OrderAction     = "action"     // an action.Record for a platform
	OrderCorrection = "correction" // a Correction of an alert
	OrderFeedback   = "feedback"   // a Feedback for the owner of a list
)

// An Order is something that leaves the store beside alerts: at least once, under an id
// that tells a repeat.
type Order struct {
	ID     string
	Kind   string
	CaseID string
	Record []byte // what leaves

	place    int64
	decision string
}

// A Correction says that what an alert told is no longer so.
type Correction struct {
	Decision string `json:"decision"` // id of the one that the alert told of
	By       string `json:"by"`       // id of the one that takes its place
	Appeal   string `json:"appeal"`   // id
}

// A Feedback says that an entry of a list matched what it should not have, or, where Right is
// set, what it should, or, where Case is set, that the deployment's own entries of a case are
// to go.
type Feedback struct {
	ID       string `json:"id"`
	List     string `json:"list,omitempty"`
	HashKind string `json:"hash_kind,omitempty"`
	Entry    string `json:"entry,omitempty"`
	Right    bool   `json:"right,omitempty"`
	Case     string `json:"case,omitempty"`
}

// ErrFirst says that something must be done before.
var ErrFirst = errors.New("what comes before is not done yet")

// Orders returns what may leave and has not, in the order in which it is to leave. Once
// returned, the decision it follows from can no longer be undone.
func (s *Store) Orders(ctx context.Context, limit int) (list []Order, err error) {
	list, err = loadOrders(ctx, s.db, `
		LEFT JOIN holds h ON h.decision_id = o.decision_id
		WHERE o.done_at IS NULL AND (o.decision_id IS NULL OR h.handed_at IS NOT NULL OR h.due_at <= ?) ORDER BY o.place, o.id LIMIT ?`,
		s.now().UnixMicro(), bound(limit))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var kept []Order
	err = s.write(ctx, func(tx *sql.Tx) error {
		kept = nil
		for _, o := range list {
			// Undone in between, it is not there any more.
			still, err := loadOrders(ctx, tx, `WHERE o.id = ?`, o.ID)
			if err != nil {
				return err
			}
			if len(still) == 0 {
				continue
			}
			_, err = tx.ExecContext(ctx, `UPDATE holds SET handed_at = ? WHERE decision_id = ? AND handed_at IS NULL`, s.now().UnixMicro(), o.decision)
			if err != nil {
				return err
			}
			kept = append(kept, o)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	return kept, nil
}

func loadOrders(ctx context.Context, q querier, where string, args ...any) (list []Order, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT o.id, o.kind, o.case_id, o.record, o.place, coalesce(o.decision_id, '') FROM orders o `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("load orders: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var o Order
		var record string
		if err := rows.Scan(&o.ID, &o.Kind, &o.CaseID, &record, &o.place, &o.decision); err != nil {
			return nil, fmt.Errorf("load orders: %w", err)
		}
		o.Record = []byte(record)
		list = append(list, o)
	}
	return list, rows.Err()
}

// OrderDone marks an order as done, puts that it left into the audit log's queue, and lets
// the webhook of an action go. One that is done already stays as it is.
func (s *Store) OrderDone(ctx context.Context, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		now := s.now()
		done, err := tx.ExecContext(ctx, `UPDATE orders SET done_at = ? WHERE id = ? AND done_at IS NULL`, now.UnixMicro(), id)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		list, err := loadOrders(ctx, tx, `WHERE o.id = ?`, id)
		if err != nil {
			return err
		}
		o := list[0]
		if o.Kind == OrderAction {
			_, err = tx.ExecContext(ctx, `
				INSERT INTO deliveries (action_id, case_id, platform, place, state, attempts, status, next_at, since_at, at)
				SELECT id, case_id, platform, place, 'waiting', 0, 0, ?, ?, 0 FROM actions WHERE id = ?`, now.UnixMicro(), now.UnixMicro(), id)
			if err != nil {
				return err
			}
		}
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: o.Kind, ID: "sent/" + o.ID, Digest: action.Digest(o.Record), At: now, Refs: refs(o.ID, o.CaseID, o.decision),
		})
	})
	if err != nil {
		return fmt.Errorf("order %s: %w", id, err)
	}
	return nil
}

// refs leaves out what is empty.
func refs(ids ...string) (list []string) {
	for _, id := range ids {
		if id != "" {
			list = append(list, id)
		}
	}
	return list
}

// enqueueOrder orders something; decision is that whose hold it waits for, or empty. One
// that was ordered before stays as it is.
func (s *Store) enqueueOrder(ctx context.Context, tx *sql.Tx, o Order) error {
	if err := noProbe(ctx, tx, o.CaseID); err != nil {
		return err
	}
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(place), 0) FROM orders`).Scan(&last); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO orders (id, kind, place, case_id, decision_id, record) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		o.ID, o.Kind, max(s.now().UnixMicro(), last+1), o.CaseID, sql.NullString{String: o.decision, Valid: o.decision != ""}, string(o.Record))
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	return nil
}

func (s *Store) enqueueJSON(ctx context.Context, tx *sql.Tx, o Order, v any) (err error) {
	if o.Record, err = json.Marshal(v); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	return s.enqueueOrder(ctx, tx, o)
}

// AlertsOf returns a decision and the ids under which its alerts left, one a centre, or
// ErrFirst as long as they did not.
func (s *Store) AlertsOf(ctx context.Context, decision string) (Decision, []string, error) {
	d, err := s.Decision(ctx, decision)
	if err != nil {
		return Decision{}, nil, err
	}
	var result string
	err = s.db.QueryRowContext(ctx, `SELECT result FROM outbox WHERE decision_id = ? AND done_at IS NOT NULL`, decision).Scan(&result)
	if errors.Is(err, sql.ErrNoRows) {
		return Decision{}, nil, fmt.Errorf("alert of decision %s: %w", decision, ErrFirst)
	}
	if err != nil {
		return Decision{}, nil, fmt.Errorf("alert of decision %s: %w", decision, err)
	}
	return d, strings.Fields(result), nil
}

// correctionID is the id of what takes an alert back: one for each that says so.
func correctionID(decision, by string) string { return signal.ID("correction", decision, by) }

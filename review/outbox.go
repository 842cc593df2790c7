package review

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit"
)

// The kinds of outbox rows.
const (
	KindAudit = "audit" // Entry is to be appended to the audit log
	KindAlert = "alert" // Decision is to become an alert
)

// An OutboxRow is one thing to do outside the store. Rows are done at least
// once: between the deed and Done a crash may come. Ids are deterministic, so
// that a receiver can drop what it has seen.
type OutboxRow struct {
	Seq      int64
	Kind     string
	Entry    *audit.Entry // for KindAudit
	Decision *Decision    // for KindAlert; its verdict is Confirm

	held bool // it is due, and was not handed out before
}

// Outbox returns rows that are not done and may leave, oldest first. A decision's audit
// row comes before its alert row, which waits here until the decision can no longer be
// taken back; once it was returned, it cannot.
func (s *Store) Outbox(ctx context.Context, limit int) ([]OutboxRow, error) {
	// One statement sees one state of the file; the decisions of its rows are
	// there for good, so that they can be read after it.
	rows, err := s.pending(ctx, bound(limit))
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	if rows, err = s.hand(ctx, rows); err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	for i, row := range rows {
		if row.Kind != KindAlert {
			continue
		}
		ds, err := loadDecisions(ctx, s.db, `WHERE d.id = ? AND p.undone_at IS NULL`, row.Decision.ID)
		if err != nil {
			return nil, fmt.Errorf("outbox: row %d: %w", row.Seq, err)
		}
		if len(ds) != 1 || ds[0].Verdict != Confirm {
			return nil, fmt.Errorf("outbox: row %d: no confirming decision", row.Seq)
		}
		rows[i].Decision = &ds[0]
	}
	return rows, nil
}

func (s *Store) pending(ctx context.Context, limit int) (list []OutboxRow, err error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT o.seq, o.kind, o.entry, coalesce(o.decision_id, ''), h.decision_id IS NOT NULL AND h.handed_at IS NULL
		FROM outbox o LEFT JOIN holds h ON h.decision_id = o.decision_id
		WHERE o.done_at IS NULL AND (h.decision_id IS NULL OR h.handed_at IS NOT NULL OR h.due_at <= ?) ORDER BY o.seq LIMIT ?`,
		s.now().UnixMicro(), limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row OutboxRow
		var entry []byte
		var decision string
		if err := rows.Scan(&row.Seq, &row.Kind, &entry, &decision, &row.held); err != nil {
			return nil, err
		}
		if row.Kind == KindAlert {
			row.Decision = &Decision{ID: decision}
		} else if err := json.Unmarshal(entry, &row.Entry); err != nil {
			return nil, fmt.Errorf("row %d: %w", row.Seq, err)
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// hand notes which alerts are given out, so that no undo can come after, whatever the
// clocks say. Of two that ask at once, both get them; one that was undone in between is
// left out.
func (s *Store) hand(ctx context.Context, rows []OutboxRow) ([]OutboxRow, error) {
	if !slices.ContainsFunc(rows, func(r OutboxRow) bool { return r.held }) {
		return rows, nil
	}
	var kept []OutboxRow
	err := s.write(ctx, func(tx *sql.Tx) error {
		kept = nil
		for _, row := range rows {
			if row.held {
				var there int
				err := tx.QueryRowContext(ctx, `SELECT count(*) FROM outbox WHERE seq = ?`, row.Seq).Scan(&there)
				if err != nil {
					return err
				}
				if there == 0 {
					continue
				}
				_, err = tx.ExecContext(ctx, `UPDATE holds SET handed_at = ? WHERE decision_id = ? AND handed_at IS NULL`,
					s.now().UnixMicro(), row.Decision.ID)
				if err != nil {
					return err
				}
			}
			kept = append(kept, row)
		}
		return nil
	})
	return kept, err
}

// Done marks a row as done. The result of an audit row is the entry's index in
// the log, in decimal; those of an alert row are the alerts' ids, one for each
// centre that was told, and each makes an audit row which tells that the
// decision's statement went out under that id. A row that is done already stays
// as it is: of two processes that did it, the first counts.
func (s *Store) Done(ctx context.Context, seq int64, results ...string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		var kind, decision string
		var done bool
		err := tx.QueryRowContext(ctx, `
			SELECT kind, done_at IS NOT NULL, coalesce(decision_id, '') FROM outbox WHERE seq = ?`, seq).
			Scan(&kind, &done, &decision)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return err
		case done:
			return nil
		}
		now := s.now()
		result := strings.Join(results, " ")
		if kind == KindAudit {
			if _, err := strconv.ParseUint(result, 10, 63); err != nil {
				return errors.New("the result of an audit row must be an index of the log")
			}
		} else if err := enqueueSent(ctx, tx, decision, results, now); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE outbox SET done_at = ?, result = ? WHERE seq = ?`, now.UnixMicro(), result, seq)
		return err
	})
	if err != nil {
		return fmt.Errorf("outbox row %d: %w", seq, err)
	}
	return nil
}

// enqueueSent queues the audit entries of a decision's alerts that were sent.
func enqueueSent(ctx context.Context, tx *sql.Tx, decision string, alerts []string, at time.Time) error {
	if len(alerts) == 0 || slices.ContainsFunc(alerts, func(id string) bool { return !alertID.MatchString(id) }) {
		return errors.New("the results of an alert row must be the alerts' ids, 32 hex digits each")
	}
	ds, err := loadDecisions(ctx, tx, `WHERE d.id = ?`, decision)
	if err != nil {
		return err
	}
	if len(ds) != 1 {
		return fmt.Errorf("decision %s: %w", decision, ErrNotFound)
	}
	stated, err := ds[0].Statement().Digest()
	if err != nil {
		return err
	}
	for _, alert := range alerts {
		if err := enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindAlert, ID: alert, Digest: stated, At: at, Refs: []string{decision, ds[0].CaseID},
		}); err != nil {
			return err
		}
	}
	return nil
}

var alertID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// AuditIndex returns the index in the audit log of an entry that was appended,
// and false when it is not, or not yet, or not from this store. The entry of a
// decision has the decision's id.
func (s *Store) AuditIndex(ctx context.Context, entryID string) (uint64, bool, error) {
	var result string
	err := s.db.QueryRowContext(ctx,
		`SELECT result FROM outbox WHERE entry_id = ? AND done_at IS NOT NULL`, entryID).Scan(&result)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("audit index of %s: %w", entryID, err)
	}
	index, err := strconv.ParseUint(result, 10, 63)
	if err != nil {
		return 0, false, fmt.Errorf("audit index of %s: %w", entryID, err)
	}
	return index, true, nil
}

// enqueueEntry orders an entry for the audit log, its digest salted.
func enqueueEntry(ctx context.Context, tx *sql.Tx, e audit.Entry) error {
	e, err := salted(ctx, tx, e)
	if err != nil {
		return err
	}
	data, err := e.Encode()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO outbox (kind, entry_id, entry) VALUES ('audit', ?, ?)`, e.ID, data)
	if err != nil {
		return fmt.Errorf("queue audit entry: %w", err)
	}
	return nil
}

// enqueueAlert orders an alert, which waits for the decision's hold.
func enqueueAlert(ctx context.Context, tx *sql.Tx, d Decision) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO outbox (kind, decision_id, verdict) VALUES ('alert', ?, ?)`, d.ID, string(d.Verdict))
	if err != nil {
		return fmt.Errorf("queue alert: %w", err)
	}
	return nil
}

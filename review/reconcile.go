package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/vigil-stream/vigil/audit"
)

// A Logged is where a delivery stood by the audit log, which outlasts a store that is restored
// from a backup.
type Logged struct {
	Alert    string // or the correction's id
	State    FilingState
	Receipt  string
	Revision int64  // of the delivery, as the entry has it; 0 where it has none
	Journal  []byte // for the channel, empty for none
}

// LoggedUpTo returns the index of the newest entry of the audit log that the store knows to
// have written, and false where it knows of none.
func (s *Store) LoggedUpTo(ctx context.Context) (uint64, bool, error) {
	var result string
	err := s.db.QueryRowContext(ctx, `SELECT result FROM outbox WHERE kind = 'audit' AND done_at IS NOT NULL ORDER BY seq DESC LIMIT 1`).Scan(&result)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("audit index: %w", err)
	}
	index, err := strconv.ParseUint(result, 10, 63)
	if err != nil {
		return 0, false, fmt.Errorf("audit index: %w", err)
	}
	return index, true, nil
}

const reconciledSays = "The audit log says so, and the store did not know it: it was restored from a backup."

// Reconcile takes over what the audit log says of deliveries and the store does not know: what
// was filed stays so, and what was being sent, or may have arrived, is asked for before it is
// sent again. It holds too for what is ordered later. It returns how many deliveries it moved.
func (s *Store) Reconcile(ctx context.Context, all []Logged) (moved int, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		moved = 0
		for _, l := range all {
			if l.State != FilingFiled && l.State != FilingUnknown {
				continue
			}
			d, err := loadFilings(ctx, tx, `WHERE f.alert = ?`, l.Alert)
			if err != nil {
				return err
			}
			if len(d) == 0 {
				if err := remember(ctx, tx, l); err != nil {
					return err
				}
				continue
			}
			if now := d[0]; now.over() || l.State == FilingUnknown && l.Revision <= now.Revision {
				continue
			}
			if err := s.overtake(ctx, tx, d[0], l); err != nil {
				return err
			}
			moved++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("reconcile deliveries with the audit log: %w", err)
	}
	return moved, nil
}

// remember keeps it of a delivery that is not ordered yet.
func remember(ctx context.Context, tx *sql.Tx, l Logged) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO reconciled (alert, state, receipt, revision, journal) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (alert) DO UPDATE SET state = excluded.state, receipt = excluded.receipt, revision = excluded.revision, journal = excluded.journal
		WHERE reconciled.state <> 'filed'`, l.Alert, string(l.State), l.Receipt, l.Revision, journalOf(l))
	return err
}

func journalOf(l Logged) []byte {
	if l.Journal == nil {
		return []byte{}
	}
	return l.Journal
}

// overtake moves a delivery to where the log says that it stood.
func (s *Store) overtake(ctx context.Context, tx *sql.Tx, d Filing, l Logged) error {
	d.State, d.Receipt, d.Says, d.Next, d.Revision = l.State, l.Receipt, reconciledSays, s.now(), max(d.Revision, l.Revision)+1
	body := d.Body
	if d.over() {
		body = []byte{}
	}
	_, err := tx.ExecContext(ctx, `UPDATE filings SET state = ?, receipt = ?, says = ?, next_at = ?, revision = ?, body = ? WHERE alert = ?`,
		string(d.State), d.Receipt, d.Says, d.Next.UnixMicro(), d.Revision, body, d.Alert)
	if err != nil {
		return err
	}
	if len(l.Journal) > 0 {
		if _, err := tx.ExecContext(ctx, `UPDATE filings SET journal = ? WHERE alert = ?`, l.Journal, d.Alert); err != nil {
			return err
		}
	}
	entry := filingEntryID(d.Alert, d.Revision-1)
	if err := noteStep(ctx, tx, d.Alert, FiledStep{At: s.now(), State: d.State, Report: d.Receipt, Says: d.Says, Entry: entry}); err != nil {
		return err
	}
	return enqueueEntry(ctx, tx, audit.Entry{
		Kind: audit.KindDelivery, ID: entry, Digest: digest(d.Body), At: s.now(), Refs: filingRefs(d, d.Revision),
	})
}

// recall returns a delivery that is ordered as the log says that it stood, with its journal.
func recall(ctx context.Context, tx *sql.Tx, d Filing) (Filing, []byte, error) {
	l := Logged{Journal: []byte{}}
	err := tx.QueryRowContext(ctx, `SELECT state, receipt, revision, journal FROM reconciled WHERE alert = ?`, d.Alert).
		Scan(&l.State, &l.Receipt, &l.Revision, &l.Journal)
	if errors.Is(err, sql.ErrNoRows) {
		return d, []byte{}, nil
	}
	if err != nil {
		return d, nil, err
	}
	d.State, d.Receipt, d.Says, d.Revision = l.State, l.Receipt, reconciledSays, max(d.Revision, l.Revision+1)
	if d.over() {
		d.Body = []byte{}
	}
	return d, journalOf(l), nil
}

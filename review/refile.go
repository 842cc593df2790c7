package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ErrNoRetry says that a filing is not tried again by hand as it stands.
var ErrNoRetry = errors.New("only what failed, is held or is unknown is tried again by hand, and nothing that a correction overtook")

// RetryFiling has a filing tried again at once, as a person says, with a reason. What failed
// or is held goes back into the queue. What is unknown stays that: its centre is asked
// whether it has it, and only what it says it does not have is sent again. The log is told
// who said so, and commits to the reason.
func (s *Store) RetryFiling(ctx context.Context, alert string, by Person, reason string) (d Filing, err error) {
	if err := checkReason(reason); err != nil {
		return d, fmt.Errorf("retry filing %s: %w", alert, err)
	}
	found, err := s.Filing(ctx, alert)
	if err != nil {
		return d, err
	}
	err = s.act(ctx, found.Case, by, RetryFiling, func(tx *sql.Tx, f facts) error {
		ds, err := loadFilings(ctx, tx, `WHERE f.alert = ?`, alert)
		if err != nil {
			return err
		}
		if d = ds[0]; !d.Retryable() {
			return ErrNoRetry
		}
		d.Next = f.now
		if d.State != FilingUnknown {
			d.State, d.Attempts = FilingQueued, 0
		}
		_, err = tx.ExecContext(ctx, `UPDATE filings SET state = ?, attempts = ?, next_at = ?, revision = revision + 1 WHERE alert = ?`,
			string(d.State), d.Attempts, d.Next.UnixMicro(), alert)
		if err != nil {
			return err
		}
		st := FiledStep{At: f.now, State: d.State, Person: by.ID, Says: reason, Entry: filingEntryID(alert, d.Revision)}
		d.Revision++
		return noteDelivery(ctx, tx, alert, st, digest([]byte(reason)), loggable(alert, d.Case, "centre/"+d.Centre, "state/"+string(d.State), "asked/retry", "reviewer/"+by.ID))
	})
	if err != nil {
		return Filing{}, err
	}
	return d, nil
}

// ErrNotSettled says that a filing is not settled by hand as it stands.
var ErrNotSettled = errors.New("only what is unknown is settled by hand, what failed and was filed by hand, and the reference of what was filed without one")

// SettleFiling notes what a person learned of a filing by asking its centre: that it has it,
// under a reference of its own, or, where that is empty, that it does not, so that it is sent
// again. The log is told who said so, and commits to the reason.
func (s *Store) SettleFiling(ctx context.Context, alert string, by Person, receipt, reason string) (d Filing, err error) {
	if err := checkReason(reason); err != nil {
		return d, fmt.Errorf("settle filing %s: %w", alert, err)
	}
	found, err := s.Filing(ctx, alert)
	if err != nil {
		return d, err
	}
	err = s.act(ctx, found.Case, by, RetryFiling, func(tx *sql.Tx, f facts) error {
		ds, err := loadFilings(ctx, tx, `WHERE f.alert = ?`, alert)
		if err != nil {
			return err
		}
		d = ds[0]
		has := receipt != ""
		if d.State != FilingUnknown && (!has || d.State != FilingFailed && (d.State != FilingFiled || d.Receipt != "")) {
			return ErrNotSettled
		}
		d.State, d.Receipt, d.Next = FilingQueued, receipt, f.now
		body := d.Body
		if has {
			d.State, body = FilingFiled, []byte{}
		}
		id := filingEntryID(alert, d.Revision)
		d.Revision++
		_, err = tx.ExecContext(ctx, `UPDATE filings SET state = ?, receipt = ?, next_at = ?, body = ?, says = ?, revision = ? WHERE alert = ?`,
			string(d.State), d.Receipt, d.Next.UnixMicro(), body, "A person asked the centre.", d.Revision, alert)
		if err != nil {
			return err
		}
		st := FiledStep{At: f.now, State: d.State, Report: receipt, Person: by.ID, Says: reason, Entry: id}
		return noteDelivery(ctx, tx, alert, st, digest([]byte(reason)), append(filingRefs(d, d.Revision), loggable("asked/settle", "reviewer/"+by.ID)...))
	})
	if err != nil {
		return Filing{}, fmt.Errorf("settle filing %s: %w", alert, err)
	}
	return d, nil
}

package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/review/account"
)

// An AccountRequest is what a platform was asked about an account, and what it answered.
type AccountRequest struct {
	account.Request
	Case     string
	Record   []byte // the request as it leaves
	State    string // of its webhook, as a Delivery's
	Attempts int
	Since    time.Time
	Answered time.Time // zero where it was not
	Kept     KeptAccount
}

// A KeptAccount is an answer as it lies in the store.
type KeptAccount struct {
	Unknown    string // why the platform knows none, and there is nothing else then
	SHA256     string // of the account's JSON
	Generation int    // of the case's key that it is encrypted under
	Sealed     []byte
}

// AskAccount orders that a platform be asked. The same request is ordered once.
func (s *Store) AskAccount(ctx context.Context, caseID string, r account.Request) error {
	record, err := account.EncodeRequest(r)
	if err != nil {
		return err
	}
	var there int
	if err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM account_requests WHERE id = ?`, r.ID).Scan(&there); err != nil || there > 0 {
		return err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		if err := noProbe(ctx, tx, caseID); err != nil {
			return err
		}
		now := s.now().UnixMicro()
		res, err := tx.ExecContext(ctx, `
			INSERT INTO account_requests (id, case_id, platform, record, state, attempts, status, next_at, since_at, answered_at, unknown, sha256, generation, sealed)
			VALUES (?, ?, ?, ?, 'waiting', 0, 0, ?, ?, 0, '', '', 0, ?) ON CONFLICT (id) DO NOTHING`, r.ID, caseID, r.Platform, string(record), now, now, []byte{})
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return enqueueEntry(ctx, tx, audit.Entry{Kind: audit.KindAction, ID: "asked/" + r.ID, Digest: digest(record), At: s.now(), Refs: []string{r.ID, caseID}})
	})
	if err != nil {
		return fmt.Errorf("ask for an account: %w", err)
	}
	return nil
}

func loadAccountRequests(ctx context.Context, q querier, where string, args ...any) (list []AccountRequest, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT case_id, record, state, attempts, since_at, answered_at, unknown, sha256, generation, sealed FROM account_requests `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("load requests for accounts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r AccountRequest
		var record string
		var since, answered int64
		if err := rows.Scan(&r.Case, &record, &r.State, &r.Attempts, &since, &answered, &r.Kept.Unknown, &r.Kept.SHA256, &r.Kept.Generation, &r.Kept.Sealed); err != nil {
			return nil, fmt.Errorf("load requests for accounts: %w", err)
		}
		r.Record, r.Since = []byte(record), fromMicros(since)
		if answered > 0 {
			r.Answered = fromMicros(answered)
		}
		if r.Request, err = account.DecodeRequest(r.Record); err != nil {
			return nil, fmt.Errorf("load requests for accounts: %s", err.Error()) // a fault of the store, and no bad record
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// AccountRequests returns what platforms were asked about the account of a case.
func (s *Store) AccountRequests(ctx context.Context, caseID string) ([]AccountRequest, error) {
	return loadAccountRequests(ctx, s.db, `WHERE case_id = ? ORDER BY since_at, id`, caseID)
}

// AccountRequest returns one that a platform was asked, or ErrNotFound.
func (s *Store) AccountRequest(ctx context.Context, platform, id string) (AccountRequest, error) {
	list, err := loadAccountRequests(ctx, s.db, `WHERE platform = ? AND id = ?`, platform, id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("request for an account: %w", ErrNotFound)
	}
	if err != nil {
		return AccountRequest{}, err
	}
	return list[0], nil
}

// AccountsToAsk returns requests that a platform is to get now, the oldest first.
func (s *Store) AccountsToAsk(ctx context.Context, platform string, limit int) ([]AccountRequest, error) {
	return loadAccountRequests(ctx, s.read, `WHERE platform = ? AND state = 'waiting' AND next_at <= ? AND answered_at = 0 ORDER BY since_at, id LIMIT ?`,
		platform, s.now().UnixMicro(), bound(limit))
}

// AccountAsked notes how an attempt to deliver a request went, as Attempted does.
func (s *Store) AccountAsked(ctx context.Context, id, state string, status int, next time.Time) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE account_requests SET state = ?, status = ?, attempts = attempts + 1, next_at = ? WHERE id = ? AND state = 'waiting'`,
			state, status, next.UnixMicro(), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("request %s: %w", id, err)
	}
	return nil
}

// TakeAccount keeps a platform's answer, once, and has what waits for it looked at. The same
// answer again changes nothing; another is ErrOtherWords. ErrErased says that the case's key
// is being destroyed.
func (s *Store) TakeAccount(ctx context.Context, platform, id string, k KeptAccount) (fresh bool, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		fresh = false
		list, err := loadAccountRequests(ctx, tx, `WHERE platform = ? AND id = ?`, platform, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNotFound
		}
		r := list[0]
		if !r.Answered.IsZero() {
			if r.Kept.SHA256 != k.SHA256 || r.Kept.Unknown != k.Unknown {
				return ErrOtherWords
			}
			return nil
		}
		var gone int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM erasures WHERE case_id = ? AND generation = ? AND generation > 0`, r.Case, k.Generation).Scan(&gone); err != nil {
			return err
		}
		if gone > 0 {
			return ErrErased
		}
		if k.Sealed == nil {
			k.Sealed = []byte{}
		}
		now := s.now()
		if _, err := tx.ExecContext(ctx, `UPDATE account_requests SET answered_at = ?, unknown = ?, sha256 = ?, generation = ?, sealed = ? WHERE id = ?`,
			now.UnixMicro(), k.Unknown, k.SHA256, k.Generation, k.Sealed, id); err != nil {
			return err
		}
		for _, table := range []string{"filings", "queued"} {
			if _, err := tx.ExecContext(ctx, `UPDATE `+table+` SET next_at = ? WHERE case_id = ? AND state = 'held' AND next_at > ?`,
				now.UnixMicro(), r.Case, now.UnixMicro()); err != nil {
				return err
			}
		}
		fresh = true
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindAction, ID: "account/" + id, Digest: digest([]byte(k.Unknown + k.SHA256)), At: now, Refs: []string{id, r.Case},
		})
	})
	if err != nil {
		return false, fmt.Errorf("answer on an account: %w", err)
	}
	return fresh, nil
}

package review

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// ErrNotDue says that the time of something is not over, or that it is under a legal hold.
var ErrNotDue = errors.New("its time is not over")

// A Certificate says what was erased. Its SHA-256 is in the audit log; the salt in it makes
// that a commitment.
type Certificate struct {
	Case       string `json:"case"`
	Generation int    `json:"generation,omitempty"` // of the windows' key; without it the store's records were erased
	Key        string `json:"key,omitempty"`        // fingerprint of the key that was destroyed
	// Windows are what lay encrypted under the key.
	Windows []SealedWindow `json:"windows,omitempty"`
	Records int            `json:"records,omitempty"` // how many the store had of the case
	Why     string         `json:"why"`
	Until   time.Time      `json:"until"` // when its time was over
	Began   time.Time      `json:"began"`
	Salt    string         `json:"salt"`
}

// A SealedWindow is a window that lies encrypted under a case's key.
type SealedWindow struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // of the ciphertext
	Size   int64  `json:"size"`
}

// An Erasure is a certificate with where it stands.
type Erasure struct {
	ID          string // of its entry in the audit log, once it is done
	Certificate Certificate
	Text        string    // of the certificate, whose SHA-256 the audit log has
	Done        time.Time // zero while it is under way
}

func erasureID(caseID string, generation int) string {
	return signal.ID("erasure", caseID, strconv.Itoa(generation))
}

// BeginErasure decides for good that the key of a case's windows is destroyed: from here
// on nobody gets it, and what is under way is finished whatever happens. It returns
// ErrNotDue where the term is not over or a legal hold keeps it.
func (s *Store) BeginErasure(ctx context.Context, r Retention, caseID string, generation int) (e Erasure, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		e, err = s.certify(ctx, tx, r, caseID, generation)
		if err != nil {
			return err
		}
		c := e.Certificate
		err := tx.QueryRowContext(ctx, `SELECT fingerprint FROM case_keys WHERE case_id = ? AND generation = ?`, caseID, generation).Scan(&c.Key)
		if err != nil {
			return err
		}
		if c.Windows, err = sealedOf(ctx, tx, caseID, generation); err != nil {
			return err
		}
		e, err = insertErasure(ctx, tx, c, sql.NullInt64{})
		return err
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("begin erasure of case %s: %w", caseID, err)
	}
	return e, nil
}

// certify checks that something is due, inside of the transaction that acts on it.
func (s *Store) certify(ctx context.Context, tx *sql.Tx, r Retention, caseID string, generation int) (Erasure, error) {
	t := Term{CaseID: caseID, Generation: generation}
	ended, err := s.term(ctx, tx, r, &t)
	if err != nil {
		return Erasure{}, err
	}
	now := s.now()
	if !ended || t.Held || t.Until.After(now) {
		return Erasure{}, ErrNotDue
	}
	return Erasure{Certificate: Certificate{
		Case: caseID, Generation: generation, Why: t.Why, Until: t.Until, Began: now, Salt: newSalt(),
	}}, nil
}

func insertErasure(ctx context.Context, tx *sql.Tx, c Certificate, done sql.NullInt64) (Erasure, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return Erasure{}, err
	}
	e := Erasure{ID: erasureID(c.Case, c.Generation), Certificate: c, Text: string(text)}
	if c.Generation == 0 { // a case may come back, and be erased again
		e.ID = signal.ID("erasure", c.Case, "record", strconv.FormatInt(c.Began.UnixMicro(), 10))
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO erasures (id, case_id, generation, certificate, began_at, done_at) VALUES (?, ?, ?, ?, ?, ?)`,
		e.ID, c.Case, c.Generation, e.Text, c.Began.UnixMicro(), done)
	return e, err
}

// FinishErasure keeps that the key is gone and tells the audit log, with the certificate's
// digest: the proof. To finish twice changes nothing.
func (s *Store) FinishErasure(ctx context.Context, e Erasure) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		now := s.now()
		res, err := tx.ExecContext(ctx, `UPDATE erasures SET done_at = ? WHERE id = ? AND done_at IS NULL`, now.UnixMicro(), e.ID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return enqueueErasure(ctx, tx, e, now)
	})
	if err != nil {
		return fmt.Errorf("finish erasure of case %s: %w", e.Certificate.Case, err)
	}
	return nil
}

func enqueueErasure(ctx context.Context, tx *sql.Tx, e Erasure, at time.Time) error {
	return enqueueEntry(ctx, tx, audit.Entry{
		Kind: audit.KindErasure, ID: e.ID, Digest: digest([]byte(e.Text)), At: at, Refs: []string{e.Certificate.Case},
	})
}

// erasedTexts empty what the store says of a case, and of the blind copies of it, and
// leave what numbers are made of: that there was a case, and what was decided when by whom.
var erasedTexts = []string{
	`UPDATE records SET record = ? WHERE case_id = ?`,
	`UPDATE decisions SET note = ? WHERE case_id = ?`,
	`UPDATE opinions SET note = ? WHERE case_id = ?`,
	`UPDATE recusals SET reason = ? WHERE case_id = ?`,
	`UPDATE procedures SET remark = ? WHERE decision_id IN (SELECT id FROM decisions WHERE case_id = ?)`,
	`UPDATE cases SET subject = ? WHERE id = ?`,
}

var erasedRows = []string{
	`DELETE FROM receipts WHERE action_id IN (SELECT id FROM actions WHERE case_id = ?)`,
	`DELETE FROM appeals WHERE case_id = ?`,
	`DELETE FROM deliveries WHERE case_id = ?`,
	`DELETE FROM actions WHERE case_id = ?`,
	`DELETE FROM orders WHERE case_id = ?`,
	`UPDATE procedures SET danger = 'erased' WHERE danger <> '' AND decision_id IN (SELECT id FROM decisions WHERE case_id = ?)`,
	`DELETE FROM decision_salts WHERE decision_id IN (SELECT id FROM decisions WHERE case_id = ?)`,
	`DELETE FROM salts WHERE case_id = ?`,
	`DELETE FROM people WHERE case_id = ?`,
	`DELETE FROM marks WHERE case_id = ?`,
	`DELETE FROM sightings WHERE case_id = ?`,
	`UPDATE image_views SET frame = 'erased' WHERE case_id = ?`,
	`UPDATE filings SET body = '', journal = '' WHERE case_id = ?`,
	`UPDATE filing_steps SET says = '' WHERE alert IN (SELECT alert FROM filings WHERE case_id = ?)`,
	`UPDATE filing_steps SET says = '' WHERE alert IN (SELECT 'queue/' || alert FROM queued WHERE case_id = ?)`,
	`UPDATE queued SET body = '' WHERE case_id = ?`,
	`DELETE FROM account_requests WHERE case_id = ?`,
	`UPDATE outcomes SET record = '' WHERE case_id = ?`,
	`UPDATE outcome_looks SET remark = '' WHERE outcome_id IN (SELECT id FROM outcomes WHERE case_id = ?)`,
	`UPDATE legal_holds SET reason = 'erased', why = 'erased' WHERE case_id = ?`,
}

// EraseRecords erases what the store says of a case whose time is over, with the salts that
// open what the audit log has of it, and tells the log. The windows' keys must be gone
// before it: what is left of them is ErrNotDue.
func (s *Store) EraseRecords(ctx context.Context, r Retention, caseID string) (e Erasure, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		if e, err = s.certify(ctx, tx, r, caseID, 0); err != nil {
			return err
		}
		var keys int
		err := tx.QueryRowContext(ctx, `
			SELECT (SELECT count(*) FROM records WHERE case_id = ?), (SELECT count(*) FROM case_keys k WHERE k.case_id = ? AND NOT EXISTS (
				SELECT 1 FROM erasures x WHERE x.case_id = k.case_id AND x.generation = k.generation AND x.done_at IS NOT NULL))`, caseID, caseID).
			Scan(&e.Certificate.Records, &keys)
		if err != nil {
			return err
		}
		if keys > 0 {
			return fmt.Errorf("%w: a key of its windows is there", ErrNotDue)
		}
		if err := s.eraseTexts(ctx, tx, caseID); err != nil {
			return err
		}
		now := e.Certificate.Began
		if e, err = insertErasure(ctx, tx, e.Certificate, sql.NullInt64{Int64: now.UnixMicro(), Valid: true}); err != nil {
			return err
		}
		e.Done = now
		return enqueueErasure(ctx, tx, e, now)
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("erase case %s: %w", caseID, err)
	}
	return e, nil
}

// eraseTexts erases a case and what came back of it blind, which waits for nobody then.
func (s *Store) eraseTexts(ctx context.Context, tx *sql.Tx, caseID string) error {
	copies, err := probesOf(ctx, tx, caseID)
	if err != nil {
		return err
	}
	for _, id := range copies {
		if _, err := tx.ExecContext(ctx, `UPDATE cases SET state = 'withdrawn' WHERE id = ?`, id); err != nil {
			return err
		}
		if err := errors.Join(s.settle(ctx, tx, id, StateWithdrawn), eraseText(ctx, tx, id)); err != nil {
			return err
		}
	}
	return eraseText(ctx, tx, caseID)
}

// probesOf returns what came back of a case blind, under other names.
func probesOf(ctx context.Context, tx *sql.Tx, caseID string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `SELECT p.case_id FROM probes p JOIN decisions d ON d.id = p.decision WHERE d.case_id = ?`, caseID)
	if err != nil {
		return nil, err
	}
	return column[string](rows)
}

func eraseText(ctx context.Context, tx *sql.Tx, caseID string) error {
	for i, query := range erasedTexts {
		var empty any = ""
		if i == 0 {
			empty = []byte{}
		}
		if _, err := tx.ExecContext(ctx, query, empty, caseID); err != nil {
			return err
		}
	}
	for _, query := range erasedRows {
		if _, err := tx.ExecContext(ctx, query, caseID); err != nil {
			return err
		}
	}
	return nil
}

// Erasures returns those of a case, or of all where id is empty; only those under way where
// it says so. The newest come last.
func (s *Store) Erasures(ctx context.Context, id string, underWay bool) (list []Erasure, err error) {
	query := `SELECT id, certificate, coalesce(done_at, 0) FROM erasures WHERE (? = '' OR case_id = ?)`
	if underWay {
		query += ` AND done_at IS NULL`
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY began_at, id`, id, id)
	if err != nil {
		return nil, fmt.Errorf("erasures: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e Erasure
		var done int64
		if err := rows.Scan(&e.ID, &e.Text, &done); err != nil {
			return nil, fmt.Errorf("erasures: %w", err)
		}
		if err := json.Unmarshal([]byte(e.Text), &e.Certificate); err != nil {
			return nil, fmt.Errorf("erasures: %s: %w", e.ID, err)
		}
		if done > 0 {
			e.Done = fromMicros(done)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

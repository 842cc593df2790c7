package inbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A Record is one record as it came.
type Record struct {
	Data   []byte
	Source string // topic/partition, or file
	Place  int64  // offset, or line from 1
	Type   string // as its sender gave it, or empty
	// Fault is why there are no bytes to look at: a file that is too large or cannot be read.
	Fault string
}

// check looks at a record.
func (s *Store) check(r Record) *Checked {
	if r.Fault == "" {
		return s.keys.Check(r.Data, r.Type)
	}
	c := &Checked{}
	c.step(StepRead, false, "%s", r.Fault)
	return c
}

func (r Record) digest() string {
	if r.Fault == "" {
		return digest(r.Data)
	}
	return digest([]byte(r.Source + "\x00" + r.Fault))
}

// An Offset is from where a partition is read on.
type Offset struct {
	Topic     string
	Partition int
	Next      int64
}

// Limits on what failed: anybody who can write to a queue can make it fail.
const (
	// MaxFailed is how many rows are kept; what fails after is counted alone.
	MaxFailed = 2_000
	// keptOfFailed is how many bytes of each are kept.
	keptOfFailed = 512 << 10
)

// Take checks a record and keeps it with what its checks found, and the offset, where there
// is one, in the same transaction. The same bytes again change nothing but a count. What
// fails is no error here, but a row; an error is that the store cannot be written.
func (s *Store) Take(ctx context.Context, r Record, next *Offset) error {
	sum := r.digest()
	// Bytes that are there and passed need no second look, which for what is sealed is dear.
	var failed string
	err := s.read.QueryRowContext(ctx, `SELECT failed FROM received WHERE digest = ?`, sum).Scan(&failed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("take record: %w", err)
	}
	var c *Checked
	if err != nil || failed != "" {
		c = s.check(r)
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		if err := s.keep(ctx, tx, r, sum, c); err != nil || next == nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO offsets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next`, next.Topic, next.Partition, next.Next)
		return err
	})
	if err != nil {
		return fmt.Errorf("take record %d of %s: %w", r.Place, r.Source, err)
	}
	return nil
}

// keep notes a record. c is nil where the same bytes were there and passed.
func (s *Store) keep(ctx context.Context, tx *sql.Tx, r Record, sum string, c *Checked) error {
	var seq int64
	var failed, source string
	var place int64
	err := tx.QueryRowContext(ctx, `SELECT seq, failed, source, place FROM received WHERE digest = ?`, sum).Scan(&seq, &failed, &source, &place)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if c == nil {
			c = s.check(r)
		}
		if c.Failed() != "" {
			if full, err := s.full(ctx, tx); err != nil || full {
				return err
			}
		}
		if seq, err = s.insert(ctx, tx, r, sum, c); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if source != r.Source || place != r.Place {
			if _, err := tx.ExecContext(ctx, `UPDATE received SET copies = copies + 1 WHERE seq = ?`, seq); err != nil {
				return err
			}
		}
		if failed == "" || c == nil {
			return nil
		}
		if err := s.found(ctx, tx, seq, r.Data, c); err != nil {
			return err
		}
	}
	return s.settle(ctx, tx, seq, c)
}

// full reports whether no more of what failed is kept, and counts it then.
func (s *Store) full(ctx context.Context, tx *sql.Tx) (bool, error) {
	var have int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM received WHERE failed <> ''`).Scan(&have); err != nil || have < MaxFailed {
		return false, err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO notes VALUES ('dropped', '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1`)
	return true, err
}

func (s *Store) insert(ctx context.Context, tx *sql.Tx, r Record, sum string, c *Checked) (int64, error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO received (source, place, at, digest, type, data, whole, copies, kind, about, payload, sealed, failed, steps)
		VALUES (?, ?, ?, ?, ?, x'', 1, 1, '', '', NULL, 0, '', '')`, r.Source, r.Place, s.now().UnixMicro(), sum, r.Type)
	if err != nil {
		return 0, err
	}
	seq, err := res.LastInsertId()
	if err != nil {
		return 0, err
	}
	return seq, s.found(ctx, tx, seq, r.Data, c)
}

// found notes what the checks of a record found.
func (s *Store) found(ctx context.Context, tx *sql.Tx, seq int64, data []byte, c *Checked) error {
	steps, err := json.Marshal(c.Steps)
	if err != nil {
		return err
	}
	payload := c.Payload
	if c.Failed() != "" {
		if len(data) > keptOfFailed {
			data = data[:keptOfFailed]
		}
		payload = nil
	}
	whole := 0
	if c.Failed() == "" || len(data) < keptOfFailed {
		whole = 1
	}
	_, err = tx.ExecContext(ctx, `UPDATE received SET data = ?, whole = ?, kind = ?, about = ?, payload = ?, sealed = ?, failed = ?, steps = ? WHERE seq = ?`,
		nonNil(data), whole, c.Kind, c.About, payload, c.Sealed, c.Failed(), string(steps), seq)
	return err
}

func nonNil(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}

// settle makes an alert or a correction of a record that passed.
func (s *Store) settle(ctx context.Context, tx *sql.Tx, seq int64, c *Checked) error {
	if c.Failed() != "" {
		return nil
	}
	came := s.now().UnixMicro()
	if c.Kind == KindCorrection {
		_, err := tx.ExecContext(ctx, `INSERT INTO corrections VALUES (?, ?, ?, ?, ?, ?, '', 0) ON CONFLICT DO NOTHING`,
			c.Correction.ID, seq, c.Correction.Alert, c.Correction.Outcome, c.Correction.Statement.Sequence, came)
		return err
	}
	a := c.Alert
	facts, err := json.Marshal(factsOf(a))
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, '', 0) ON CONFLICT DO NOTHING`,
		a.ID, seq, a.Statement.Case, a.Shared, came, string(facts))
	if err != nil {
		return err
	}
	first, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if first == 0 {
		// Not all of an alert is in the log: why this centre, who else was told. What a
		// sender signed takes the place of what nobody did.
		if !c.Sealed {
			return nil
		}
		_, err := tx.ExecContext(ctx, `UPDATE alerts SET received = ?, facts = ?
			WHERE id = ? AND (SELECT sealed FROM received r WHERE r.seq = alerts.received) = 0`, seq, string(facts), a.ID)
		return err
	}
	return s.identify(ctx, tx, a)
}

// Recheck looks again at what failed, which other keys than before may open. It returns how
// many records passed.
func (s *Store) Recheck(ctx context.Context) (passed int, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT seq FROM received WHERE failed <> '' AND failed <> 'read' AND whole = 1 ORDER BY seq`)
	seqs, err := list(rows, err, func(r *sql.Rows) (seq int64, err error) { return seq, r.Scan(&seq) })
	if err != nil {
		return 0, fmt.Errorf("recheck: %w", err)
	}
	for _, seq := range seqs {
		err := s.write(ctx, func(tx *sql.Tx) error {
			var r Record
			var steps string
			if err := tx.QueryRowContext(ctx, `SELECT data, type, steps FROM received WHERE seq = ?`, seq).Scan(&r.Data, &r.Type, &steps); err != nil {
				return err
			}
			c := s.keys.Check(r.Data, r.Type)
			var before []Step
			if err := json.Unmarshal([]byte(steps), &before); err == nil && slices.Equal(before, c.Steps) {
				return nil
			}
			if err := s.found(ctx, tx, seq, r.Data, c); err != nil {
				return err
			}
			if c.Failed() == "" {
				passed++
			}
			return s.settle(ctx, tx, seq, c)
		})
		if err != nil {
			return passed, fmt.Errorf("recheck record %d: %w", seq, err)
		}
	}
	return passed, nil
}

// Next is the offset from which a partition is to be read.
func (s *Store) Next(ctx context.Context, topic string, partition int) (next int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT next FROM offsets WHERE topic = ? AND partition = ?`, topic, partition).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("offset of %s/%d: %w", topic, partition, err)
	}
	return next, nil
}

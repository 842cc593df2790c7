package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// DefaultLimit and MaxLimit bound what List and Outbox return at a time.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

func bound(limit int) int {
	if limit <= 0 {
		return DefaultLimit
	}
	return min(limit, MaxLimit)
}

// A Filter chooses cases.
type Filter struct {
	States []State // none means all
	Limit  int     // 0 means DefaultLimit; at most MaxLimit
}

// A Summary is a case's line in a list. It has no evidence in it, and so is not
// a view.
type Summary struct {
	ID          string
	Subject     signal.Subject
	State       State
	Revision    uint64
	Digest      string
	Score       float64
	Probability float64
	First, Last time.Time // of the evidence, event time
	Received    time.Time // when the newest record came
	Decisions   int
}

// List returns cases, the likeliest first.
func (s *Store) List(ctx context.Context, f Filter) (list []Summary, err error) {
	query := `
		SELECT id, subject, state, revision, digest, score, probability, first_at, last_at, received_at,
			(SELECT count(*) FROM decisions WHERE decisions.case_id = cases.id)
		FROM cases `
	var args []any
	for _, state := range f.States {
		if !state.Valid() {
			return nil, fmt.Errorf("list cases: no such state: %q", state)
		}
		args = append(args, string(state))
	}
	if len(args) > 0 {
		query += `WHERE state IN (?` + strings.Repeat(", ?", len(args)-1) + `) `
	}
	query += `ORDER BY probability DESC, last_at DESC, id LIMIT ?`
	rows, err := s.db.QueryContext(ctx, query, append(args, bound(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c Summary
		var first, last, received int64
		err := rows.Scan(&c.ID, &c.Subject, &c.State, &c.Revision, &c.Digest, &c.Score, &c.Probability,
			&first, &last, &received, &c.Decisions)
		if err != nil {
			return nil, fmt.Errorf("list cases: %w", err)
		}
		c.First, c.Last, c.Received = fromMicros(first), fromMicros(last), fromMicros(received)
		list = append(list, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return list, nil
}

// Show returns a case as it stands and the decisions on it that stand, oldest first. That
// viewer saw it is in the outbox, for the audit log, before Show returns.
func (s *Store) Show(ctx context.Context, id string, viewer Person) (Case, []Decision, error) {
	if err := viewer.check(); err != nil {
		return Case{}, nil, err
	}
	var c Case
	var ds []Decision
	err := s.write(ctx, func(tx *sql.Tx) error {
		f, err := s.loadFacts(ctx, tx, id, viewer)
		if err != nil {
			return err
		}
		if err := allow(Look, f); err != nil {
			return err
		}
		if c, err = loadRecord(ctx, tx, f.current); err != nil {
			return err
		}
		c.State = f.state
		if ds, err = loadDecisions(ctx, tx, `WHERE d.case_id = ? AND p.undone_at IS NULL ORDER BY d.sequence`, id); err != nil {
			return err
		}
		return s.saveView(ctx, tx, c, viewer.ID)
	})
	if err != nil {
		return Case{}, nil, fmt.Errorf("show case: %w", err)
	}
	return c, ds, nil
}

func (s *Store) saveView(ctx context.Context, tx *sql.Tx, c Case, viewer string) error {
	now := s.now()
	var sequence int
	err := tx.QueryRowContext(ctx, `
		INSERT INTO views (case_id, sequence, digest, viewer, at)
		VALUES (?1, (SELECT 1 + count(*) FROM views WHERE case_id = ?1), ?2, ?3, ?4) RETURNING sequence`,
		c.ID, c.Digest, viewer, now.UnixMicro()).Scan(&sequence)
	if err != nil {
		return fmt.Errorf("save view: %w", err)
	}
	return enqueueEntry(ctx, tx, audit.Entry{
		Kind: audit.KindView, ID: signal.ID("view", c.ID, strconv.Itoa(sequence)), Digest: c.Digest, At: now,
		Refs: []string{c.ID, "reviewer/" + viewer},
	})
}

func loadRecord(ctx context.Context, tx *sql.Tx, digest string) (Case, error) {
	var record []byte
	err := tx.QueryRowContext(ctx, `SELECT record FROM records WHERE digest = ?`, digest).Scan(&record)
	if err != nil {
		return Case{}, fmt.Errorf("load record: %w", err)
	}
	return readRecord(record, digest)
}

// readRecord decodes a stored record, if it still is what it was: a person must
// not decide, and a centre not be told, on evidence that was changed on the disk.
func readRecord(record []byte, want string) (Case, error) {
	if len(record) == 0 {
		return Case{Digest: want}, ErrErased
	}
	if digest(record) != want {
		return Case{}, fmt.Errorf("the record with digest %s was changed in the store", want)
	}
	// Receive took this record, so that a misfit now is a fault of the store and
	// must not pass for a bad record to be dropped: only its text goes on.
	c, err := DecodeCase(record)
	if err != nil {
		return Case{}, fmt.Errorf("the record with digest %s no longer decodes: %s", want, err.Error())
	}
	return c, nil
}

package inbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/report"
)

// A Word is what a centre says came of an alert, and who says it.
type Word struct {
	Alert     string
	Result    report.Result
	Missing   []string // of an insufficient alert
	Entries   []report.EntryOutcome
	Reference string // the centre's own
	By        string
}

// A Said is a word that was said. Sent is when it left, zero while it waits.
type Said struct {
	report.Outcome
	By   string
	Sent time.Time
}

// Errors of words, in words for who tried.
var (
	ErrResult = errors.New("say what came of it: acknowledged, actionable, known, insufficient or wrong")
	ErrWhat   = errors.New("say what is missing where an alert is insufficient, and name entries only where a match was wrong or right")
	ErrNoWord = errors.New("nothing was said of this alert that could be taken back")
	ErrNoSign = errors.New("this inbox has no key to sign outcomes with: make one with `vigil inbox key`")
)

// Say keeps what somebody says of an alert, with the order to send it, in one transaction.
// The newest word holds.
func (s *Store) Say(ctx context.Context, w Word) (o report.Outcome, err error) {
	switch w.Result {
	case report.Acknowledged, report.Actionable, report.Known, report.Insufficient, report.Wrong:
	default:
		return o, ErrResult
	}
	if (len(w.Missing) > 0) != (w.Result == report.Insufficient) || len(w.Entries) > 0 && w.Result != report.Wrong && w.Result != report.Actionable {
		return o, ErrWhat
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		o, err = s.say(ctx, tx, w, DidSay)
		return err
	})
	return o, err
}

// Undo takes the newest word of an alert back by a later one, which says what held before
// it: the word before, or that the alert was read.
func (s *Store) Undo(ctx context.Context, alert, by string) (o report.Outcome, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		said, err := words(ctx, tx, alert)
		if err != nil {
			return err
		}
		if len(said) == 0 {
			return ErrNoWord
		}
		w := Word{Alert: alert, Result: report.Acknowledged, By: by}
		if len(said) > 1 {
			before := said[1].Outcome
			w.Result, w.Missing, w.Entries, w.Reference = before.Result, before.Missing, before.Entries, before.Reference
		} else if said[0].Result == report.Acknowledged {
			return ErrNoWord
		}
		o, err = s.say(ctx, tx, w, DidUndo)
		return err
	})
	return o, err
}

func (s *Store) say(ctx context.Context, tx *sql.Tx, w Word, did string) (o report.Outcome, err error) {
	if s.set.Sign == nil {
		return o, ErrNoSign
	}
	o = report.Outcome{
		Alert: w.Alert, Centre: s.keys.Centre, Result: w.Result, At: s.now(), Missing: w.Missing, Entries: w.Entries, Reference: w.Reference,
	}
	err = tx.QueryRowContext(ctx, `SELECT case_id, (SELECT coalesce(max(sequence), 0) + 1 FROM words WHERE alert = id) FROM alerts WHERE id = ?`, w.Alert).Scan(&o.Case, &o.Sequence)
	if errors.Is(err, sql.ErrNoRows) {
		return o, fmt.Errorf("alert %.64q: %w", w.Alert, ErrNotFound)
	}
	if err != nil {
		return o, err
	}
	o.ID = report.OutcomeID(o)
	value, err := s.set.Sign(o)
	if err != nil {
		return o, err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return o, err
	}
	at := o.At.UnixMicro()
	if _, err := tx.ExecContext(ctx, `INSERT INTO words VALUES (?, ?, ?, ?, ?)`, o.Alert, o.Sequence, at, w.By, string(text)); err != nil {
		return o, err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO outbox VALUES (?, (SELECT coalesce(max(seq), 0) + 1 FROM outbox), ?, ?, ?, 0)`, o.ID, o.Alert, value, at); err != nil {
		return o, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE alerts SET result = ?, word_at = ? WHERE id = ?`, o.Result, at, o.Alert); err != nil {
		return o, err
	}
	return o, s.log(ctx, tx, w.By, did, o.Alert, strconv.Itoa(o.Sequence)+" "+string(o.Result))
}

// query is what reads, in a transaction or not.
type query interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// words returns what was said of an alert, the newest first.
func words(ctx context.Context, q query, alert string) ([]Said, error) {
	rows, err := q.QueryContext(ctx, `SELECT w.outcome, w.who, o.sent_at FROM words w JOIN outbox o ON o.alert = w.alert AND o.id = json_extract(w.outcome, '$.id')
		WHERE w.alert = ? ORDER BY w.sequence DESC`, alert)
	return list(rows, err, func(r *sql.Rows) (one Said, err error) {
		var text string
		var sent int64
		if err := r.Scan(&text, &one.By, &sent); err != nil {
			return one, err
		}
		one.Sent = fromMicros(sent)
		return one, json.Unmarshal([]byte(text), &one.Outcome)
	})
}

// A Leaving is an outcome on its way out.
type Leaving struct {
	ID    string // of the outcome: whoever gets it twice drops it by this
	Alert string
	Value []byte // the envelope that the centre signed
	At    time.Time
}

// Unsent returns outcomes that have not left, in the order in which they were said.
func (s *Store) Unsent(ctx context.Context, limit int) ([]Leaving, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, alert, value, at FROM outbox WHERE sent_at = 0 ORDER BY seq LIMIT ?`, limit)
	all, err := list(rows, err, func(r *sql.Rows) (l Leaving, err error) {
		var at int64
		err = r.Scan(&l.ID, &l.Alert, &l.Value, &at)
		l.At = fromMicros(at)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("outcomes that wait: %w", err)
	}
	return all, nil
}

// Sent notes that an outcome has left.
func (s *Store) Sent(ctx context.Context, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE outbox SET sent_at = ? WHERE id = ? AND sent_at = 0`, s.now().UnixMicro(), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("note that outcome %s left: %w", id, err)
	}
	return nil
}

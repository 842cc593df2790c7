package inbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/report"
)

// The places in which alerts are listed.
const (
	PlaceWaits    = "waits"    // nothing final was said
	PlaceAnswered = "answered" // something was
)

// maxOrdered is how many alerts are put into an order at most: the newest.
const maxOrdered = 20_000

// An Item is an alert's line in a list.
type Item struct {
	ID       string
	Case     string
	Came     time.Time
	Facts    Facts
	Result   report.Result // of the last word, or empty
	WordAt   time.Time
	Sealed   bool
	Outcome  string // of the newest correction, or empty
	Known    []Known
	Reasons  []Reason
	Points   float64
	earlier  report.Result
	repeated bool
}

// A Page is a page of a list. Total is how many there are in all.
type Page struct {
	Items []Item
	Total int
}

// Queue returns a page of what waits, the most urgent first, or of what was answered, the
// last first.
func (s *Store) Queue(ctx context.Context, place string, from, limit int) (p Page, err error) {
	where, order := `a.result IN ('', 'acknowledged')`, `a.came DESC`
	if place == PlaceAnswered {
		where, order = `a.result NOT IN ('', 'acknowledged')`, `a.word_at DESC`
	}
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM alerts a WHERE `+where).Scan(&p.Total); err != nil {
		return p, fmt.Errorf("queue: %w", err)
	}
	rows, err := s.read.QueryContext(ctx, items+` WHERE `+where+` ORDER BY `+order+`, a.id LIMIT ?`, maxOrdered)
	if p.Items, err = list(rows, err, scanItem); err != nil {
		return p, fmt.Errorf("queue: %w", err)
	}
	known, err := s.allKnown(ctx, where)
	if err != nil {
		return p, fmt.Errorf("queue: %w", err)
	}
	now := s.now()
	for i := range p.Items {
		one := &p.Items[i]
		one.Known = known[one.ID]
		one.Reasons = Reasons(one.Facts, Stand{
			Now: now, Came: one.Came, Within: s.set.Within, Known: one.Known, Repeat: one.repeated, Reviewed: one.earlier, Retract: one.Outcome == report.Retracted,
		})
		one.Points = Sum(one.Reasons)
	}
	if place != PlaceAnswered {
		slices.SortStableFunc(p.Items, func(a, b Item) int {
			return cmp.Or(cmp.Compare(b.Points, a.Points), a.Came.Compare(b.Came), cmp.Compare(a.ID, b.ID))
		})
	}
	from = max(0, min(from, len(p.Items)))
	p.Items = p.Items[from:min(from+limit, len(p.Items))]
	return p, nil
}

// items is what scanItem reads.
const items = `SELECT a.id, a.case_id, a.came, a.facts, a.result, a.word_at, r.sealed,
	coalesce((SELECT c.outcome FROM corrections c WHERE c.alert = a.id ORDER BY c.sequence DESC LIMIT 1), ''),
	(SELECT count(*) FROM alerts e WHERE e.case_id = a.case_id AND e.came < a.came),
	coalesce((SELECT e.result FROM alerts e WHERE e.case_id = a.case_id AND e.came < a.came AND e.result <> '' ORDER BY e.word_at DESC LIMIT 1), '')
		FROM alerts a JOIN received r ON r.seq = a.received`

func scanItem(r *sql.Rows) (i Item, err error) {
	var came, word int64
	var facts string
	var earlier int
	if err := r.Scan(&i.ID, &i.Case, &came, &facts, &i.Result, &word, &i.Sealed, &i.Outcome, &earlier, &i.earlier); err != nil {
		return i, err
	}
	i.Came, i.WordAt, i.repeated = fromMicros(came), fromMicros(word), earlier > 0
	return i, json.Unmarshal([]byte(facts), &i.Facts)
}

func (s *Store) allKnown(ctx context.Context, where string) (map[string][]Known, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT i.alert, k.kind, k.label, count(DISTINCT k.blind) FROM known k JOIN identifiers i ON i.blind = k.blind AND i.kind = k.kind
		JOIN alerts a ON a.id = i.alert WHERE `+where+` GROUP BY i.alert, k.kind, k.label ORDER BY k.label, k.kind`)
	type row struct {
		alert string
		known Known
	}
	all, err := list(rows, err, func(r *sql.Rows) (one row, err error) {
		return one, r.Scan(&one.alert, &one.known.Kind, &one.known.Label, &one.known.Count)
	})
	out := map[string][]Known{}
	for _, one := range all {
		out[one.alert] = append(out[one.alert], one.known)
	}
	return out, err
}

// A Notice is a correction, as it is told of before all else.
type Notice struct {
	ID      string
	Alert   string
	There   bool // the alert came
	Outcome string
	Came    time.Time
	SeenBy  string
	SeenAt  time.Time
}

// Unread returns the corrections that nobody said they had read, the oldest first.
func (s *Store) Unread(ctx context.Context) ([]Notice, error) {
	rows, err := s.read.QueryContext(ctx, notices+` WHERE c.seen_by = '' ORDER BY c.came, c.id LIMIT 200`)
	return notice(rows, err)
}

const notices = `SELECT c.id, c.alert, EXISTS (SELECT 1 FROM alerts a WHERE a.id = c.alert), c.outcome, c.came, c.seen_by, c.seen_at FROM corrections c`

func notice(rows *sql.Rows, err error) ([]Notice, error) {
	all, err := list(rows, err, func(r *sql.Rows) (n Notice, err error) {
		var came, seen int64
		err = r.Scan(&n.ID, &n.Alert, &n.There, &n.Outcome, &came, &n.SeenBy, &seen)
		n.Came, n.SeenAt = fromMicros(came), fromMicros(seen)
		return n, err
	})
	if err != nil {
		return nil, fmt.Errorf("corrections: %w", err)
	}
	return all, nil
}

// ReadCorrection notes who read a correction first.
func (s *Store) ReadCorrection(ctx context.Context, id, who string) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		var alert string
		err := tx.QueryRowContext(ctx, `UPDATE corrections SET seen_by = ?, seen_at = ? WHERE id = ? AND seen_by = '' RETURNING alert`, who, s.now().UnixMicro(), id).Scan(&alert)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // somebody did, or there is none
		}
		if err != nil {
			return fmt.Errorf("correction %s: %w", id, err)
		}
		return s.log(ctx, tx, who, DidRead, alert, id)
	})
}

// A Failure is a record that did not pass.
type Failure struct {
	Seq    int64
	Source string
	Place  int64
	At     time.Time
	Digest string
	Bytes  int
	Copies int
	Kind   string
	About  string
	Failed string // the step
	Steps  []Step
}

// Says is what the step that failed found.
func (f Failure) Says() string {
	for _, s := range f.Steps {
		if !s.OK {
			return s.Says
		}
	}
	return ""
}

const failures = `SELECT seq, source, place, at, digest, length(data), copies, kind, about, failed, steps FROM received WHERE failed <> ''`

func failure(rows *sql.Rows, err error) ([]Failure, error) {
	all, err := list(rows, err, func(r *sql.Rows) (f Failure, err error) {
		var at int64
		var steps string
		if err := r.Scan(&f.Seq, &f.Source, &f.Place, &at, &f.Digest, &f.Bytes, &f.Copies, &f.Kind, &f.About, &f.Failed, &steps); err != nil {
			return f, err
		}
		f.At = fromMicros(at)
		return f, json.Unmarshal([]byte(steps), &f.Steps)
	})
	if err != nil {
		return nil, fmt.Errorf("what failed: %w", err)
	}
	return all, nil
}

// Failures returns what did not pass, the newest first, and how many more there were that
// were not kept.
func (s *Store) Failures(ctx context.Context, from, limit int) (all []Failure, dropped int, err error) {
	rows, err := s.read.QueryContext(ctx, failures+` ORDER BY seq DESC LIMIT ? OFFSET ?`, limit, from)
	if all, err = failure(rows, err); err != nil {
		return nil, 0, err
	}
	err = s.read.QueryRowContext(ctx, `SELECT coalesce((SELECT CAST(value AS INTEGER) FROM notes WHERE name = 'dropped'), 0)`).Scan(&dropped)
	return all, dropped, err
}

// Counts are what the pages say beside the names of their lists.
type Counts struct{ Waits, Answered, Failed, Unread, Unsent, Known int }

// Counts counts.
func (s *Store) Counts(ctx context.Context) (c Counts, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM alerts WHERE result IN ('', 'acknowledged')), (SELECT count(*) FROM alerts WHERE result NOT IN ('', 'acknowledged')),
		(SELECT count(*) FROM received WHERE failed <> ''), (SELECT count(*) FROM corrections WHERE seen_by = ''), (SELECT count(*) FROM outbox WHERE sent_at = 0), (SELECT count(*) FROM known)`).
		Scan(&c.Waits, &c.Answered, &c.Failed, &c.Unread, &c.Unsent, &c.Known)
	if err != nil {
		err = fmt.Errorf("counts: %w", err)
	}
	return c, err
}

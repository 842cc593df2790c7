package review

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit"
)

// A FiledStep is one thing that was done about a filing.
type FiledStep struct {
	At      time.Time
	State   FilingState // that it came to; empty where it did not change
	Asked   string      // of the centre, by a channel, with what came of it
	Outcome string
	Request string // id by which the centre knows what it was asked
	Report  string // the centre's reference of the report
	Person  string // who did it, where a person did
	Says    string // in words
	Entry   string // id of the audit log's entry on it; empty where there is none
	Index   string // where in the log it lies; empty as long as it does not
}

// plainText is what a centre wrote as a column of text takes it: PostgreSQL has neither NUL
// nor what is not UTF-8, and a delivery must not stand still over either.
func plainText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// noteStep keeps a step behind those that are there.
func noteStep(ctx context.Context, tx *sql.Tx, alert string, st FiledStep) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO filing_steps (alert, n, entry, at, state, asked, outcome, request, report, person, says)
		SELECT CAST(? AS TEXT), coalesce(max(n), 0) + 1, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT)
		FROM filing_steps WHERE alert = ?`,
		alert, st.Entry, st.At.UnixMicro(), string(st.State), plainText(st.Asked), plainText(st.Outcome), plainText(st.Request), plainText(st.Report), st.Person, plainText(st.Says), alert)
	if err != nil {
		return fmt.Errorf("note a step: %w", err)
	}
	return nil
}

// heldStill reports whether a delivery that is held was so before and lacks the same, by what a
// query finds of it: that it was looked at once more is no news.
func heldStill(ctx context.Context, tx *sql.Tx, query string, d Filing) (bool, error) {
	if d.State != FilingHeld {
		return false, nil
	}
	var was Filing
	err := tx.QueryRowContext(ctx, query, d.Alert).Scan(&was.State, &was.Says)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return was.State == FilingHeld && was.Says == d.Says, err
}

// noteDelivery keeps a step, and has the log told of it by the entry that the step names. Digest
// is of what the entry commits to.
func noteDelivery(ctx context.Context, tx *sql.Tx, alert string, st FiledStep, digest string, refs []string) error {
	if err := noteStep(ctx, tx, alert, st); err != nil {
		return err
	}
	return enqueueEntry(ctx, tx, audit.Entry{Kind: audit.KindDelivery, ID: st.Entry, Digest: digest, At: st.At, Refs: refs})
}

// A ShownFiling is a filing as people look at it, without what it tells.
type ShownFiling struct {
	Filing
	ByQueue bool      // it goes into its centre's queue, and not by a channel
	Since   time.Time // it stands as it does; zero where that was not noted
}

// inQueue is under what the steps of an alert into its centre's queue are kept: the same alert
// may go by a channel as well.
func inQueue(alert string) string { return "queue/" + alert }

// Retryable reports whether a person may have it tried again. Unknown is not sent again but
// asked for: the centre may have it.
func (d Filing) Retryable() bool {
	return !d.Superseded && (d.State == FilingFailed || d.State == FilingHeld || d.State == FilingUnknown)
}

// A FilingView says which filings are looked at.
type FilingView string

// The views, of which the first is that of what needs a person: what failed or is held, and
// what is late.
const (
	ViewAttention FilingView = "attention"
	ViewLate      FilingView = "late"
	ViewFailed    FilingView = "failed"
	ViewHeld      FilingView = "held"
	ViewUnknown   FilingView = "unknown"
	ViewQueued    FilingView = "queued" // or being sent
	ViewFiled     FilingView = "filed"
)

// FilingViews are all of them.
var FilingViews = []FilingView{ViewAttention, ViewLate, ViewFailed, ViewHeld, ViewUnknown, ViewQueued, ViewFiled}

// FilingsWaiting counts what of filings needs a person.
func (s *Store) FilingsWaiting(ctx context.Context, who Person) (n int, err error) {
	counts, err := s.FilingCounts(ctx, who)
	return counts[ViewAttention], err
}

// FilingCounts counts those of each view that are not over.
func (s *Store) FilingCounts(ctx context.Context, who Person) (map[FilingView]int, error) {
	if !who.May(SeeFilings) {
		return nil, fmt.Errorf("filings: %w %s", ErrDenied, SeeFilings)
	}
	counts := map[FilingView]int{}
	for _, from := range []string{
		`CASE WHEN ` + superseded + ` THEN 1 ELSE 0 END, count(*) FROM filings AS f`,
		`0, count(*) FROM queued AS f`,
	} {
		if err := s.countFilings(ctx, from, counts); err != nil {
			return nil, fmt.Errorf("count filings: %w", err)
		}
	}
	return counts, nil
}

func (s *Store) countFilings(ctx context.Context, from string, counts map[FilingView]int) (err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT f.state, CASE WHEN f.due_at < ? THEN 1 ELSE 0 END, `+from+`
		WHERE f.state NOT IN ('filed', 'withdrawn') GROUP BY 1, 2, 3`, s.now().UnixMicro())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var state FilingState
		var late, gone bool
		var n int
		if err := rows.Scan(&state, &late, &gone, &n); err != nil {
			return err
		}
		if late {
			counts[ViewLate] += n
		}
		if !gone && (late || state == FilingFailed || state == FilingHeld) {
			counts[ViewAttention] += n
		}
		if state == FilingSending {
			state = FilingQueued
		}
		counts[FilingView(state)] += n
	}
	return rows.Err()
}

// ShownFilings returns what a view shows, by channels and into queues, the most urgent first;
// of what is filed the newest.
func (s *Store) ShownFilings(ctx context.Context, who Person, v FilingView, limit int) ([]ShownFiling, error) {
	if !who.May(SeeFilings) {
		return nil, fmt.Errorf("filings: %w %s", ErrDenied, SeeFilings)
	}
	const open = `state NOT IN ('filed', 'withdrawn')`
	now := s.now().UnixMicro()
	where, args := `state = ?`, []any{string(v)}
	switch v {
	case ViewAttention:
		where, args = open+` AND (due_at < ? OR state IN ('failed', 'held'))`, []any{now}
	case ViewLate:
		where, args = open+` AND due_at < ?`, []any{now}
	case ViewQueued:
		where, args = `state IN ('queued', 'sending')`, nil
	case ViewFiled:
		where, args = `state IN ('filed', 'withdrawn')`, nil
	}
	order, first := `priority DESC, due_at, alert`, func(a, b ShownFiling) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Due.Compare(b.Due), cmp.Compare(a.Alert, b.Alert))
	}
	if v == ViewFiled {
		order, first = `next_at DESC, alert`, func(a, b ShownFiling) int { return cmp.Or(b.Next.Compare(a.Next), cmp.Compare(a.Alert, b.Alert)) }
	}
	most := bound(limit)
	args = append(args, most)
	gone := ""
	if v == ViewAttention {
		gone = ` AND NOT ` + superseded
	}
	filings, err := loadFilings(ctx, s.read, `WHERE `+where+gone+` ORDER BY `+order+` LIMIT ?`, args...)
	if err != nil {
		return nil, err
	}
	queued, err := loadQueued(ctx, s.read, `WHERE `+where+` ORDER BY `+order+` LIMIT ?`, args...)
	if err != nil {
		return nil, err
	}
	list, err := s.shown(ctx, filings, queued)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, first)
	return list[:min(len(list), most)], nil
}

// shown leaves out what filings tell, and adds since when they stand as they do.
func (s *Store) shown(ctx context.Context, filings, queued []Filing) (list []ShownFiling, err error) {
	var keys []any
	for _, d := range filings {
		list, keys = append(list, ShownFiling{Filing: d}), append(keys, d.Alert)
	}
	for _, d := range queued {
		list, keys = append(list, ShownFiling{Filing: d, ByQueue: true}), append(keys, inQueue(d.Alert))
	}
	if len(list) == 0 {
		return nil, nil
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT alert, state, at FROM filing_steps WHERE state <> '' AND alert IN (?`+strings.Repeat(", ?", len(keys)-1)+`) ORDER BY alert, n`, keys...)
	if err != nil {
		return nil, fmt.Errorf("steps of filings: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	since, last := map[any]int64{}, map[any]FilingState{}
	for rows.Next() {
		var key string
		var state FilingState
		var at int64
		if err := rows.Scan(&key, &state, &at); err != nil {
			return nil, fmt.Errorf("steps of filings: %w", err)
		}
		if last[key] != state {
			last[key], since[key] = state, at
		}
	}
	for i := range list {
		d, key := &list[i], keys[i]
		d.Body = nil
		if last[key] == d.State || d.State == FilingSending && last[key] != "" {
			d.Since = fromMicros(since[key])
		}
	}
	return list, rows.Err()
}

// ShownFiling returns one with all that was done about it, oldest first.
func (s *Store) ShownFiling(ctx context.Context, alert string, byQueue bool, who Person) (d ShownFiling, steps []FiledStep, err error) {
	if !who.May(SeeFilings) {
		return d, nil, fmt.Errorf("filing: %w %s", ErrDenied, SeeFilings)
	}
	find, key := s.Filing, alert
	if byQueue {
		find, key = s.QueuedAlert, inQueue(alert)
	}
	one, err := find(ctx, alert)
	if err != nil {
		return d, nil, err
	}
	ways := map[bool][]Filing{byQueue: {one}}
	all, err := s.shown(ctx, ways[false], ways[true])
	if err != nil {
		return d, nil, err
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT s.at, s.state, s.asked, s.outcome, s.request, s.report, s.person, s.says, s.entry, coalesce(o.result, '')
		FROM filing_steps s LEFT JOIN outbox o ON o.entry_id = s.entry AND s.entry <> '' AND o.done_at IS NOT NULL
		WHERE s.alert = ? ORDER BY s.n`, key)
	if err != nil {
		return d, nil, fmt.Errorf("steps of filing %s: %w", alert, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var st FiledStep
		var at int64
		if err := rows.Scan(&at, &st.State, &st.Asked, &st.Outcome, &st.Request, &st.Report, &st.Person, &st.Says, &st.Entry, &st.Index); err != nil {
			return d, nil, fmt.Errorf("steps of filing %s: %w", alert, err)
		}
		st.At = fromMicros(at)
		steps = append(steps, st)
	}
	return all[0], steps, rows.Err()
}

// caseFilings are those of a case, by decision and centre.
func (s *Store) caseFilings(ctx context.Context, caseID string) ([]ShownFiling, error) {
	filings, err := loadFilings(ctx, s.read, `WHERE f.case_id = ? ORDER BY f.sequence, f.centre, f.alert LIMIT ?`, caseID, DefaultLimit)
	if err != nil {
		return nil, err
	}
	queued, err := loadQueued(ctx, s.read, `WHERE case_id = ? ORDER BY sequence, centre, alert LIMIT ?`, caseID, DefaultLimit)
	if err != nil {
		return nil, err
	}
	list, err := s.shown(ctx, filings, queued)
	slices.SortStableFunc(list, func(a, b ShownFiling) int {
		return cmp.Or(cmp.Compare(a.Sequence, b.Sequence), cmp.Compare(a.Centre, b.Centre))
	})
	return list, err
}

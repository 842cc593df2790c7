package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
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

// noteStep keeps a step behind those that are there.
func noteStep(ctx context.Context, tx *sql.Tx, alert string, st FiledStep) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO filing_steps (alert, n, entry, at, state, asked, outcome, request, report, person, says)
		SELECT CAST(? AS TEXT), coalesce(max(n), 0) + 1, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT)
		FROM filing_steps WHERE alert = ?`,
		alert, st.Entry, st.At.UnixMicro(), string(st.State), st.Asked, st.Outcome, st.Request, st.Report, st.Person, st.Says, alert)
	if err != nil {
		return fmt.Errorf("note a step: %w", err)
	}
	return nil
}

// A ShownFiling is a filing as people look at it, without what it tells.
type ShownFiling struct {
	Filing
	Since time.Time // it stands as it does; zero where that was not noted
}

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
	rows, err := s.read.QueryContext(ctx, `
		SELECT f.state, CASE WHEN f.due_at < ? THEN 1 ELSE 0 END, CASE WHEN `+superseded+` THEN 1 ELSE 0 END, count(*)
		FROM filings AS f WHERE f.state NOT IN ('filed', 'withdrawn') GROUP BY 1, 2, 3`, s.now().UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("count filings: %w", err)
	}
	counts := map[FilingView]int{}
	for rows.Next() {
		var state FilingState
		var late, gone bool
		var n int
		if err := rows.Scan(&state, &late, &gone, &n); err != nil {
			return nil, errors.Join(fmt.Errorf("count filings: %w", err), rows.Close())
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
	return counts, errors.Join(rows.Err(), rows.Close())
}

// ShownFilings returns what a view shows, the most urgent first; of what is filed the newest.
func (s *Store) ShownFilings(ctx context.Context, who Person, v FilingView, limit int) ([]ShownFiling, error) {
	if !who.May(SeeFilings) {
		return nil, fmt.Errorf("filings: %w %s", ErrDenied, SeeFilings)
	}
	const open, urgent = `f.state NOT IN ('filed', 'withdrawn')`, ` ORDER BY f.priority DESC, f.due_at, f.alert LIMIT ?`
	now := s.now().UnixMicro()
	where, args := `WHERE f.state = ?`+urgent, []any{string(v)}
	switch v {
	case ViewAttention:
		where, args = `WHERE `+open+` AND (f.due_at < ? OR f.state IN ('failed', 'held')) AND NOT `+superseded+urgent, []any{now}
	case ViewLate:
		where, args = `WHERE `+open+` AND f.due_at < ?`+urgent, []any{now}
	case ViewQueued:
		where, args = `WHERE f.state IN ('queued', 'sending')`+urgent, nil
	case ViewFiled:
		where, args = `WHERE f.state IN ('filed', 'withdrawn') ORDER BY f.next_at DESC, f.alert LIMIT ?`, nil
	}
	ds, err := loadFilings(ctx, s.read, where, append(args, bound(limit))...)
	if err != nil || len(ds) == 0 {
		return nil, err
	}
	return s.shown(ctx, ds)
}

// shown leaves out what filings tell, and adds since when they stand as they do.
func (s *Store) shown(ctx context.Context, ds []Filing) ([]ShownFiling, error) {
	alerts := make([]any, len(ds))
	for i := range ds {
		alerts[i] = ds[i].Alert
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT alert, state, at FROM filing_steps WHERE state <> '' AND alert IN (?`+strings.Repeat(", ?", len(alerts)-1)+`) ORDER BY alert, n`, alerts...)
	if err != nil {
		return nil, fmt.Errorf("steps of filings: %w", err)
	}
	since, last := map[string]int64{}, map[string]FilingState{}
	for rows.Next() {
		var alert string
		var state FilingState
		var at int64
		if err := rows.Scan(&alert, &state, &at); err != nil {
			return nil, errors.Join(fmt.Errorf("steps of filings: %w", err), rows.Close())
		}
		if last[alert] != state {
			last[alert], since[alert] = state, at
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("steps of filings: %w", err)
	}
	list := make([]ShownFiling, len(ds))
	for i, d := range ds {
		d.Body = nil
		list[i].Filing = d
		if last[d.Alert] == d.State || d.State == FilingSending && last[d.Alert] != "" {
			list[i].Since = fromMicros(since[d.Alert])
		}
	}
	return list, nil
}

// ShownFiling returns one with all that was done about it, oldest first.
func (s *Store) ShownFiling(ctx context.Context, alert string, who Person) (d ShownFiling, steps []FiledStep, err error) {
	if !who.May(SeeFilings) {
		return d, nil, fmt.Errorf("filing: %w %s", ErrDenied, SeeFilings)
	}
	one, err := s.Filing(ctx, alert)
	if err != nil {
		return d, nil, err
	}
	all, err := s.shown(ctx, []Filing{one})
	if err != nil {
		return d, nil, err
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT s.at, s.state, s.asked, s.outcome, s.request, s.report, s.person, s.says, s.entry, coalesce(o.result, '')
		FROM filing_steps s LEFT JOIN outbox o ON o.entry_id = s.entry AND s.entry <> '' AND o.done_at IS NOT NULL
		WHERE s.alert = ? ORDER BY s.n`, alert)
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

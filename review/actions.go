package review

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// choose keeps which action a person chose with their word; nothing chosen is what usually
// follows from their reason.
func (r Request) choose() action.Kind {
	if r.Action != "" {
		return r.Action
	}
	return action.Usual(r.Reason)
}

func saveChoice(ctx context.Context, tx *sql.Tx, opinion string, k action.Kind) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO choices (opinion_id, action) VALUES (?, ?)`, opinion, string(k))
	if err != nil {
		return fmt.Errorf("save choice: %w", err)
	}
	return nil
}

// agreed is the action of a decision that two made: the milder of what they chose.
func agreed(ctx context.Context, tx *sql.Tx, d Decision, mine action.Kind) (action.Kind, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT c.action FROM choices c JOIN opinions o ON o.id = c.opinion_id
		WHERE o.case_id = ? AND o.ended = '' AND o.decision_id IS NULL AND o.verdict = ?`, d.CaseID, string(d.Verdict))
	if err != nil {
		return "", fmt.Errorf("load choices: %w", err)
	}
	kinds, err := column[action.Kind](rows)
	for _, k := range kinds {
		mine = action.Milder(mine, k)
	}
	return mine, err
}

// A standingAction is one that a platform was asked for and that nothing ended.
type standingAction struct {
	action.Record
	stream string
}

// inForce returns the actions of a case that nothing ended, oldest first.
func inForce(ctx context.Context, tx *sql.Tx, caseID string) (list []standingAction, err error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT o.record FROM actions a JOIN orders o ON o.id = a.id
		WHERE a.case_id = ? AND a.ended_by = '' AND a.action <> 'lift' ORDER BY a.place`, caseID)
	if err != nil {
		return nil, fmt.Errorf("load actions: %w", err)
	}
	records, err := column[string](rows)
	for _, text := range records {
		r, err := action.Decode([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("load actions: %s", err.Error()) // a fault of the store, and no bad record
		}
		a := standingAction{Record: r}
		if r.Action.AtOnce() {
			a.stream = r.Streams[0]
		}
		list = append(list, a)
	}
	return list, err
}

// ask orders an action, which waits for the decision's hold where one is given, and ends
// those that it says it ends.
func (s *Store) ask(ctx context.Context, tx *sql.Tx, caseID, decision, waitsFor string, r action.Record) error {
	data, err := action.Encode(r)
	if err != nil {
		return err
	}
	if err := s.enqueueOrder(ctx, tx, Order{ID: r.ID, Kind: OrderAction, CaseID: caseID, Record: data, decision: waitsFor}); err != nil {
		return err
	}
	var until int64
	stream := ""
	if r.Until != nil {
		until, stream = r.Until.UnixMicro(), r.Streams[0]
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO actions (id, case_id, decision_id, platform, stream, action, place, at, until_at)
		SELECT id, case_id, ?, ?, ?, ?, place, ?, ? FROM orders WHERE id = ? ON CONFLICT (id) DO NOTHING`,
		sql.NullString{String: decision, Valid: decision != ""}, r.Platform, stream, string(r.Action), r.At.UnixMicro(), until, r.ID)
	if err != nil {
		return fmt.Errorf("save action: %w", err)
	}
	for _, id := range r.Ends {
		if _, err := tx.ExecContext(ctx, `UPDATE actions SET ended_by = ? WHERE id = ? AND ended_by = ''`, r.ID, id); err != nil {
			return fmt.Errorf("end action: %w", err)
		}
	}
	return nil
}

// lift orders that actions on one platform be undone.
func (s *Store) lift(ctx context.Context, tx *sql.Tx, caseID, decision, waitsFor string, these []standingAction, c action.Cause) error {
	if len(these) == 0 {
		return nil
	}
	v := action.View{Platform: these[0].Platform, Subject: these[0].Subject}
	c.Ends = nil
	for _, a := range these {
		c.Ends = append(c.Ends, a.ID)
		for _, name := range a.Streams {
			if !slices.Contains(v.Streams, name) && len(v.Streams) < action.MaxStreams {
				v.Streams = append(v.Streams, name)
			}
		}
	}
	r, _ := action.Of(v, action.Lift, c)
	return s.ask(ctx, tx, caseID, decision, waitsFor, r)
}

// follow orders what follows from a decision on each platform: the action that was chosen,
// where the platform told of a reason itself, and that what was asked before and no longer
// stands be lifted. It reports whether there is anything.
func (s *Store) follow(ctx context.Context, tx *sql.Tx, d Decision, chosen action.Kind, why action.LiftReason, appeal string, waits bool) (bool, error) {
	standing, err := inForce(ctx, tx, d.CaseID)
	if err != nil {
		return false, err
	}
	byPlatform := map[string]action.View{}
	var platforms []string
	for _, v := range action.Views(d.Case.Subject, d.Case.Signals) {
		byPlatform[v.Platform] = v
		platforms = append(platforms, v.Platform)
	}
	for _, a := range standing {
		if !slices.Contains(platforms, a.Platform) {
			platforms = append(platforms, a.Platform)
		}
	}
	waitsFor := ""
	if waits {
		waitsFor = d.ID
	}
	ordered := false
	for _, platform := range platforms {
		cause := action.Cause{ID: d.ID, At: d.At, StandIn: d.StandIn, Persons: d.Persons, Appeal: appeal, LiftFor: why}
		var gone []standingAction
		ends := false
		_, asks := action.Of(byPlatform[platform], chosen, cause)
		for _, a := range standing {
			switch {
			case a.Platform != platform:
			case asks && chosen.Replaces(a.Action):
				cause.Ends, ends = append(cause.Ends, a.ID), true
			default:
				gone = append(gone, a)
			}
		}
		if asks {
			cause.LiftFor = action.LiftReplaced
		}
		if err := s.lift(ctx, tx, d.CaseID, d.ID, waitsFor, gone, cause); err != nil {
			return false, err
		}
		if asks {
			r, _ := action.Of(byPlatform[platform], chosen, cause)
			if err := s.ask(ctx, tx, d.CaseID, d.ID, waitsFor, r); err != nil {
				return false, err
			}
		}
		ordered = ordered || asks || ends || len(gone) > 0
	}
	return ordered, nil
}

// unask takes back what a decision that is undone ordered: it has not left.
func (s *Store) unask(ctx context.Context, tx *sql.Tx, decision string) error {
	for _, query := range []string{
		`UPDATE actions SET ended_by = '' WHERE ended_by IN (SELECT id FROM orders WHERE decision_id = ?)`,
		`DELETE FROM actions WHERE id IN (SELECT id FROM orders WHERE decision_id = ?)`,
		`DELETE FROM orders WHERE decision_id = ? AND done_at IS NULL`,
	} {
		if _, err := tx.ExecContext(ctx, query, decision); err != nil {
			return fmt.Errorf("take back orders: %w", err)
		}
	}
	return nil
}

// Asked is an action that a platform was asked for, and how it went.
type Asked struct {
	action.Record
	Decision string // that it follows from, or empty
	Sent     bool   // it has left
	EndedBy  string // id of the action that ended it, or empty
	Delivery Delivery
	Receipts []action.Receipt
}

// asked returns the actions of a case, the oldest first.
func (s *Store) asked(ctx context.Context, q querier, caseID string) (list []Asked, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT o.record, coalesce(a.decision_id, ''), o.done_at IS NOT NULL, a.ended_by,
			coalesce(d.state, ''), coalesce(d.attempts, 0), coalesce(d.status, 0), coalesce(d.at, 0)
		FROM actions a JOIN orders o ON o.id = a.id LEFT JOIN deliveries d ON d.action_id = a.id
		WHERE a.case_id = ? ORDER BY a.place LIMIT ?`, caseID, MaxLimit)
	if err != nil {
		return nil, fmt.Errorf("load actions: %w", err)
	}
	defer func() { _ = rows.Close() }() // read to its end below
	at := map[string]int{}
	for rows.Next() {
		var a Asked
		var record string
		var last int64
		if err := rows.Scan(&record, &a.Decision, &a.Sent, &a.EndedBy, &a.Delivery.State, &a.Delivery.Attempts, &a.Delivery.Status, &last); err != nil {
			return nil, fmt.Errorf("load actions: %w", err)
		}
		if a.Record, err = action.Decode([]byte(record)); err != nil {
			return nil, fmt.Errorf("load actions: %s", err.Error())
		}
		a.Delivery.At = fromMicros(last)
		at[a.ID] = len(list)
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load actions: %w", err)
	}
	words, err := q.QueryContext(ctx, `
		SELECT r.action_id, r.state, r.reason, r.at FROM receipts r JOIN actions a ON a.id = r.action_id WHERE a.case_id = ? ORDER BY r.at`, caseID)
	if err != nil {
		return nil, fmt.Errorf("load receipts: %w", err)
	}
	defer func() { _ = words.Close() }()
	for words.Next() {
		var r action.Receipt
		var when int64
		if err := words.Scan(&r.ActionID, &r.State, &r.Reason, &when); err != nil {
			return nil, fmt.Errorf("load receipts: %w", err)
		}
		r.At = fromMicros(when)
		if i, ok := at[r.ActionID]; ok {
			list[i].Receipts = append(list[i].Receipts, r)
		}
	}
	return list, words.Err()
}

// An AtOnce is a written policy that acts without a person, until one has looked: off where
// there is none.
type AtOnce struct {
	Lists    []string    // whose matches count
	Distance int         // in bits, at most
	Action   action.Kind // hold or blur
	For      time.Duration
}

// Check returns what is wrong with one.
func (a AtOnce) Check() error {
	switch {
	case len(a.Lists) == 0 || slices.Contains(a.Lists, ""):
		return fmt.Errorf("lists: want the names of the lists whose matches count")
	case a.Distance < 0 || a.Distance > 31:
		return fmt.Errorf("distance: %d is not from 0 to 31 bits", a.Distance)
	case !a.Action.AtOnce():
		return fmt.Errorf("action: %q is neither hold nor blur", a.Action)
	case a.For < time.Minute || a.For > 72*time.Hour:
		return fmt.Errorf("for: %s is not from 1m to 72h", a.For)
	}
	return nil
}

// actAtOnce holds or blurs the streams of a case that waits for people, as the policy has
// it, and lifts that where the case waits no longer or may be a victim's. A match does so
// once, whatever comes of it.
func (s *Store) actAtOnce(ctx context.Context, tx *sql.Tx, c Case, state State) error {
	standing, err := inForce(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	now := s.now()
	if state != StateOpen && state != StateReopened {
		byPlatform := map[string][]standingAction{}
		for _, a := range standing {
			if a.Action.AtOnce() {
				byPlatform[a.Platform] = append(byPlatform[a.Platform], a)
			}
		}
		for platform, these := range byPlatform {
			cause := action.Cause{ID: signal.ID("withdrawn", c.ID, c.Digest, platform), At: now, LiftFor: action.LiftWithdrawn}
			if err := s.lift(ctx, tx, c.ID, "", "", these, cause); err != nil {
				return err
			}
		}
		return nil
	}
	for _, m := range c.Signals {
		p, ok := s.policy.atOnce(m, now)
		if !ok || c.ended(m.Match.Platform, m.Match.Stream) || slices.ContainsFunc(standing, func(a standingAction) bool {
			return a.Platform == m.Match.Platform && (a.stream == m.Match.Stream || !a.Action.AtOnce())
		}) {
			continue
		}
		cause := action.Cause{ID: signal.ID("at-once", c.ID, m.ID), At: now, For: p.For}
		r, _ := action.Of(action.View{Platform: m.Match.Platform, Subject: c.Subject, Streams: []string{m.Match.Stream}, Grounds: []string{"match"}, Last: m.End.UTC()}, p.Action, cause)
		var known int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM actions WHERE id = ?`, r.ID).Scan(&known); err != nil {
			return fmt.Errorf("act at once: %w", err)
		}
		if known > 0 {
			continue
		}
		if err := s.ask(ctx, tx, c.ID, "", "", r); err != nil {
			return err
		}
		standing = append(standing, standingAction{Record: r, stream: m.Match.Stream})
	}
	return nil
}

// atOnce returns the first policy that a match is one for. An old one, read again or late,
// is none: the stream is over.
func (p Policy) atOnce(s signal.Signal, now time.Time) (AtOnce, bool) {
	if s.Match == nil || s.Match.Held {
		return AtOnce{}, false
	}
	for _, a := range p.AtOnce {
		if slices.Contains(a.Lists, s.Match.List) && s.Match.Distance <= a.Distance && now.Sub(s.End) < a.For {
			return a, true
		}
	}
	return AtOnce{}, false
}

// ended reports whether a stream of a case is known to be over.
func (c Case) ended(platform, stream string) bool {
	return slices.ContainsFunc(c.Signals, func(s signal.Signal) bool {
		return s.Session != nil && s.Session.Host == "" && s.Session.Ended && s.Session.Platform == platform && s.Session.Stream == stream
	})
}

// Expire lifts the holds and blurs whose time is over and returns how many those are.
func (s *Store) Expire(ctx context.Context) (n int, err error) {
	now := s.now()
	const due = ` FROM actions a JOIN orders o ON o.id = a.id WHERE a.until_at > 0 AND a.until_at <= ? AND a.ended_by = ''`
	if err := s.read.QueryRowContext(ctx, `SELECT count(*)`+due, now.UnixMicro()).Scan(&n); err != nil || n == 0 {
		return 0, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT a.case_id || ' ' || o.record`+due, now.UnixMicro())
		if err != nil {
			return err
		}
		list, err := column[string](rows)
		n = len(list)
		for _, text := range list {
			id, record, _ := strings.Cut(text, " ")
			r, err := action.Decode([]byte(record))
			if err != nil {
				return fmt.Errorf("%s", err.Error())
			}
			cause := action.Cause{ID: signal.ID("expired", r.ID), At: now, LiftFor: action.LiftExpired}
			if err := s.lift(ctx, tx, id, "", "", []standingAction{{Record: r}}, cause); err != nil {
				return err
			}
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("expire actions: %w", err)
	}
	return n, nil
}

package review

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// MaxObjection limits an objection, in bytes.
const MaxObjection = 4000

// An AppealOutcome is what came of an appeal; empty as long as it waits.
type AppealOutcome string

// The outcomes.
const (
	Upheld    AppealOutcome = "upheld"    // the decision stands
	Reversed  AppealOutcome = "reversed"  // it was wrong, and is taken back
	Corrected AppealOutcome = "corrected" // it stands for another reason, or with another action
)

// An Appeal is an account's objection to an action.
type Appeal struct {
	ID        string // signal.ID("appeal", action id)
	CaseID    string
	Action    action.Record
	Objection string
	At, Due   time.Time

	Outcome    AppealOutcome
	Reason     string
	Note       string // stays in the store
	AnsweredBy string
	AnsweredAt time.Time
	Decision   string // that the answer made, or empty
	Follows    []string
}

// The errors of appeals, beside ErrNotFound for an action that the platform was not asked
// for.
var (
	ErrNoAppeal   = errors.New("this action cannot be appealed against")
	ErrOver       = errors.New("the action is no longer in force")
	ErrOtherWords = errors.New("there is an appeal against this action already, in other words")
	ErrContact    = errors.New("the objection has what looks like an e-mail address or a telephone number; leave out how to reach anybody")
	ErrObjection  = fmt.Errorf("the objection must be UTF-8 text of 1 to %d bytes, without control characters", MaxObjection)
)

// contact finds what reaches a person: an address with an @, or nine digits or more of a
// number, with what people write between them. Days are left out first.
var (
	days    = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}`)
	contact = regexp.MustCompile(`\S@\S+\.\S|\+?[0-9](?:[ ()./-]{0,2}[0-9]){8,}`)
)

// CheckObjection returns what is wrong with a text.
func CheckObjection(text string) error {
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }
	switch {
	case strings.TrimSpace(text) == "", len(text) > MaxObjection, !utf8.ValidString(text), strings.ContainsFunc(text, bad):
		return ErrObjection
	case contact.MatchString(days.ReplaceAllString(text, "day")):
		return ErrContact
	}
	return nil
}

// Object takes an account's objection to an action that its platform was asked for. The
// same one again is the same appeal.
func (s *Store) Object(ctx context.Context, platform, actionID, text string) (a Appeal, fresh bool, err error) {
	if err := CheckObjection(text); err != nil {
		return a, false, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		fresh = false
		f, err := sentAction(ctx, tx, platform, actionID)
		if err != nil {
			return err
		}
		known, err := loadAppeals(ctx, tx, `WHERE p.action_id = ?`, actionID)
		if err != nil {
			return err
		}
		switch {
		case len(known) > 0 && known[0].Objection == text:
			a = known[0]
			return nil
		case len(known) > 0:
			return ErrOtherWords
		case f.Action == action.Lift, f.Action == action.Preserve:
			return ErrNoAppeal
		case f.endedBy != "" && f.byLift:
			return fmt.Errorf("%w: it was lifted by %s", ErrOver, f.endedBy)
		case f.endedBy != "":
			return fmt.Errorf("%w: %s stands in its place", ErrOver, f.endedBy)
		}
		now := s.now()
		a = Appeal{
			ID: signal.ID("appeal", actionID), CaseID: f.caseID, Action: f.Record, Objection: text, At: now, Due: now.Add(s.policy.Appeal),
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO appeals (id, action_id, case_id, platform, objection, at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			a.ID, actionID, a.CaseID, platform, text, now.UnixMicro(), a.Due.UnixMicro())
		if err != nil {
			return err
		}
		fresh = true
		return a.log(ctx, tx, a.ID, now)
	})
	if err != nil {
		return Appeal{}, false, fmt.Errorf("appeal: %w", err)
	}
	return a, fresh, nil
}

// log puts into the audit log's queue that an appeal came or was answered. The time is in
// what it commits to, to the microsecond, so that few words cannot be guessed from it.
func (a Appeal) log(ctx context.Context, tx *sql.Tx, id string, at time.Time) error {
	data, err := json.Marshal(struct {
		ID, Action, Objection, Outcome, Reason, By, Decision string
		At, AnsweredAt                                       time.Time
	}{a.ID, a.Action.ID, a.Objection, string(a.Outcome), a.Reason, a.AnsweredBy, a.Decision, a.At, a.AnsweredAt})
	if err != nil {
		return fmt.Errorf("encode appeal: %w", err)
	}
	by := ""
	if a.AnsweredBy != "" {
		by = "reviewer/" + a.AnsweredBy
	}
	return enqueueEntry(ctx, tx, audit.Entry{Kind: audit.KindAppeal, ID: id, Digest: digest(data), At: at, Refs: refs(a.ID, a.Action.ID, a.CaseID, a.Decision, by)})
}

// AppealOf returns a platform's appeal, or ErrNotFound.
func (s *Store) AppealOf(ctx context.Context, platform, id string) (Appeal, error) {
	list, err := loadAppeals(ctx, s.read, `WHERE p.id = ? AND p.platform = ?`, id, platform)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("appeal: %w", ErrNotFound)
	}
	if err != nil {
		return Appeal{}, err
	}
	a := list[0]
	if a.Outcome == "" {
		return a, nil
	}
	rows, err := s.read.QueryContext(ctx, `SELECT id FROM actions WHERE decision_id = ? AND platform = ? ORDER BY place`, a.Decision, platform)
	if a.Decision == "" {
		rows, err = s.read.QueryContext(ctx, `SELECT ended_by FROM actions WHERE id = ? AND ended_by <> ''`, a.Action.ID)
	}
	if err != nil {
		return Appeal{}, fmt.Errorf("appeal: %w", err)
	}
	a.Follows, err = column[string](rows)
	return a, err
}

// Appeals returns appeals, those that wait first, by when they are due.
func (s *Store) Appeals(ctx context.Context, who Person, limit int) ([]Appeal, error) {
	if !who.May(List) {
		return nil, fmt.Errorf("appeals: %w %s", ErrDenied, List)
	}
	return loadAppeals(ctx, s.read, `ORDER BY CASE WHEN p.outcome = '' THEN 0 ELSE 1 END, CASE WHEN p.outcome = '' THEN p.due_at ELSE -p.answered_at END, p.id LIMIT ?`, bound(limit))
}

// AppealsWaiting counts those that wait.
func (s *Store) AppealsWaiting(ctx context.Context) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM appeals WHERE outcome = ''`).Scan(&n)
	return n, err
}

// Appeal returns one for a person who may look at its case, which File shows them.
func (s *Store) Appeal(ctx context.Context, id string, who Person) (a Appeal, err error) {
	if !who.May(Look) {
		return a, fmt.Errorf("appeal: %w %s", ErrDenied, Look)
	}
	list, err := loadAppeals(ctx, s.read, `WHERE p.id = ? AND NOT EXISTS (SELECT 1 FROM recusals r WHERE r.case_id = p.case_id AND r.person = ?)`, id, who.ID)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("appeal: %w", ErrNotFound)
	}
	if err != nil {
		return a, err
	}
	return list[0], nil
}

func loadAppeals(ctx context.Context, q querier, where string, args ...any) (list []Appeal, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT p.id, p.case_id, o.record, p.objection, p.at, p.due_at, p.outcome, p.reason, p.note, p.answered_by, p.answered_at, coalesce(p.decision_id, '')
		FROM appeals p JOIN orders o ON o.id = p.action_id `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("load appeals: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a Appeal
		var record string
		var at, due, answered int64
		if err := rows.Scan(&a.ID, &a.CaseID, &record, &a.Objection, &at, &due, &a.Outcome, &a.Reason, &a.Note, &a.AnsweredBy, &answered, &a.Decision); err != nil {
			return nil, fmt.Errorf("load appeals: %w", err)
		}
		if a.Action, err = action.Decode([]byte(record)); err != nil {
			return nil, fmt.Errorf("load appeals: %s", err.Error())
		}
		a.At, a.Due = fromMicros(at), fromMicros(due)
		if answered > 0 {
			a.AnsweredAt = fromMicros(answered)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

var answers = map[AppealOutcome][]string{
	Upheld:    {"looked-again", "objection-is-about-something-else"},
	Reversed:  {"false-match", "lawful-explanation", "not-enough-evidence"},
	Corrected: reasons[Confirm],
}

// AnswerReasons returns the fixed list of reasons for an outcome; nil if there is none such.
func AnswerReasons(o AppealOutcome) []string { return slices.Clone(answers[o]) }

// blames are the reasons to reverse that say that a list's entry matched what it should not.
var blames = []string{"false-match", "lawful-explanation"}

// An AnswerRequest asks to answer an appeal.
type AnswerRequest struct {
	AppealID string
	// Digest is that of the case's record which the person saw.
	Digest  string
	Outcome AppealOutcome
	Reason  string
	Action  action.Kind // of a correction; empty is what usually follows from the reason
	Note    string      // for colleagues; never leaves the store
	By      Person
}

func (r AnswerRequest) check() error {
	errs := []error{r.By.check()}
	if list, ok := answers[r.Outcome]; !ok {
		errs = append(errs, fmt.Errorf("the outcome must be one of %q", []AppealOutcome{Upheld, Reversed, Corrected}))
	} else if !slices.Contains(list, r.Reason) {
		errs = append(errs, fmt.Errorf("the reason must be one of %q", list))
	}
	if r.Action != "" && (!r.Action.Chosen() || r.Outcome != Corrected) {
		errs = append(errs, fmt.Errorf("an action, one of %q, goes with a correction alone", action.Choices()))
	}
	return inputErrors(append(errs, checkWords("note", r.Note))...)
}

// AnswerAppeal answers an appeal, in one transaction with all that follows: a reversal
// makes a decision that dismisses the case, takes back every alert of it, lifts what its
// platforms were asked for, and tells the owners of the lists whose entries were to blame; a
// correction makes a decision of another reason, corrects the alert, and asks for the action
// that fits. An objection to a policy's hold is answered by itself, and the case goes on.
func (s *Store) AnswerAppeal(ctx context.Context, r AnswerRequest) (a Appeal, err error) {
	if err := r.check(); err != nil {
		return a, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		list, err := loadAppeals(ctx, tx, `WHERE p.id = ?`, r.AppealID)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNotFound
		}
		a = list[0]
		f, err := s.loadFacts(ctx, tx, a.CaseID, r.By)
		if err != nil {
			return err
		}
		f.seen, f.waiting = r.Digest, a.Outcome == ""
		if f.judges, err = judges(ctx, tx, a.CaseID); err != nil {
			return err
		}
		if err := allow(Answer, f); err != nil {
			return err
		}
		a.Outcome, a.Reason, a.Note, a.AnsweredBy, a.AnsweredAt = r.Outcome, r.Reason, r.Note, r.By.ID, f.now
		found, err := sentAction(ctx, tx, a.Action.Platform, a.Action.ID)
		if err != nil {
			return err
		}
		switch {
		case r.Outcome == Upheld:
		case found.decision == "":
			err = s.releaseHold(ctx, tx, f, a, found)
		default:
			a.Decision, err = s.redecide(ctx, tx, f, r, a)
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE appeals SET outcome = ?, reason = ?, note = ?, answered_by = ?, answered_at = ?, decision_id = ? WHERE id = ?`,
			string(a.Outcome), a.Reason, a.Note, a.AnsweredBy, a.AnsweredAt.UnixMicro(), sql.NullString{String: a.Decision, Valid: a.Decision != ""}, a.ID)
		if err != nil {
			return err
		}
		return a.log(ctx, tx, "answer/"+a.ID, f.now)
	})
	if err != nil {
		return Appeal{}, fmt.Errorf("answer appeal %s: %w", r.AppealID, err)
	}
	return a, nil
}

// Judged reports whether a person had a word in what was decided of a case, and so has none
// in an appeal against it.
func (s *Store) Judged(ctx context.Context, caseID string, who Person) (bool, error) {
	all, err := judges(ctx, s.read, caseID)
	return slices.Contains(all, who.ID), err
}

// judges are all who had a word in what was decided of a case.
func judges(ctx context.Context, q querier, caseID string) ([]string, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT person FROM opinions WHERE case_id = ? AND ended = '' AND decision_id IS NOT NULL
		UNION SELECT d.reviewer FROM decisions d LEFT JOIN procedures p ON p.decision_id = d.id WHERE d.case_id = ? AND p.undone_at IS NULL
		UNION SELECT p.second FROM decisions d JOIN procedures p ON p.decision_id = d.id WHERE d.case_id = ? AND p.undone_at IS NULL AND p.second <> ''`,
		caseID, caseID, caseID)
	if err != nil {
		return nil, fmt.Errorf("load who decided: %w", err)
	}
	return column[string](rows)
}

// releaseHold lifts a policy's hold, if nothing has ended it yet.
func (s *Store) releaseHold(ctx context.Context, tx *sql.Tx, f facts, a Appeal, hold found) error {
	if a.Outcome == Corrected {
		return fmt.Errorf("a policy's hold stands or is lifted: there is no decision to correct")
	}
	c, err := loadRecord(ctx, tx, f.current)
	if err != nil {
		return err
	}
	stream := hold.Streams[0]
	if err := s.blame(ctx, tx, a, c, func(m signal.Match) bool { return m.Platform == hold.Platform && m.Stream == stream }); err != nil {
		return err
	}
	if hold.endedBy != "" {
		return nil
	}
	cause := action.Cause{ID: a.ID, At: f.now, Appeal: a.ID, LiftFor: action.LiftAppeal}
	return s.lift(ctx, tx, a.CaseID, "", "", []standingAction{{Record: hold.Record}}, cause)
}

// redecide makes the decision that takes the place of those that stand and were confirmed.
func (s *Store) redecide(ctx context.Context, tx *sql.Tx, f facts, r AnswerRequest, a Appeal) (string, error) {
	all, err := loadDecisions(ctx, tx, `WHERE d.case_id = ? AND p.undone_at IS NULL ORDER BY d.sequence`, a.CaseID)
	if err != nil {
		return "", err
	}
	standing := all
	if i := lastDismissal(all); i >= 0 {
		standing = all[i+1:]
	}
	if len(standing) == 0 {
		return "", fmt.Errorf("%w: the case was dismissed since", ErrOver)
	}
	c, err := loadRecord(ctx, tx, f.current)
	if err != nil {
		return "", err
	}
	at := f.now
	if last := all[len(all)-1].At; !at.After(last) {
		at = last.Add(time.Microsecond)
	}
	d := Decision{
		CaseID: a.CaseID, CaseDigest: f.current, Case: c, Verdict: Dismiss, Reason: r.Reason, Note: r.Note, Reviewer: r.By.ID, Persons: 1, At: at, Salt: newSalt(),
	}
	e, chosen, why := reverse, action.None, action.LiftAppeal
	if r.Outcome == Corrected {
		d.Verdict, e, why = Confirm, correct, action.LiftDecided
		if chosen = r.Action; chosen == "" {
			chosen = action.Usual(r.Reason)
		}
		if r.Reason == standing[len(standing)-1].Reason && chosen == a.Action.Action {
			return "", errors.New("a correction has another reason, or another action, than what it corrects")
		}
	}
	last := standing[len(standing)-1].Verdict
	state, err := next(f.state, e, last)
	if err != nil {
		return "", err
	}
	if err := d.number(ctx, tx); err != nil {
		return "", err
	}
	if err := s.insertDecision(ctx, tx, d, state); err != nil {
		return "", err
	}
	for _, was := range standing {
		// One that was corrected before has its place taken already.
		_, err := tx.ExecContext(ctx, `INSERT INTO replacements (decision_id, by_decision, outcome) VALUES (?, ?, ?) ON CONFLICT (decision_id) DO NOTHING`,
			was.ID, d.ID, string(r.Outcome))
		if err != nil {
			return "", fmt.Errorf("save what an answer replaces: %w", err)
		}
		if err := s.takeBack(ctx, tx, was, d, a); err != nil {
			return "", err
		}
	}
	if _, err := s.follow(ctx, tx, d, chosen, why, a.ID, false); err != nil {
		return "", err
	}
	if r.Outcome == Reversed {
		last := standing[len(standing)-1]
		if err := s.blame(ctx, tx, a, last.Case, func(signal.Match) bool { return true }); err != nil {
			return "", err
		}
		own := Feedback{ID: signal.ID("feedback", a.ID, "own"), Case: a.CaseID}
		if err := s.enqueueJSON(ctx, tx, Order{ID: own.ID, Kind: OrderFeedback, CaseID: a.CaseID}, own); err != nil {
			return "", err
		}
	}
	return d.ID, s.settle(ctx, tx, a.CaseID, state)
}

func lastDismissal(all []Decision) int {
	for i, d := range slices.Backward(all) {
		if d.Verdict == Dismiss {
			return i
		}
	}
	return -1
}

// takeBack corrects the alert of a decision, or lets it not leave where it has not.
func (s *Store) takeBack(ctx context.Context, tx *sql.Tx, was, by Decision, a Appeal) error {
	gone, err := s.gone(ctx, tx, was.ID)
	if err != nil {
		return err
	}
	var alerts int
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM outbox WHERE decision_id = ?`, was.ID).Scan(&alerts)
	if err != nil || alerts == 0 { // a correction made none of its own
		return err
	}
	if !gone && by.Verdict == Dismiss {
		_, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE decision_id = ? AND done_at IS NULL`, was.ID)
		return err
	}
	return s.enqueueJSON(ctx, tx, Order{ID: correctionID(was.ID, by.ID), Kind: OrderCorrection, CaseID: a.CaseID},
		Correction{Decision: was.ID, By: by.ID, Appeal: a.ID})
}

// blame tells the owners of lists of the entries that matched what they should not have.
func (s *Store) blame(ctx context.Context, tx *sql.Tx, a Appeal, c Case, these func(signal.Match) bool) error {
	if a.Outcome != Reversed || !slices.Contains(blames, a.Reason) {
		return nil
	}
	for _, sig := range c.Signals {
		m := sig.Match
		if m == nil || m.Held || !these(*m) {
			continue
		}
		f := Feedback{ID: signal.ID("feedback", a.ID, m.List, m.HashKind, m.Entry), List: m.List, HashKind: m.HashKind, Entry: m.Entry}
		if err := s.enqueueJSON(ctx, tx, Order{ID: f.ID, Kind: OrderFeedback, CaseID: a.CaseID}, f); err != nil {
			return err
		}
	}
	return nil
}

package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// ErrStale says that a case has changed since the reviewer saw it: show it again.
var ErrStale = errors.New("the case has changed since it was seen")

// An Outcome is what came of a person's word.
type Outcome struct {
	// Final says that it made the decision; otherwise the case waits for another person.
	Final    bool
	Decision Decision // where Final
	// UndoUntil is until when the person may take it back; zero where they cannot.
	UndoUntil time.Time
}

// Decide takes what a person says of a case. Where the rules want a second person, the
// word is kept and nothing is decided. Where it decides, one transaction moves the case,
// keeps the decision, and puts its audit entry and, if it confirms, the order for an
// alert into the outbox, the entry first; the alert stays there until it can no longer
// be undone. It returns one of the errors of the rules where they are against it, and
// ErrNotFound when there is no such case.
func (s *Store) Decide(ctx context.Context, r Request) (Outcome, error) {
	if err := r.check(); err != nil {
		return Outcome{}, err
	}
	var out Outcome
	err := s.write(ctx, func(tx *sql.Tx) error {
		f, err := s.loadFacts(ctx, tx, r.CaseID, r.By)
		if err != nil {
			return err
		}
		f.seen, f.danger = r.Digest, r.Danger
		doing, name := f.word(r.Verdict)
		if err := allow(doing, f); err != nil {
			return err
		}
		last, _, err := lastDecision(ctx, tx, r.CaseID)
		if err != nil {
			return err
		}
		state, err := next(f.state, r.Verdict.event(), last.Verdict)
		if err != nil {
			return err
		}
		at := f.now
		if before := later(last.At, f.lastAt); !before.IsZero() && !at.After(before) {
			at = before.Add(time.Microsecond) // a clock set back must not turn the order round
		}
		out = Outcome{}
		if s.policy.Undo > 0 && r.Danger == "" {
			out.UndoUntil = at.Add(s.policy.Undo)
		}
		word := Opinion{
			CaseID: r.CaseID, Digest: f.current, Verdict: r.Verdict, Reason: r.Reason, Note: r.Note,
			Person: r.By.ID, Step: name, At: at,
		}
		if out.Final = f.decides(doing, r.Verdict); !out.Final {
			id, err := saveOpinion(ctx, tx, word)
			if err != nil {
				return err
			}
			if err := saveChoice(ctx, tx, id, r.choose()); err != nil {
				return err
			}
			if err := s.letGo(ctx, r.CaseID)(tx, f); err != nil {
				return err
			}
			return s.settle(ctx, tx, r.CaseID, f.state)
		}
		c, err := loadRecord(ctx, tx, f.current)
		if err != nil {
			return err
		}
		d := Decision{
			CaseID: r.CaseID, CaseDigest: f.current, Case: c, Verdict: r.Verdict, Reason: r.Reason, Note: r.Note,
			Reviewer: r.By.ID, StandIn: r.By.StandIn, Persons: 1, Danger: r.Danger, At: at, Salt: newSalt(),
		}
		if err := d.number(ctx, tx); err != nil {
			return err
		}
		if err := d.withOthers(ctx, tx, doing); err != nil {
			return err
		}
		chosen := r.choose()
		if doing == Second {
			if chosen, err = agreed(ctx, tx, d, chosen); err != nil {
				return err
			}
		}
		out.Decision, word.Decision = d, d.ID
		if err := s.saveDecision(ctx, tx, d, state, chosen); err != nil {
			return err
		}
		opinion, err := saveOpinion(ctx, tx, word)
		if err != nil {
			return err
		}
		if err := saveChoice(ctx, tx, opinion, r.choose()); err != nil {
			return err
		}
		return s.settle(ctx, tx, r.CaseID, state)
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("decide case %s: %w", r.CaseID, err)
	}
	return out, nil
}

// word is which action a person's word is, and what an opinion calls it.
func (f facts) word(v Verdict) (Action, string) {
	switch {
	case f.probe && (f.danger == "" || f.step != untouched):
		return Decide, "first" // and there is no second
	case f.danger != "":
		return BreakGlass, "break-glass"
	case f.step == disputed:
		return Settle, "settles"
	case f.step == seconded:
		return Second, "second"
	case f.policy.Persons == 1 || v == Dismiss && !f.policy.lookedAtTwice(f.current):
		return Decide, "alone"
	default:
		return Decide, "first"
	}
}

// decides reports whether a word that the rules allow makes a decision.
func (f facts) decides(a Action, v Verdict) bool {
	if f.probe {
		return false
	}
	switch a {
	case Decide:
		return v == Dismiss && !f.policy.lookedAtTwice(f.current) || f.policy.Persons == 1
	case Second:
		return v == f.firstSaid // else they differ, and a supervisor settles it
	default:
		return true
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// number gives a decision the next number of its case, which those undone keep theirs of.
func (d *Decision) number(ctx context.Context, tx *sql.Tx) error {
	err := tx.QueryRowContext(ctx, `SELECT coalesce(max(sequence), 0) + 1 FROM decisions WHERE case_id = ?`, d.CaseID).Scan(&d.Sequence)
	if err != nil {
		return fmt.Errorf("number decision: %w", err)
	}
	d.ID = signal.ID("decision", d.CaseID, strconv.Itoa(d.Sequence))
	return nil
}

// withOthers names both persons of what took two: who said so first is the reviewer. In
// danger, and where one suffices, one speaks for themselves.
func (d *Decision) withOthers(ctx context.Context, tx *sql.Tx, a Action) error {
	if a == BreakGlass || a == Decide {
		return nil
	}
	words, err := loadOpinions(ctx, tx, `
		WHERE case_id = ? AND ended = '' AND decision_id IS NULL AND verdict = ? ORDER BY sequence`, d.CaseID, string(d.Verdict))
	if err != nil {
		return err
	}
	if len(words) == 0 || words[0].Person == d.Reviewer || words[0].Digest != d.CaseDigest {
		return errors.New("no other person says the same of what this one saw")
	}
	d.Second, d.Reviewer, d.Reason, d.Persons = d.Reviewer, words[0].Person, words[0].Reason, 2
	return nil
}

// saveDecision moves the case and keeps the decision with all that follows from it.
func (s *Store) saveDecision(ctx context.Context, tx *sql.Tx, d Decision, state State, chosen action.Kind) error {
	if err := s.insertDecision(ctx, tx, d, state); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE opinions SET decision_id = ? WHERE case_id = ? AND ended = '' AND decision_id IS NULL`, d.ID, d.CaseID)
	if err != nil {
		return fmt.Errorf("save decision: %w", err)
	}
	why := action.LiftDecided
	if d.Verdict == Dismiss {
		chosen, why = action.None, action.LiftDismissed
	}
	ordered, err := s.follow(ctx, tx, d, chosen, why, "", true)
	if err != nil {
		return err
	}
	due := d.At.Add(s.policy.Undo)
	if d.Danger != "" || s.policy.Undo == 0 {
		due = time.UnixMicro(0) // at once, by whoever's clock
	}
	if ordered || d.Verdict == Confirm {
		_, err := tx.ExecContext(ctx, `INSERT INTO holds (decision_id, due_at) VALUES (?, ?)`, d.ID, due.UnixMicro())
		if err != nil {
			return fmt.Errorf("hold what follows: %w", err)
		}
	}
	if d.Verdict != Confirm {
		return nil
	}
	return enqueueAlert(ctx, tx, d)
}

// insertDecision keeps a decision and puts it into the audit log's queue.
func (s *Store) insertDecision(ctx context.Context, tx *sql.Tx, d Decision, state State) error {
	if err := noProbe(ctx, tx, d.CaseID); err != nil {
		return err
	}
	steps := []struct {
		query string
		args  []any
	}{
		{`UPDATE cases SET state = ? WHERE id = ?`, []any{string(state), d.CaseID}},
		{`INSERT INTO decisions (id, case_id, sequence, digest, verdict, reason, note, reviewer, stand_in, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			[]any{d.ID, d.CaseID, d.Sequence, d.CaseDigest, string(d.Verdict), d.Reason, d.Note, d.Reviewer, d.StandIn, d.At.UnixMicro()}},
		{`INSERT INTO procedures (decision_id, second, persons, danger) VALUES (?, ?, ?, ?)`, []any{d.ID, d.Second, d.Persons, d.Danger}},
		{`INSERT INTO decision_salts (decision_id, salt) VALUES (?, ?)`, []any{d.ID, d.Salt}},
		{`INSERT INTO decision_marks (decision_id, mark) SELECT ?, mark FROM marks WHERE case_id = ?`, []any{d.ID, d.CaseID}},
	}
	for _, st := range steps {
		if _, err := tx.ExecContext(ctx, st.query, st.args...); err != nil {
			return fmt.Errorf("save decision: %w", err)
		}
	}
	stated, err := d.Statement().Digest()
	if err != nil {
		return err
	}
	refs := []string{d.CaseID, "reviewer/" + d.Reviewer}
	if d.Second != "" {
		refs = append(refs, "reviewer/"+d.Second)
	}
	return enqueueEntry(ctx, tx, audit.Entry{Kind: audit.KindDecision, ID: d.ID, Digest: stated, At: d.At, Refs: refs})
}

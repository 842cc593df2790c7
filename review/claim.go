package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/audit"
)

// Claim puts a case into a person's hands until the time it returns, or keeps it there:
// nobody else can claim or decide it. A claim that is not renewed ends by itself.
func (s *Store) Claim(ctx context.Context, id string, who Person) (until time.Time, err error) {
	err = s.act(ctx, id, who, Claim, func(tx *sql.Tx, f facts) error {
		until, err = s.hold(ctx, tx, id, f)
		return err
	})
	return until, err
}

// Keep keeps a case in the hands of who has it, as a sign of life.
func (s *Store) Keep(ctx context.Context, id string, who Person) error {
	return s.act(ctx, id, who, Keep, func(tx *sql.Tx, f facts) error {
		_, err := s.hold(ctx, tx, id, f)
		return err
	})
}

func (s *Store) hold(ctx context.Context, tx *sql.Tx, id string, f facts) (time.Time, error) {
	until := f.now.Add(s.policy.Claim)
	_, err := tx.ExecContext(ctx, `UPDATE queue SET claimed_by = ?, claimed_until = ? WHERE case_id = ?`, f.who.ID, until.UnixMicro(), id)
	return until, err
}

// maxTries is how many cases ClaimNext looks at in one place: those before are in other
// hands, or this person has had their say on them, or has no part in them.
const maxTries = 50

// ClaimNext claims the most pressing case of the first of some places in which the rules
// let a person have one, and returns its id, or ErrNotFound when there is none.
func (s *Store) ClaimNext(ctx context.Context, who Person, places ...Place) (id string, err error) {
	if err := who.check(); err != nil {
		return "", err
	}
	if !who.May(Claim) {
		return "", fmt.Errorf("next case: %w %s", ErrDenied, Claim)
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		for _, place := range places {
			ids, err := s.unclaimed(ctx, tx, place)
			if err != nil {
				return err
			}
			for _, id = range ids {
				f, err := s.loadFacts(ctx, tx, id, who)
				if err != nil {
					return err
				}
				switch err := allow(Claim, f); {
				case err == nil:
					_, err := s.hold(ctx, tx, id, f)
					return err
				case errors.Is(err, ErrPause), errors.Is(err, ErrEnough):
					return err // so it would be with each
				}
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return "", fmt.Errorf("next case: %w", err)
	}
	return id, nil
}

func (s *Store) unclaimed(ctx context.Context, tx *sql.Tx, place Place) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT case_id FROM queue WHERE place = ? AND (claimed_by = '' OR claimed_until <= ?) ORDER BY priority DESC, case_id LIMIT ?`,
		string(place), s.now().UnixMicro(), maxTries)
	if err != nil {
		return nil, err
	}
	return column[string](rows)
}

// Release lets a case go.
func (s *Store) Release(ctx context.Context, id string, who Person) error {
	return s.act(ctx, id, who, Release, s.letGo(ctx, id))
}

// Take takes a case out of somebody else's hands.
func (s *Store) Take(ctx context.Context, id string, who Person) error {
	return s.act(ctx, id, who, Take, s.letGo(ctx, id))
}

func (s *Store) letGo(ctx context.Context, id string) func(*sql.Tx, facts) error {
	return func(tx *sql.Tx, _ facts) error {
		_, err := tx.ExecContext(ctx, `UPDATE queue SET claimed_by = '', claimed_until = 0 WHERE case_id = ?`, id)
		return err
	}
}

// Recuse gives a person no part in a case for good: themselves, or, by a supervisor,
// somebody else. Where they had a word on it that decided nothing yet, it begins anew.
func (s *Store) Recuse(ctx context.Context, id string, by Person, whom, reason string) error {
	action := Recuse
	if whom != by.ID {
		action = Exclude
	}
	if err := (Person{ID: whom}).check(); err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	return s.act(ctx, id, by, action, func(tx *sql.Tx, f facts) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO recusals (case_id, person, reason, said_by, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (case_id, person) DO NOTHING`,
			id, whom, reason, by.ID, f.now.UnixMicro())
		if err != nil {
			return err
		}
		var spoke bool
		err = tx.QueryRowContext(ctx, `
			SELECT count(*) > 0 FROM opinions WHERE case_id = ? AND person = ? AND ended = '' AND decision_id IS NULL`, id, whom).Scan(&spoke)
		if err != nil {
			return err
		}
		if spoke {
			if err := s.void(ctx, tx, id); err != nil {
				return err
			}
		}
		if f.holder == whom {
			if err := s.letGo(ctx, id)(tx, f); err != nil {
				return err
			}
		}
		if err := s.settle(ctx, tx, id, f.state); err != nil {
			return err
		}
		var known int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM outbox WHERE entry_id = ?`, "recusal/"+id+"/"+whom).Scan(&known); err != nil || known > 0 {
			return err
		}
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindRecusal, ID: "recusal/" + id + "/" + whom, Digest: f.current, At: f.now,
			Refs: []string{id, "reviewer/" + whom, "reviewer/" + by.ID},
		})
	})
}

// act does something that the rules must allow, in one transaction.
func (s *Store) act(ctx context.Context, id string, who Person, a Action, do func(*sql.Tx, facts) error) error {
	if err := who.check(); err != nil {
		return err
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		f, err := s.loadFacts(ctx, tx, id, who)
		if err != nil {
			return err
		}
		if err := allow(a, f); err != nil {
			return err
		}
		return do(tx, f)
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", a, id, err)
	}
	return nil
}

// IsRule reports whether an error is the rules', and no fault.
func IsRule(err error) bool { return RuleOf(err) != nil }

// RuleOf returns which of the rules' errors an error is, or nil.
func RuleOf(err error) error {
	for _, rule := range []error{ErrDenied, ErrRecused, ErrClaimed, ErrNotYours, ErrSame, ErrStep, ErrDanger, ErrStandIn, ErrTooLate, ErrOversee, ErrAnswered, ErrJudge, ErrPause, ErrEnough, ErrImages, ErrImageReason, ErrStale, ErrNotOpen, ErrNotFound, ErrUndecided, ErrUndoable, ErrErased, ErrHeld, ErrNotHeld, ErrNoRetry, ErrFilingChanged} {
		if errors.Is(err, rule) {
			return rule
		}
	}
	return nil
}

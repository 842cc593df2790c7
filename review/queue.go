package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A Place is where a case waits.
type Place string

// The places.
const (
	PlaceOpen   Place = "open"   // for a first person
	PlaceSecond Place = "second" // for a second one
	PlaceSplit  Place = "split"  // for a supervisor, since two differ
	PlaceHelp   Place = "help"   // for somebody who looks after a possible victim
	PlaceClosed Place = "closed" // for nobody
)

// Places are those where a case waits for somebody.
var Places = []Place{PlaceOpen, PlaceSecond, PlaceSplit, PlaceHelp}

// placeOf follows from a case's state and the words on it that wait for another's.
func placeOf(state State, words int) Place {
	switch {
	case state == StateHelp:
		return PlaceHelp
	case !state.waits():
		return PlaceClosed
	case words == 0:
		return PlaceOpen
	case words == 1:
		return PlaceSecond
	default:
		return PlaceSplit
	}
}

// A Danger says how pressing a case is, whatever its probability.
type Danger int

// The dangers, the least pressing first.
const (
	DangerNone Danger = iota // nothing says that it goes on
	DangerList               // known material was seen
	DangerLive               // a stream goes on, and something else speaks against it
	DangerBoth               // a stream of known material goes on
)

// Target is how long a case of a danger may wait. [A] assumed: an organisation's own
// numbers belong here.
func (d Danger) Target() time.Duration {
	switch d {
	case DangerBoth:
		return 15 * time.Minute
	case DangerLive:
		return time.Hour
	case DangerList:
		return 4 * time.Hour
	default:
		return 24 * time.Hour
	}
}

func dangerOf(c Case) Danger {
	var live, listed, more bool
	for _, s := range c.Signals {
		switch {
		case s.Session != nil:
			live = live || !s.Session.Ended
		case s.Match != nil:
			listed = listed || !s.Match.Held
		default:
			more = true
		}
	}
	switch {
	case live && listed:
		return DangerBoth
	case live && more:
		return DangerLive
	case listed:
		return DangerList
	default:
		return DangerNone
	}
}

// priorityOf orders a place: by danger, then by probability.
func priorityOf(c Case, d Danger) int64 { return int64(d)*1_000_000 + int64(c.Probability*999_999) }

// marksOf are what a case has in it, sorted, each once.
func marksOf(c Case) []string {
	var marks []string
	for _, s := range c.Signals {
		marks = append(marks, "kind:"+string(s.Kind))
		if s.Match != nil {
			marks = append(marks, "list:"+s.Match.List)
		}
		if s.Payment != nil {
			marks = append(marks, "typology:"+s.Payment.Typology)
		}
	}
	if c.Explanation != "" {
		marks = append(marks, "explanation:"+c.Explanation)
	}
	slices.Sort(marks)
	return slices.Compact(marks)
}

// peopleOf are the tokens of all who are in a case, each once.
func peopleOf(c Case) []string {
	people := []signal.Subject{c.Subject}
	for _, p := range c.Pairs {
		people = append(people, p.Payer)
	}
	for _, s := range c.Signals {
		if s.Session != nil {
			people = append(people, s.Session.Guests...)
		}
		if s.Payment != nil {
			for _, p := range s.Payment.Pairs {
				people = append(people, p.Other)
			}
		}
	}
	slices.Sort(people)
	var tokens []string
	for _, p := range slices.Compact(people) {
		tokens = append(tokens, string(p))
	}
	return tokens
}

// describe notes what a new record of a case says that the queue goes by. settle must
// follow.
func (s *Store) describe(ctx context.Context, tx *sql.Tx, c Case) error {
	danger := dangerOf(c)
	priority := priorityOf(c, danger)
	var place Place
	var was int64
	err := tx.QueryRowContext(ctx, `SELECT place, priority FROM queue WHERE case_id = ?`, c.ID).Scan(&place, &was)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		place = PlaceClosed
		now := s.now()
		_, err = tx.ExecContext(ctx, `INSERT INTO queue (case_id, place, priority, danger, since_at, due_at) VALUES (?, ?, ?, ?, ?, ?)`,
			c.ID, string(place), priority, int(danger), now.UnixMicro(), now.Add(danger.Target()).UnixMicro())
		if err == nil {
			err = tally(ctx, tx, place, c.ID, 1)
		}
	case err == nil && was != priority:
		_, err = tx.ExecContext(ctx, `UPDATE queue SET priority = ?, danger = ? WHERE case_id = ?`, priority, int(danger), c.ID)
		if err == nil {
			_, err = tx.ExecContext(ctx, `UPDATE marks SET priority = ? WHERE case_id = ?`, priority, c.ID)
		}
	}
	if err != nil {
		return fmt.Errorf("describe case: %w", err)
	}
	// Most records say of the same marks and people a little more.
	marks, people := marksOf(c), peopleOf(c)
	err = differ(ctx, tx, `SELECT mark FROM marks WHERE case_id = ?`, `DELETE FROM marks WHERE case_id = ? AND mark = ?`, c.ID, marks, func(mark string) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO marks (case_id, mark, place, priority) VALUES (?, ?, ?, ?)`, c.ID, mark, string(place), priority)
		return err
	})
	if err == nil {
		err = differ(ctx, tx, `SELECT token FROM people WHERE case_id = ?`, `DELETE FROM people WHERE case_id = ? AND token = ?`, c.ID, people, func(token string) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO people (token, case_id) VALUES (?, ?)`, token, c.ID)
			return err
		})
	}
	if err == nil {
		err = sight(ctx, tx, c)
	}
	if err != nil {
		return fmt.Errorf("describe case: %w", err)
	}
	return nil
}

// sight notes which signals a case has or had for which a window of a stream may have been
// preserved. What a record no longer has room for stays noted.
func sight(ctx context.Context, tx *sql.Tx, c Case) error {
	var want []string
	for _, s := range c.Signals {
		if s.Payment == nil {
			want = append(want, s.ID)
		}
	}
	have := map[string]bool{}
	rows, err := tx.QueryContext(ctx, `SELECT signal FROM sightings WHERE case_id = ?`, c.ID)
	if err != nil {
		return err
	}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return errors.Join(err, rows.Close())
		}
		have[id] = true
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, id := range want {
		if have[id] {
			continue
		}
		have[id] = true
		if _, err := tx.ExecContext(ctx, `INSERT INTO sightings (signal, case_id) VALUES (?, ?)`, id, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// sightAll notes the signals of a store's cases from before they were noted.
func (s *Store) sightAll(ctx context.Context, tx *sql.Tx) error {
	return eachCase(ctx, tx, func(_ State, c Case) error { return sight(ctx, tx, c) })
}

// differ makes what a table has of a case what it should have, and touches nothing else.
func differ(ctx context.Context, tx *sql.Tx, have, drop, id string, want []string, add func(string) error) error {
	rows, err := tx.QueryContext(ctx, have, id)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return errors.Join(err, rows.Close())
		}
		there[v] = true
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, v := range want {
		if there[v] {
			delete(there, v)
		} else if err := add(v); err != nil {
			return err
		}
	}
	for v := range there {
		if _, err := tx.ExecContext(ctx, drop, id, v); err != nil {
			return err
		}
	}
	return nil
}

// tally counts a case into a place, or out of it.
func tally(ctx context.Context, tx *sql.Tx, place Place, id string, n int) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO tallies (place, part, cases) VALUES (?, substr(?, 1, 2), ?)
		ON CONFLICT (place, part) DO UPDATE SET cases = tallies.cases + excluded.cases`, string(place), id, n)
	if err != nil {
		return fmt.Errorf("tally: %w", err)
	}
	return nil
}

// settle puts a case where it waits now. One that comes to another place begins to wait
// there; one that waits no longer is in nobody's hands.
func (s *Store) settle(ctx context.Context, tx *sql.Tx, id string, state State) error {
	var words, danger, probes int
	var was Place
	err := tx.QueryRowContext(ctx, `
		SELECT place, danger, (SELECT count(*) FROM opinions WHERE case_id = ? AND ended = '' AND decision_id IS NULL),
			(SELECT count(*) FROM probes WHERE case_id = ?)
		FROM queue WHERE case_id = ?`, id, id, id).Scan(&was, &danger, &words, &probes)
	if err != nil {
		return fmt.Errorf("settle case: %w", err)
	}
	place := placeOf(state, words)
	if probes > 0 && words > 0 {
		place = PlaceClosed // one word is all that is asked
	}
	target := Danger(danger).Target()
	if place == was {
		_, err = tx.ExecContext(ctx, `UPDATE queue SET due_at = since_at + ? WHERE case_id = ?`, target.Microseconds(), id)
		if err != nil {
			return fmt.Errorf("settle case: %w", err)
		}
		return nil
	}
	now := s.now()
	_, err = tx.ExecContext(ctx, `UPDATE queue SET place = ?, since_at = ?, due_at = ? WHERE case_id = ?`,
		string(place), now.UnixMicro(), now.Add(target).UnixMicro(), id)
	if err == nil {
		_, err = tx.ExecContext(ctx, `UPDATE marks SET place = ? WHERE case_id = ?`, string(place), id)
	}
	if err != nil {
		return fmt.Errorf("settle case: %w", err)
	}
	if err := errors.Join(tally(ctx, tx, was, id, -1), tally(ctx, tx, place, id, 1)); err != nil {
		return err
	}
	if place == PlaceClosed {
		return s.letGo(ctx, id)(tx, facts{})
	}
	return nil
}

// describeAll describes the cases of a store from before there was a queue.
func (s *Store) describeAll(ctx context.Context, tx *sql.Tx) error {
	return eachCase(ctx, tx, func(state State, c Case) error {
		if err := s.describe(ctx, tx, c); err != nil {
			return err
		}
		return s.settle(ctx, tx, c.ID, state)
	})
}

// eachCase goes through all cases, by id, that were not erased.
func eachCase(ctx context.Context, tx *sql.Tx, fn func(State, Case) error) error {
	after := ""
	for {
		var id, digest string
		var state State
		err := tx.QueryRowContext(ctx, `SELECT id, digest, state FROM cases WHERE id > ? ORDER BY id LIMIT 1`, after).Scan(&id, &digest, &state)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("go through cases: %w", err)
		}
		after = id
		c, err := loadRecord(ctx, tx, digest)
		if errors.Is(err, ErrErased) {
			continue
		}
		if err == nil {
			err = fn(state, c)
		}
		if err != nil {
			return fmt.Errorf("case %s: %w", id, err)
		}
	}
}

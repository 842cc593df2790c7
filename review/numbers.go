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
)

// A Backlog is what waits in one place.
type Backlog struct {
	Place   Place
	Cases   int
	Overdue int       // past the time until which they should wait, at most MaxOverdue
	Oldest  time.Time // since when the oldest waits; zero where none does
}

// MaxOverdue is how many overdue cases are counted: where there are so many, more tell
// nothing.
const MaxOverdue = 1000

// Backlog returns what waits where, in the order of Places.
func (s *Store) Backlog(ctx context.Context, who Person) (list []Backlog, err error) {
	if !who.May(List) {
		return nil, fmt.Errorf("backlog: %w %s", ErrDenied, List)
	}
	places := make([]any, len(Places))
	for i, place := range Places {
		places[i] = string(place)
	}
	rows, err := s.read.QueryContext(ctx, `
		WITH places AS (SELECT ? AS place`+strings.Repeat(" UNION ALL SELECT ?", len(places)-1)+`)
		SELECT p.place, coalesce((SELECT sum(cases) FROM tallies t WHERE t.place = p.place), 0),
			(SELECT count(*) FROM (SELECT 1 FROM queue q WHERE q.place = p.place AND q.due_at <= ? LIMIT ?) AS late),
			(SELECT min(since_at) FROM queue q WHERE q.place = p.place)
		FROM places p`, append(places, s.now().UnixMicro(), MaxOverdue)...)
	if err != nil {
		return nil, fmt.Errorf("backlog: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var b Backlog
		var oldest sql.NullInt64
		if err := rows.Scan(&b.Place, &b.Cases, &b.Overdue, &oldest); err != nil {
			return nil, fmt.Errorf("backlog: %w", err)
		}
		if oldest.Valid {
			b.Oldest = fromMicros(oldest.Int64)
		}
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b Backlog) int {
		return cmp.Compare(slices.Index(Places, a.Place), slices.Index(Places, b.Place))
	})
	return list, rows.Err()
}

// InHand returns the cases that people have in hand, by person.
func (s *Store) InHand(ctx context.Context, who Person) (list []Queued, err error) {
	if !who.May(Supervise) {
		return nil, fmt.Errorf("in hand: %w %s", ErrDenied, Supervise)
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT case_id, place, danger, claimed_by, claimed_until FROM queue WHERE claimed_by > '' AND claimed_until > ?
		ORDER BY claimed_by, claimed_until LIMIT ?`, s.now().UnixMicro(), DefaultLimit)
	if err != nil {
		return nil, fmt.Errorf("in hand: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var q Queued
		var until int64
		if err := rows.Scan(&q.ID, &q.Place, &q.Danger, &q.ClaimedBy, &until); err != nil {
			return nil, fmt.Errorf("in hand: %w", err)
		}
		q.Until = fromMicros(until)
		list = append(list, q)
	}
	return list, rows.Err()
}

// An Agreement is how often a person, asked second, said what the first had said.
type Agreement struct {
	Person          string
	Words           int // all that stand
	Second, Agreed  int
	Confirmed, Back int // words that confirm, and words that were taken back
}

// Agreement returns it by person since a time. Of dismissals it tells only for the share
// that the policy puts before a second person.
func (s *Store) Agreement(ctx context.Context, who Person, since time.Time) (list []Agreement, err error) {
	if !who.May(Supervise) {
		return nil, fmt.Errorf("agreement: %w %s", ErrDenied, Supervise)
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT person, sum(CASE WHEN ended = '' THEN 1 ELSE 0 END),
			sum(CASE WHEN step = 'second' AND ended = '' THEN 1 ELSE 0 END),
			sum(CASE WHEN step = 'second' AND ended = '' AND verdict = (
				SELECT f.verdict FROM opinions f WHERE f.case_id = o.case_id AND f.step = 'first' AND f.sequence < o.sequence
				ORDER BY f.sequence DESC LIMIT 1) THEN 1 ELSE 0 END),
			sum(CASE WHEN verdict = 'confirm' AND ended = '' THEN 1 ELSE 0 END),
			sum(CASE WHEN ended = 'undone' THEN 1 ELSE 0 END)
		FROM opinions o WHERE at >= ? GROUP BY person ORDER BY person LIMIT ?`, since.UnixMicro(), MaxLimit)
	if err != nil {
		return nil, fmt.Errorf("agreement: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a Agreement
		if err := rows.Scan(&a.Person, &a.Words, &a.Second, &a.Agreed, &a.Confirmed, &a.Back); err != nil {
			return nil, fmt.Errorf("agreement: %w", err)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// A Wrongness is how often cases with a mark turned out to be nothing.
type Wrongness struct {
	Mark    string
	Decided int
	// Wrong are those dismissed as a false match or as having a lawful explanation, Reversed
	// those among all that were confirmed and then reversed on an appeal.
	Wrong, Reversed int
}

// Wrongness returns it by mark since a time: lists, typologies and the innocent
// explanations that fitted best. It counts the decisions that stand: where one was made on an
// appeal, not those whose place it took.
func (s *Store) Wrongness(ctx context.Context, who Person, since time.Time) (list []Wrongness, err error) {
	if !who.May(Supervise) {
		return nil, fmt.Errorf("false positives: %w %s", ErrDenied, Supervise)
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT m.mark, count(*), sum(CASE WHEN d.reason IN ('false-match', 'lawful-explanation') THEN 1 ELSE 0 END),
			sum(CASE WHEN EXISTS (SELECT 1 FROM replacements r WHERE r.by_decision = d.id AND r.outcome = 'reversed') THEN 1 ELSE 0 END)
		FROM decisions d JOIN decision_marks m ON m.decision_id = d.id LEFT JOIN procedures p ON p.decision_id = d.id
		WHERE d.at >= ? AND p.undone_at IS NULL AND NOT EXISTS (SELECT 1 FROM replacements r WHERE r.decision_id = d.id)
		GROUP BY m.mark ORDER BY m.mark LIMIT ?`, since.UnixMicro(), MaxLimit)
	if err != nil {
		return nil, fmt.Errorf("false positives: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var w Wrongness
		if err := rows.Scan(&w.Mark, &w.Decided, &w.Wrong, &w.Reversed); err != nil {
			return nil, fmt.Errorf("false positives: %w", err)
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

// Answers are how many appeals were answered in which way.
type Answers struct{ Upheld, Reversed, Corrected int }

// All is how many that are.
func (a Answers) All() int { return a.Upheld + a.Reversed + a.Corrected }

// Answers returns them since a time.
func (s *Store) Answers(ctx context.Context, who Person, since time.Time) (a Answers, err error) {
	if !who.May(Supervise) {
		return a, fmt.Errorf("answers: %w %s", ErrDenied, Supervise)
	}
	err = s.read.QueryRowContext(ctx, `
		SELECT count(CASE WHEN outcome = 'upheld' THEN 1 END), count(CASE WHEN outcome = 'reversed' THEN 1 END), count(CASE WHEN outcome = 'corrected' THEN 1 END)
		FROM appeals WHERE answered_at >= ?`, since.UnixMicro()).Scan(&a.Upheld, &a.Reversed, &a.Corrected)
	if err != nil {
		return a, fmt.Errorf("answers: %w", err)
	}
	return a, nil
}

// An Exported is a decision as a transparency report counts it: no case, no subject, no
// person.
type Exported struct {
	ID          string    `json:"decision"`
	At          time.Time `json:"at"`
	Verdict     Verdict   `json:"verdict"`
	Reason      string    `json:"reason"`
	Persons     int       `json:"persons"`
	Danger      bool      `json:"danger"`
	StandIn     bool      `json:"stand_in"`
	Probability float64   `json:"probability"` // of the case's newest record
	Marks       []string  `json:"marks"`
	// OnAppeal says that the decision was made on an appeal, and how it answers that;
	// Replaced that another took its place so since. Both are empty for most.
	OnAppeal AppealOutcome `json:"on_appeal,omitempty"`
	Replaced AppealOutcome `json:"replaced,omitempty"`
	// Outcomes are what centres say came of its alerts, one a centre: "ph:actionable".
	Outcomes []string `json:"outcomes"`
}

// Export calls fn with the decisions of a time that were not taken back, oldest first. Those
// that stand are the ones that nothing replaced.
func (s *Store) Export(ctx context.Context, who Person, from, to time.Time, fn func(Exported) error) (err error) {
	if !who.May(Export) {
		return fmt.Errorf("export: %w %s", ErrDenied, Export)
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT d.id, d.at, d.verdict, d.reason, coalesce(p.persons, 0), coalesce(p.danger, '') <> '', d.stand_in, c.probability,
			coalesce((SELECT string_agg(m.mark, '|' ORDER BY m.mark) FROM decision_marks m WHERE m.decision_id = d.id), ''),
			coalesce((SELECT max(r.outcome) FROM replacements r WHERE r.by_decision = d.id), ''),
			coalesce((SELECT r.outcome FROM replacements r WHERE r.decision_id = d.id), ''),
			coalesce((SELECT string_agg(o.centre || ':' || o.result, '|' ORDER BY o.centre) FROM outcomes o WHERE o.decision_id = d.id AND NOT EXISTS (
				SELECT 1 FROM outcomes later WHERE later.decision_id = o.decision_id AND later.alert = o.alert AND later.sequence > o.sequence)), '')
		FROM decisions d JOIN cases c ON c.id = d.case_id LEFT JOIN procedures p ON p.decision_id = d.id
		WHERE d.at >= ? AND d.at < ? AND p.undone_at IS NULL ORDER BY d.at, d.id`, from.UnixMicro(), to.UnixMicro())
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e Exported
		var at int64
		var marks, outcomes string
		if err := rows.Scan(&e.ID, &at, &e.Verdict, &e.Reason, &e.Persons, &e.Danger, &e.StandIn, &e.Probability, &marks, &e.OnAppeal, &e.Replaced, &outcomes); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		e.At, e.Marks, e.Outcomes = fromMicros(at), []string{}, []string{}
		if outcomes != "" {
			e.Outcomes = strings.Split(outcomes, "|")
		}
		if marks != "" {
			e.Marks = strings.Split(marks, "|")
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Marks returns the marks of what waits, for filters, at most DefaultLimit.
func (s *Store) Marks(ctx context.Context) (list []string, err error) {
	// Each next mark is looked up in the index, so that it costs as many look-ups as
	// there are marks and not as many as there are cases.
	rows, err := s.read.QueryContext(ctx, `
		WITH RECURSIVE seen (mark) AS (
			SELECT min(mark) FROM marks
			UNION ALL SELECT (SELECT min(m.mark) FROM marks m WHERE m.mark > seen.mark) FROM seen WHERE seen.mark IS NOT NULL)
		SELECT mark FROM seen WHERE mark IS NOT NULL LIMIT ?`, DefaultLimit)
	if err != nil {
		return nil, fmt.Errorf("marks: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var mark string
		if err := rows.Scan(&mark); err != nil {
			return nil, fmt.Errorf("marks: %w", err)
		}
		list = append(list, mark)
	}
	return list, rows.Err()
}

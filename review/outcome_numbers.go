package review

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Few is the number of answers below which a row of OutcomeCounts says little.
const Few = 20

// An OutcomeCount is what centres said came of alerts, by the word that holds. A case that was
// told to two centres has two answers.
type OutcomeCount struct {
	Name      string
	Confirmed int // decisions that confirm; 0 in rows of centres, since a case goes to several
	// Read are alerts that were read, of which nothing else is said yet.
	Read, Actionable, Known, Insufficient, Wrong int
}

// Answered is how many alerts a centre said something of that is more than that it was read.
func (c OutcomeCount) Answered() int { return c.Actionable + c.Known + c.Insufficient + c.Wrong }

// Few reports whether there are so few answers that they say little.
func (c OutcomeCount) Few() bool { return c.Answered() < Few }

// Outcomes are those of decisions since a time.
type Outcomes struct {
	Centres []OutcomeCount
	Reasons []OutcomeCount // for which reviewers confirmed
	People  []OutcomeCount // who had a word in the decision
	Marks   []OutcomeCount // lists, typologies and the innocent explanations that fitted best
	Missing []Missing
}

// A Missing is in how many alerts a centre found a check of completeness not met.
type Missing struct {
	Centre, Check string
	Alerts        int
}

// held is what holds of outcomes: of an alert the word of the highest sequence.
const held = `outcomes o ON o.decision_id = d.id AND NOT EXISTS (
	SELECT 1 FROM outcomes later WHERE later.decision_id = o.decision_id AND later.alert = o.alert AND later.sequence > o.sequence)`

// Outcomes returns them since a time.
func (s *Store) Outcomes(ctx context.Context, who Person, since time.Time) (all Outcomes, err error) {
	if !who.May(Supervise) {
		return all, fmt.Errorf("outcomes: %w %s", ErrDenied, Supervise)
	}
	if all.Centres, err = s.outcomeCounts(ctx, `o.centre`, `JOIN `+held, ``, since); err != nil {
		return all, err
	}
	for i := range all.Centres {
		all.Centres[i].Confirmed = 0
	}
	if all.Reasons, err = s.outcomeCounts(ctx, `d.reason`, `LEFT JOIN `+held, ``, since); err != nil {
		return all, err
	}
	if all.Marks, err = s.outcomeCounts(ctx, `m.mark`, `JOIN decision_marks m ON m.decision_id = d.id LEFT JOIN `+held, ``, since); err != nil {
		return all, err
	}
	if all.People, err = s.outcomeCounts(ctx, `w.person`, `JOIN opinions w ON w.decision_id = d.id AND w.ended = '' AND w.verdict = d.verdict LEFT JOIN `+held, ``, since); err != nil {
		return all, err
	}
	all.Missing, err = s.missing(ctx, since)
	return all, err
}

// OwnOutcomes returns what came of the confirmations that a person had a word in.
func (s *Store) OwnOutcomes(ctx context.Context, who Person, since time.Time) (OutcomeCount, error) {
	list, err := s.outcomeCounts(ctx, `w.person`, `JOIN opinions w ON w.decision_id = d.id AND w.ended = '' AND w.verdict = d.verdict LEFT JOIN `+held, ` AND w.person = ?`, since, who.ID)
	if err != nil || len(list) == 0 {
		return OutcomeCount{Name: who.ID}, err
	}
	return list[0], nil
}

// outcomeCounts counts by an expression over decisions d that confirm and stand, and what
// they are joined with.
func (s *Store) outcomeCounts(ctx context.Context, by, join, and string, since time.Time, args ...any) (list []OutcomeCount, err error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT `+by+`, count(DISTINCT d.id), count(CASE WHEN o.result = 'acknowledged' THEN 1 END), count(CASE WHEN o.result = 'actionable' THEN 1 END),
			count(CASE WHEN o.result = 'known' THEN 1 END), count(CASE WHEN o.result = 'insufficient' THEN 1 END), count(CASE WHEN o.result = 'wrong' THEN 1 END)
		FROM decisions d LEFT JOIN procedures p ON p.decision_id = d.id `+join+`
		WHERE d.verdict = 'confirm' AND d.at >= ? AND p.undone_at IS NULL`+and+` GROUP BY `+by+` ORDER BY `+by+` LIMIT ?`,
		append(append([]any{since.UnixMicro()}, args...), MaxLimit)...)
	if err != nil {
		return nil, fmt.Errorf("outcomes: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c OutcomeCount
		if err := rows.Scan(&c.Name, &c.Confirmed, &c.Read, &c.Actionable, &c.Known, &c.Insufficient, &c.Wrong); err != nil {
			return nil, fmt.Errorf("outcomes: %w", err)
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// missing returns which checks insufficient alerts failed, by centre.
func (s *Store) missing(ctx context.Context, since time.Time) (list []Missing, err error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT o.centre, o.missing, count(*) FROM decisions d LEFT JOIN procedures p ON p.decision_id = d.id JOIN `+held+`
		WHERE d.at >= ? AND p.undone_at IS NULL AND o.result = 'insufficient' GROUP BY o.centre, o.missing ORDER BY o.centre, o.missing`, since.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("outcomes: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	at := map[[2]string]int{}
	for rows.Next() {
		var centre, checks string
		var n int
		if err := rows.Scan(&centre, &checks, &n); err != nil {
			return nil, fmt.Errorf("outcomes: %w", err)
		}
		for _, check := range strings.Fields(checks) {
			key := [2]string{centre, check}
			if _, ok := at[key]; !ok {
				at[key] = len(list)
				list = append(list, Missing{Centre: centre, Check: check})
			}
			list[at[key]].Alerts += n
		}
	}
	return list, rows.Err()
}

// Results returns what centres said of the alerts of each decision, by its id, where they did:
// the words that hold. It is for a machine that learns of them all.
func (s *Store) Results(ctx context.Context) (_ map[string][]string, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT d.id, o.result FROM decisions d JOIN `+held+` ORDER BY d.id, o.alert`)
	if err != nil {
		return nil, fmt.Errorf("outcomes: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all := map[string][]string{}
	for rows.Next() {
		var decision, result string
		if err := rows.Scan(&decision, &result); err != nil {
			return nil, fmt.Errorf("outcomes: %w", err)
		}
		all[decision] = append(all[decision], result)
	}
	return all, rows.Err()
}

package review

import (
	"context"
	"errors"
	"fmt"
	"regexp"
)

var (
	caseForm    = regexp.MustCompile(`^[0-9a-f]{4,32}$`)
	subjectForm = regexp.MustCompile(`^sub_[0-9a-f]{32}$`)
)

// ErrSearch says what can be searched for.
var ErrSearch = errors.New("search for the id of a case, or the first 4 letters of it or more, or for the whole token of a subject (sub_…)")

// Search finds cases by their id or its beginning, or by the token of anybody in them, the
// most pressing first, at most DefaultLimit.
func (s *Store) Search(ctx context.Context, who Person, text string) (list []Queued, err error) {
	if !who.May(List) {
		return nil, fmt.Errorf("search: %w %s", ErrDenied, List)
	}
	where, args := "c.id >= ? AND c.id < ?", []any{text, text + "g"} // g comes after the last hex digit
	switch {
	case subjectForm.MatchString(text):
		where, args = "c.id IN (SELECT case_id FROM people WHERE token = ?)", []any{text}
	case !caseForm.MatchString(text):
		return nil, ErrSearch
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT c.id, c.subject, c.state, c.probability, c.last_at, `+placeShown+`, q.danger FROM cases c JOIN queue q ON q.case_id = c.id
		WHERE `+where+` AND `+hasNoPart+` ORDER BY q.priority DESC, c.id LIMIT ?`, append(args, who.ID, DefaultLimit)...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var q Queued
		var last int64
		if err := rows.Scan(&q.ID, &q.Subject, &q.State, &q.Probability, &last, &q.Place, &q.Danger); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		q.Last = fromMicros(last)
		list = append(list, q)
	}
	return list, rows.Err()
}

package review

import "context"

// decidedPage is how many decisions are read at a time.
const decidedPage = 200

// Decided calls fn with the last decision on each case, in the order of the cases' ids,
// until fn returns an error, which it passes on. It is for a machine that learns of them
// all; a person looks at a case with Show, which leaves a trace.
func (s *Store) Decided(ctx context.Context, fn func(Decision) error) error {
	after := ""
	for {
		page, err := loadDecisions(ctx, s.db, `
			WHERE d.case_id > ? AND d.sequence = (SELECT max(sequence) FROM decisions AS other WHERE other.case_id = d.case_id)
			ORDER BY d.case_id LIMIT ?`, after, decidedPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, d := range page {
			if err := fn(d); err != nil {
				return err
			}
			after = d.CaseID
		}
	}
}

package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Alerted returns the case and the decision that an alert was made of, by the alert's id. It
// says nothing of the case: a person looks at it with Show.
func (s *Store) Alerted(ctx context.Context, alert string) (caseID, decision string, err error) {
	if !alertID.MatchString(alert) {
		return "", "", fmt.Errorf("alert: %w", ErrNotFound)
	}
	err = s.read.QueryRowContext(ctx, `
		SELECT d.case_id, d.id FROM outbox o JOIN decisions d ON d.id = o.decision_id
		WHERE o.kind = 'alert' AND o.result LIKE '%' || ? || '%'`, alert).Scan(&caseID, &decision)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", fmt.Errorf("alert %s: %w", alert, ErrNotFound)
	}
	if err != nil {
		return "", "", fmt.Errorf("alert %s: %w", alert, err)
	}
	return caseID, decision, nil
}

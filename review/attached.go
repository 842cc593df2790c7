package review

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// Attached orders an entry of the audit log that frames of a case, by their SHA-256, go to a
// centre with an alert. Its digest, under the case's salt, is of these, a line each; the same
// frames with the same alert are noted once.
func (s *Store) Attached(ctx context.Context, alert, caseID, centre string, frames []string) error {
	if len(frames) == 0 {
		return nil
	}
	text := strings.Join(frames, "\n")
	id := signal.ID("attached", alert, text)
	err := s.write(ctx, func(tx *sql.Tx) error {
		var there int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM outbox WHERE entry_id = ?`, id).Scan(&there); err != nil || there > 0 {
			return err
		}
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindDelivery, ID: id, Digest: digest([]byte(text)), At: s.now(),
			Refs: loggable(alert, caseID, "centre/"+centre, "frames/"+strconv.Itoa(len(frames))),
		})
	})
	if err != nil {
		return fmt.Errorf("frames of alert %s: %w", alert, err)
	}
	return nil
}

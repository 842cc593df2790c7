package review

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// An Opinion is what one person said of a case as it stood. It decides by itself, or with
// another's.
type Opinion struct {
	ID      string // signal.ID("opinion", case id, sequence)
	CaseID  string
	Digest  string // of the record that the person saw
	Verdict Verdict
	Reason  string
	Note    string // stays in the store
	Person  string
	Step    string // alone, first, second, settles or break-glass
	At      time.Time
	// Decision is the id of the decision that it made or shares in, or empty.
	Decision string
	// Ended is why it counts no longer: "void" where the case changed before a second
	// person spoke, "undone" where the person took it back.
	Ended string

	sequence int
}

func loadOpinions(ctx context.Context, q querier, where string, args ...any) (list []Opinion, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT id, case_id, sequence, digest, verdict, reason, note, person, step, at, coalesce(decision_id, ''), ended
		FROM opinions `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("load opinions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var o Opinion
		var at int64
		if err := rows.Scan(&o.ID, &o.CaseID, &o.sequence, &o.Digest, &o.Verdict, &o.Reason, &o.Note, &o.Person, &o.Step, &at, &o.Decision, &o.Ended); err != nil {
			return nil, fmt.Errorf("load opinions: %w", err)
		}
		o.At = fromMicros(at)
		list = append(list, o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load opinions: %w", err)
	}
	return list, nil
}

// saveOpinion keeps what a person said. Where it decides nothing yet, the audit log is
// told; a decision is told of by its own entry. It returns the opinion's id.
func saveOpinion(ctx context.Context, tx *sql.Tx, o Opinion) (id string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(sequence), 0) + 1 FROM opinions WHERE case_id = ?`, o.CaseID).Scan(&o.sequence)
	if err != nil {
		return "", fmt.Errorf("save opinion: %w", err)
	}
	o.ID = signal.ID("opinion", o.CaseID, strconv.Itoa(o.sequence))
	decision := sql.NullString{String: o.Decision, Valid: o.Decision != ""}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO opinions (id, case_id, sequence, digest, verdict, reason, note, person, step, at, decision_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.ID, o.CaseID, o.sequence, o.Digest, string(o.Verdict), o.Reason, o.Note, o.Person, o.Step, o.At.UnixMicro(), decision)
	if err != nil {
		return "", fmt.Errorf("save opinion: %w", err)
	}
	if o.Decision != "" {
		return o.ID, nil
	}
	said, err := o.said()
	if err != nil {
		return "", err
	}
	return o.ID, enqueueEntry(ctx, tx, audit.Entry{
		Kind: audit.KindOpinion, ID: o.ID, Digest: said, At: o.At, Refs: []string{o.CaseID, "reviewer/" + o.Person},
	})
}

// said is the SHA-256 of what the audit log commits to: what was said of what, and not
// the note. What a second person must not see yet is not to be read out of it by trying
// the few words there are, so the time is in it to the microsecond.
func (o Opinion) said() (string, error) {
	data, err := json.Marshal(struct {
		ID, Digest, Verdict, Reason, Person, Step string
		At                                        time.Time
	}{o.ID, o.Digest, string(o.Verdict), o.Reason, o.Person, o.Step, o.At})
	if err != nil {
		return "", fmt.Errorf("encode opinion: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// void ends the words on a case that wait for another's: what they were said of is no
// longer what there is.
func (s *Store) void(ctx context.Context, tx *sql.Tx, caseID string) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE opinions SET ended = 'void', ended_at = ? WHERE case_id = ? AND ended = '' AND decision_id IS NULL`,
		s.now().UnixMicro(), caseID)
	if err != nil {
		return fmt.Errorf("void opinions: %w", err)
	}
	return nil
}

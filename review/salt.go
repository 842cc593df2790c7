package review

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/audit"
)

// newSalt is 128 random bits, in hex.
func newSalt() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// Commitment is what the audit log has in place of a digest: HMAC-SHA256, keyed by the
// salt's text, of the digest's. Without the salt, which is erased with the case, it can
// neither be opened nor be held against anything.
func Commitment(salt, digest string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	mac.Write([]byte(digest))
	return hex.EncodeToString(mac.Sum(nil))
}

// saltOf returns the salt of a case, which is made when it is first needed.
func saltOf(ctx context.Context, tx *sql.Tx, caseID string) (salt string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT salt FROM salts WHERE case_id = ?`, caseID).Scan(&salt)
	if errors.Is(err, sql.ErrNoRows) {
		salt = newSalt()
		_, err = tx.ExecContext(ctx, `INSERT INTO salts (case_id, salt) VALUES (?, ?)`, caseID, salt)
	}
	if err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	return salt, nil
}

// selfSalted are the kinds of entries whose digests are of texts that have a salt in them.
var selfSalted = map[string]bool{audit.KindDecision: true, audit.KindAlert: true, audit.KindErasure: true}

// salted makes a commitment of an entry's digest, under the salt of the case that it
// refers to. Entries about no case have nothing in them that would have to be erased.
func salted(ctx context.Context, tx *sql.Tx, e audit.Entry) (audit.Entry, error) {
	if selfSalted[e.Kind] || len(e.Refs) == 0 {
		return e, nil
	}
	args := make([]any, len(e.Refs))
	for i, ref := range e.Refs {
		args[i] = ref
	}
	var id string
	err := tx.QueryRowContext(ctx, `SELECT id FROM cases WHERE id IN (?`+strings.Repeat(", ?", len(args)-1)+`) LIMIT 1`, args...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return e, nil
	}
	if err != nil {
		return e, fmt.Errorf("salt: %w", err)
	}
	salt, err := saltOf(ctx, tx, id)
	e.Digest = Commitment(salt, e.Digest)
	return e, err
}

// Salt returns the salt of a case, by which its entries in the audit log can be opened; ""
// where there is none, or none any more.
func (s *Store) Salt(ctx context.Context, caseID string) (salt string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT salt FROM salts WHERE case_id = ?`, caseID).Scan(&salt)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	return salt, nil
}

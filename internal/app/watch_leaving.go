package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"gocloud.dev/blob"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/signal"
)

// leaving is where things leave the platform: the evidence store, and the audit log
// that says what left and why. Beside each thing lies a statement in JSON, and the log
// holds the statement's digest.
type leaving struct {
	bucket *blob.Bucket
	ledger *audit.Log
	policy string // version of the policy by which it was decided
	now    func() time.Time
}

// session states what was sent of a session, once it has ended.
func (l *leaving) session(ctx context.Context, s outgoingSession) error {
	if s.Frames == 0 {
		return nil
	}
	return l.state(ctx, "sent/"+s.Session+".json", s.Session, s.What+"/"+fmt.Sprint(s.Frames), s, s.Why)
}

// put stores a preserved segment and then states it. A repeat stores and states the
// same again.
func (l *leaving) put(ctx context.Context, name string, meta edge.Meta, body io.Reader) error {
	w, err := l.bucket.NewWriter(ctx, "windows/"+name, &blob.WriterOptions{ContentType: "application/age"})
	if err != nil {
		return fmt.Errorf("evidence store: %w", err)
	}
	_, err = io.Copy(w, body)
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("evidence store: %w", err)
	}
	var why []string
	for _, window := range meta.Windows {
		why = append(why, window.Why...)
	}
	return l.state(ctx, "windows/"+name+".json", signal.ID("window", name), "window/"+fmt.Sprint(meta.Frames), meta, why...)
}

// maxWhy bounds the reasons in an entry of the log; the statement has them all.
const maxWhy = 64

// state puts a statement beside what left and its digest into the audit log, unless an
// equal one is there.
func (l *leaving) state(ctx context.Context, name, id, what string, statement any, why ...string) error {
	data, err := json.Marshal(statement)
	if err != nil {
		return err
	}
	if before, err := l.bucket.ReadAll(ctx, name); err == nil && string(before) == string(data) {
		return nil
	}
	refs := append([]string{what, "policy/" + l.policy}, why[:min(len(why), maxWhy)]...)
	if _, err := l.ledger.Append(ctx, audit.Entry{
		Kind: verify.KindOutgoing, ID: id, Digest: digestOf(data), At: l.now().UTC(), Refs: refs,
	}); err != nil {
		return fmt.Errorf("what left the platform is not in the audit log: %w", err)
	}
	// The statement last: without it, the next attempt states it again.
	if err := l.bucket.WriteAll(ctx, name, data, &blob.WriterOptions{ContentType: typeJSON}); err != nil {
		return fmt.Errorf("evidence store: %w", err)
	}
	return nil
}

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
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

	mu      sync.Mutex
	waiting []statement // of sessions; the streams do not wait for the log
}

// A statement says what left and why.
type statement struct {
	name  string // in the evidence store
	entry audit.Entry
	data  []byte
}

// session states that a session's frames leave, with its first, and how many left, at
// its end.
func (l *leaving) session(s outgoingSession) error {
	st, err := l.statement(fmt.Sprintf("sent/%s-%d.json", s.Session, s.Frames), s.Session, s.What+"/"+fmt.Sprint(s.Frames), s, s.Why)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, st)
	return nil
}

// flush makes what waits durable. What fails waits on.
func (l *leaving) flush(ctx context.Context) error {
	l.mu.Lock()
	batch := l.waiting
	l.waiting = nil
	l.mu.Unlock()
	if err := l.state(ctx, batch...); err != nil {
		l.mu.Lock()
		l.waiting = append(batch, l.waiting...)
		l.mu.Unlock()
		return err
	}
	return nil
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
	st, err := l.statement("windows/"+name+".json", signal.ID("window", name), "window/"+fmt.Sprint(meta.Frames), meta, why...)
	if err != nil {
		return err
	}
	if before, err := l.bucket.ReadAll(ctx, st.name); err == nil && bytes.Equal(before, st.data) {
		return nil
	}
	return l.state(ctx, st)
}

// maxWhy bounds the reasons in an entry of the log; the statement has them all.
const maxWhy = 64

func (l *leaving) statement(name, id, what string, v any, why ...string) (statement, error) {
	data, err := json.Marshal(v)
	return statement{name: name, data: data, entry: audit.Entry{
		Kind: verify.KindOutgoing, ID: id, Digest: digestOf(data), At: l.now().UTC(),
		Refs: append([]string{what, "policy/" + l.policy}, why[:min(len(why), maxWhy)]...),
	}}, err
}

// state puts the digests of statements into the audit log, and the statements beside
// what left. They come last: without one, the next attempt states it again.
func (l *leaving) state(ctx context.Context, all ...statement) error {
	if len(all) == 0 {
		return nil
	}
	entries := make([]audit.Entry, len(all))
	for i := range all {
		entries[i] = all[i].entry
	}
	if _, err := l.ledger.AppendAll(ctx, entries); err != nil {
		return fmt.Errorf("what left the platform is not in the audit log: %w", err)
	}
	for _, st := range all {
		if err := l.bucket.WriteAll(ctx, st.name, st.data, &blob.WriterOptions{ContentType: typeJSON}); err != nil {
			return fmt.Errorf("evidence store: %w", err)
		}
	}
	return nil
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
)

// writePost fills a folder with what a centre gets: four alerts, one of them taken back, in
// every form, a forgery and what is nothing of the kind. The keys are the log's, and those
// to encrypt to.
func writePost(t *testing.T, dir, logKey, recipients string) {
	t.Helper()
	log := inboxtest.NewLog(t, 0)
	text, err := os.ReadFile(recipients)
	if err != nil {
		t.Fatal(err)
	}
	to, err := age.ParseRecipients(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	urgent := log.Alert(t, inboxtest.Case{Number: 1, At: now.Add(-2 * time.Hour), Strong: true, Danger: true}, 1)
	past := inboxtest.Case{Number: 2, At: now.Add(-9 * 24 * time.Hour), Strong: true}
	forged := urgent
	forged.Statement.Probability = 0.1
	for name, data := range map[string][]byte{
		"urgent.age": log.Seal(t, urgent, nil, to...), "forged.json": inboxtest.JSON(t, forged), "notes.txt": []byte("Meeting at noon"),
		"rest.jsonl": bytes.Join([][]byte{
			inboxtest.JSON(t, log.Alert(t, past, 1)), inboxtest.JSON(t, log.Correction(t, past, true)),
			log.Seal(t, log.Alert(t, inboxtest.Case{Number: 3, At: now.Add(-30 * time.Hour)}, 1), nil),
		}, []byte("\n")),
		"old.json": inboxtest.JSON(t, log.Alert(t, inboxtest.Case{Number: 4, At: now.Add(-3 * 24 * time.Hour), Lacks: true}, 1)),
	} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(logKey, []byte(log.Verifier+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

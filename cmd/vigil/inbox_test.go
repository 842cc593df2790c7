package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/report/drop"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
)

// writeDrop puts an alert into a folder as the file drop does, an hour ago.
func writeDrop(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	folder, err := drop.Open(drop.Settings{Outgoing: dir, Marks: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	a := inboxtest.NewLog(t, 0).Alert(t, inboxtest.Case{Number: 8, At: time.Now().UTC().Truncate(time.Second).Add(-2 * time.Hour), Strong: true}, 1)
	if _, err := folder.Send(t.Context(), a, nil); err != nil {
		t.Fatal(err)
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) != 2 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		hourAgo := time.Now().Add(-time.Hour)
		if err := os.Chtimes(name, hourAgo, hourAgo); err != nil {
			t.Fatal(err)
		}
	}
}

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

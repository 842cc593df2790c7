package app

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

const reportedSubject signal.Subject = "sub_00000000000000000000000000000001"

// aToldCase is a deployment with one case that a person confirmed, whose alerts have gone. It
// returns their ids by centre.
func aToldCase(t *testing.T) (Config, string, map[string]string) {
	t.Helper()
	ctx := t.Context()
	c := DefaultConfig(filepath.Join(t.TempDir(), "data"))
	c.Review.onePerson()
	ledger, verifier, err := c.openAudit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	store, err := c.openStore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	session := signal.Signal{
		ID: signal.ID("session", "s"), Revision: 1, Kind: signal.KindSession, Subject: reportedSubject, Start: start, End: start.Add(time.Minute), Says: "a private session",
		Session:  &signal.Session{Stream: "s1", Platform: "demo", Private: true, Country: "PH"},
		Evidence: []signal.Evidence{{What: "session", Holder: "demo", Ref: "s1", At: start}},
	}
	id := signal.ID("case", string(reportedSubject))
	data, err := json.Marshal(review.Case{
		ID: id, Revision: 1, Subject: reportedSubject, State: review.StateOpen, Score: 2, Probability: 0.8808, Bar: 0.5, Weights: "w2",
		First: start, Last: session.End, Parts: []review.Part{{Name: "private-session", Weight: 2, Says: "a private session", Signals: []string{session.ID}}},
		Signals: []signal.Signal{session},
	})
	if err == nil {
		_, err = store.Receive(ctx, data)
	}
	if err != nil {
		t.Fatal(err)
	}
	shown, _, err := store.Show(ctx, id, review.Reviewer("r1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Decide(ctx, review.Request{CaseID: id, Digest: shown.Digest, Verdict: review.Confirm, Reason: "live-abuse-suspected", By: review.Reviewer("r1")}); err != nil {
		t.Fatal(err)
	}
	carryOut(t, store, ledger)
	centres, err := c.directory()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	rows, err := store.Outbox(ctx, 0)
	if err != nil || len(rows) != 1 {
		t.Fatal(len(rows), err)
	}
	d := *rows[0].Decision
	index, _, err := store.AuditIndex(ctx, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := ledger.Prove(ctx, index)
	if err != nil {
		t.Fatal(err)
	}
	alerts, err := report.Tell(d, centres.Route(d), proof, verifier)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, a := range alerts {
		told[a.Centre.ID] = a.ID
		ids = append(ids, a.ID)
	}
	if err := store.Done(ctx, rows[0].Seq, ids...); err != nil {
		t.Fatal(err)
	}
	carryOut(t, store, ledger)
	if err := ledger.Close(ctx); err != nil {
		t.Fatal(err)
	}
	return c, id, told
}

func accountFile(t *testing.T, dir, text string) string {
	t.Helper()
	name := filepath.Join(dir, string(reportedSubject)+".json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const reportedAccount = `{"subject": "sub_00000000000000000000000000000001", "platform": "demo", "id": "user-4711",
	"ips": [{"address": "203.0.113.10", "event": "Login", "at": "2026-05-01T11:55:00Z"}]}`

func TestWhoIsToldIsExplained(t *testing.T) {
	c, id, _ := aToldCase(t)
	var out bytes.Buffer
	if err := RouteCase(t.Context(), c, RouteOptions{Case: id, Reviewer: "r2", Explain: true, Out: &out}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"in charge: ph", "also told: us", "shared id", "what the rules looked at"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("does not say %q:\n%s", want, out.String())
		}
	}
}

func TestAnAlertIsExplained(t *testing.T) {
	c, _, told := aToldCase(t)
	explained := func(o ExplainOptions) (string, error) {
		var out bytes.Buffer
		o.Reviewer, o.Out = "r2", &out
		err := ExplainAlert(t.Context(), c, o)
		return out.String(), err
	}
	text, err := explained(ExplainOptions{Alert: told["ph"]})
	if err != nil || !strings.Contains(text, "/statement/parts/0/says = a private session\n      <- records session s1 of demo") || strings.Contains(text, "CyberTipline") {
		t.Errorf("%v\n%s", err, text)
	}
	text, err = explained(ExplainOptions{Alert: told["us"]})
	if err != nil || !strings.Contains(text, "held, since the report lacks the platform's answer") || !strings.Contains(text, "ncmec.reporter") {
		t.Errorf("%v\n%s", err, text)
	}
	c.NCMEC.Accounts = t.TempDir()
	c.NCMEC.Reporter.Email = "desk@demo.example"
	accountFile(t, c.NCMEC.Accounts, reportedAccount)
	text, err = explained(ExplainOptions{Alert: told["us"]})
	if err != nil || !strings.Contains(text, "/report/personOrUserReported/espIdentifier = user-4711\n      <- account data of platform demo") {
		t.Errorf("%v\n%s", err, text)
	}
	text, err = explained(ExplainOptions{Alert: told["us"], XML: true, Account: filepath.Join(c.NCMEC.Accounts, string(reportedSubject)+".json")})
	if err != nil || !strings.HasPrefix(text, "<?xml") {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := explained(ExplainOptions{Alert: told["ph"], XML: true}); err == nil {
		t.Error("a queue has XML")
	}
	for _, id := range []string{strings.Repeat("0", 32), "%", ""} {
		if _, err := explained(ExplainOptions{Alert: id}); err == nil || !strings.Contains(err.Error(), "not in the store") {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestCredentialsOfTheCyberTipline(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "credentials")
	n := NCMECConfig{URL: "http://127.0.0.1:9660/ispws", Credentials: file}
	for text, ok := range map[string]bool{"demo:secret\n": true, "demo": false, "demo:a\nother:b\n": false, ":x": false, "": false} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := n.client(nil); (err == nil) != ok || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := os.WriteFile(file, []byte("demo:secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	// One switch is none.
	n.URL, n.Production = "", true
	if _, err := n.client(nil); err == nil || !strings.Contains(err.Error(), "only one of the two switches") {
		t.Errorf("got %v", err)
	}
	n.Production = false
	t.Setenv(productionVariable, productionWord)
	if _, err := n.client(nil); err == nil {
		t.Error("the environment alone opens production")
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := n.client(nil); err == nil || !strings.Contains(err.Error(), "others") {
		t.Errorf("got %v", err)
	}
	if _, err := (NCMECConfig{}).client(nil); err == nil {
		t.Error("without credentials there is a client")
	}
}

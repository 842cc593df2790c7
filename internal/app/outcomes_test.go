package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/mod/sumdb/note"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// A centreDesk signs what a centre says came of alerts.
type centreDesk struct {
	id, key string
	signer  note.Signer
}

func newDesk(t *testing.T, id string) centreDesk {
	t.Helper()
	private, key, err := note.GenerateKey(rand.Reader, id)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return centreDesk{id, key, signer}
}

// says returns the signed word of a centre on the alert of a case's first decision.
func (d centreDesk) says(t *testing.T, caseID, centre string, sequence int, r report.Result, entries ...report.EntryOutcome) []byte {
	t.Helper()
	o := report.Outcome{
		Alert: review.AlertID(caseID, 1, centre), Case: caseID, Centre: centre, Sequence: sequence, Result: r,
		At: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Entries: entries,
	}
	o.ID = report.OutcomeID(o)
	data, err := report.SealOutcome(o, d.key, d.signer.Sign)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func outcomeOutput(t *testing.T, centre string, data []byte) stream.Output {
	t.Helper()
	return stream.Output{Topic: topicReceipts, Event: stream.Event{
		ID: signal.ID("test", string(data)), Source: "vigil/inbox", Type: report.TypeOutcome, Key: "alert",
		Time: time.Now(), ContentType: typeJSON, Data: data, Ext: map[string]string{"centre": centre},
	}}
}

// aDecidedCase puts a case with a match into the store and has one person confirm it.
func aDecidedCase(t *testing.T, store *review.Store) review.Case {
	t.Helper()
	made := canaryCase(t)
	raw, err := json.Marshal(made)
	if err == nil {
		_, err = store.Receive(t.Context(), raw)
	}
	if err == nil {
		_, err = store.Decide(t.Context(), review.Request{CaseID: made.ID, Digest: digestOf(raw), Verdict: review.Confirm, Reason: "paid-abuse-suspected", By: review.Reviewer("r1")})
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// start runs rooms in this process until the test ends, or stop is called.
func start(t *testing.T, c Config) (client *stream.Client, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	up, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- runRooms(ctx, c, zap.NewNop(), func(addr string) { up <- addr }) }()
	select {
	case addr := <-up:
		client = connect(t, addr, c.Prefix)
	case err := <-ended:
		cancel()
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return client, stop
}

// TestOutcomesComeByTheTopic sends a centre's words through the rooms that run, among what
// must not be taken: what is taken is in the store and the audit log, and the rest among the
// dead letters, each with its reason.
func TestOutcomesComeByTheTopic(t *testing.T) {
	c, db := deployed(t, false)
	c.Rooms = []string{"review", "report"}
	ca, ph := newDesk(t, "ca"), newDesk(t, "ph")
	c.OutcomeKeys = OutcomeKeys{"ca": ca.key, "ph": ph.key}
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	made := aDecidedCase(t, store)
	client, stop := start(t, c)

	good := ca.says(t, made.ID, "ca", 2, report.Wrong, report.EntryOutcome{List: "canary-list", HashKind: "pdq", Entry: "canary-entry", Wrong: true})
	send := []stream.Output{
		outcomeOutput(t, "ca", good),
		outcomeOutput(t, "ca", ca.says(t, made.ID, "ca", 1, report.Acknowledged)),
		outcomeOutput(t, "ca", good), // again
		outcomeOutput(t, "ca", ph.says(t, made.ID, "ca", 3, report.Known)),
		outcomeOutput(t, "ph", ca.says(t, made.ID, "ca", 3, report.Known)),
		outcomeOutput(t, "ph", ph.says(t, made.ID, "ph", 1, report.Known)),
		outcomeOutput(t, "zz", ca.says(t, made.ID, "zz", 1, report.Known)),
		outcomeOutput(t, "ca", ca.says(t, made.ID, "ca", 2, report.Known)),
		outcomeOutput(t, "ca", ca.says(t, made.ID, "ca", 4, report.Wrong, report.EntryOutcome{List: "canary-list", HashKind: "pdq", Entry: "another", Wrong: true})),
		outcomeOutput(t, "ca", []byte("{}")),
	}
	other := outcomeOutput(t, "ca", good)
	other.Event.Type = "vigil.other.v1"
	want := map[string]int{"outcome": 3, "unknown-alert": 1, "outcome-key": 1, "outcome-conflict": 1, "outcome-entry": 1, "type": 1}
	if err := client.Produce(t.Context(), append(send, other)...); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "what is bad among the dead letters", func() (bool, string) {
		got := map[string]int{}
		err := client.ReadAll(t.Context(), topicDeadLetter, func(m stream.Message) error {
			got[m.Headers["vigil-reason"]]++
			return nil
		})
		return err == nil && maps.Equal(got, want), fmt.Sprint(got, err)
	})
	var kept string
	eventually(t, time.Minute, "the centre's words", func() (bool, string) {
		err := db.QueryRow(`SELECT string_agg(centre || ' ' || sequence || ' ' || result, ', ' ORDER BY sequence) FROM outcomes`).Scan(&kept)
		return err == nil && kept == "ca 1 acknowledged, ca 2 wrong", kept
	})
	var fed int
	eventually(t, time.Minute, "the owner's record", func() (bool, string) {
		fed = 0
		err := client.ReadAll(t.Context(), topicFeedback, func(m stream.Message) error {
			var f review.Feedback
			fed++
			if err := json.Unmarshal(m.Data, &f); err != nil || f.List != "canary-list" || f.Entry != "canary-entry" || f.Right {
				return fmt.Errorf("%+v, %w", f, err)
			}
			return nil
		})
		return err == nil && fed == 1, fmt.Sprint(fed, err)
	})
	stop()
	alert := review.AlertID(made.ID, 1, "ca")
	inTheLog(t, c, []string{signal.ID("outcome", alert, "ca", "1"), signal.ID("outcome", alert, "ca", "2")})
}

// TestOutcomesComeByFile: the same checks, the same store.
func TestOutcomesComeByFile(t *testing.T) {
	c, _ := deployed(t, false)
	ca := newDesk(t, "ca")
	c.OutcomeKeys = OutcomeKeys{"ca": ca.key}
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	made := aDecidedCase(t, store)
	alert := review.AlertID(made.ID, 1, "ca")
	file := func(name string, data []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("good", ca.says(t, made.ID, "ca", 1, report.Actionable))
	var out bytes.Buffer
	if err := TakeOutcomes(t.Context(), c, []string{good}, &out); err == nil || !strings.Contains(err.Error(), "not done yet") {
		t.Errorf("of an alert that has not left: %v", err)
	}
	for _, row := range outboxOf(t, store) {
		result := []string{"0"}
		if row.Kind == review.KindAlert {
			result = []string{alert}
		}
		if err := store.Done(t.Context(), row.Seq, result...); err != nil {
			t.Fatal(err)
		}
	}
	strange := newDesk(t, "ca")
	forged := file("forged", strange.says(t, made.ID, "ca", 2, report.Known))
	err = TakeOutcomes(t.Context(), c, []string{forged, good, file("text", []byte("no")), file("long", make([]byte, 4<<20))}, &out)
	for _, want := range []string{"forged: outcome: outcome of centre ca: its signature", "text: outcome: outcome: is no envelope", "long: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if want := "alert " + alert + ": ca says actionable (word 1)\n"; out.String() != want {
		t.Errorf("said\n%s\nwant\n%s", out.String(), want)
	}
	f, err := store.File(t.Context(), made.ID, review.Reviewer("r1"))
	if err != nil || len(f.Outcomes) != 1 || f.Outcomes[0].Result != review.ResultActionable {
		t.Errorf("%+v, %v", f.Outcomes, err)
	}
}

func TestOutcomeKeysAreCheckedAtOnce(t *testing.T) {
	key := newDesk(t, "ca").key
	_, err := parseConfig([]byte("outcome_keys: {ca: nothing, 'C A': '"+key+"', ph: '"+key[:len(key)-4]+"'}\npartitions: 2000\n"), "")
	for _, want := range []string{"outcome_keys.ca: not a verifier key", "outcome_keys.C A: the key of the map", "outcome_keys.ph", "partitions"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	c := DefaultConfig(t.TempDir())
	c.OutcomeKeys = OutcomeKeys{"nowhere": key}
	if _, err := c.directory(); err == nil || !strings.Contains(err.Error(), "outcome_keys.nowhere") {
		t.Errorf("a centre that is none: %v", err)
	}
	c.OutcomeKeys = OutcomeKeys{"ca": key}
	if _, err := c.directory(); err != nil {
		t.Error(err)
	}
}

func outboxOf(t *testing.T, store *review.Store) []review.OutboxRow {
	t.Helper()
	rows, err := store.Outbox(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

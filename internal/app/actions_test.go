package app

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/account"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/review/service"
	"github.com/vigil-stream/vigil/review/webhook"
	"github.com/vigil-stream/vigil/signal"
)

// A platform that a test stands in for: it keeps what it is sent.
type platform struct {
	*httptest.Server
	mu   sync.Mutex
	came map[string]int           // webhooks by id
	told map[string]action.Record // what they ask for
	asks []account.Request        // what they ask about accounts
	read strings.Builder          // all that it ever reads
}

func newPlatform(t *testing.T, secret webhook.Secret) *platform {
	p := &platform{came: map[string]int{}, told: map[string]action.Record{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		at, err2 := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
		id := r.Header.Get("webhook-id")
		if err != nil || err2 != nil || r.Header.Get("webhook-signature") != webhook.Sign([]webhook.Secret{secret}, id, time.Unix(at, 0), body) {
			t.Errorf("a webhook without a valid signature: %v", r.Header)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if r.Header.Get("ce-type") == "vigil.account-request.v1" {
			asks, err := account.DecodeRequest(body)
			if err != nil || asks.ID != id {
				t.Errorf("webhook %s: %v", id, err)
			}
			p.asks = append(p.asks, asks)
			fmt.Fprintln(&p.read, r.Header, string(body))
			return
		}
		record, err := action.Decode(body)
		if err != nil || record.ID != id {
			t.Errorf("webhook %s: %v", id, err)
		}
		if was, ok := p.told[id]; ok && !was.At.Equal(record.At) {
			t.Errorf("webhook %s says something else the second time", id)
		}
		p.came[id]++
		p.told[id] = record
		fmt.Fprintln(&p.read, r.Header, string(body))
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(action.Receipt{ActionID: id, State: action.StateDone, At: record.At.Add(time.Second)})
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *platform) asked(k action.Kind) []action.Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.SortedFunc(func(yield func(action.Record) bool) {
		for _, r := range p.told {
			if r.Action == k && !yield(r) {
				return
			}
		}
	}, func(a, b action.Record) int { return strings.Compare(a.ID, b.ID) })
}

// canaryCase is one in which a bank, another platform and the lists say what begins with
// canary.
func canaryCase(t *testing.T) review.Case {
	t.Helper()
	const who signal.Subject = "sub_0000000000000000000000000000cafe"
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	all := []signal.Signal{
		{Kind: signal.KindSession, Session: &signal.Session{Stream: "live-1", Platform: "demo", Private: true, Country: "CA"}},
		{Kind: signal.KindMatch, Match: &signal.Match{Stream: "live-1", Platform: "demo", HashKind: "pdq", List: "canary-list", Category: "canary-category", ListVersion: "v", Entry: "canary-entry", Distance: 4, Radius: 31, FramesMatched: 8, FramesSeen: 9}},
		{Kind: signal.KindPayment, Payment: &signal.Payment{Typology: "P05", Rules: "canary-rules", Role: signal.Recipient, Transfers: 5, Counterparties: 5, Times: []time.Time{at}, Strength: 1},
			Evidence: []signal.Evidence{{What: "transaction", Holder: "CANARYBANK", Ref: "canary-ref", At: at}}},
		{Kind: signal.KindFlag, Flag: &signal.Flag{Stream: "canary-stream", Platform: "canary-platform", Reason: "canary-reason"}},
	}
	c := review.Case{ID: signal.ID("case", string(who)), Revision: 1, Subject: who, State: review.StateOpen, Score: 2, Probability: 1 / (1 + math.Exp(-2)), Bar: 0.5, Weights: "canary-weights", First: at, Last: at}
	for i, s := range all {
		s.ID, s.Revision, s.Subject, s.Start, s.End, s.Says = signal.ID("canary", strconv.Itoa(i)), 1, who, at, at, "canary-says"
		c.Signals = append(c.Signals, s)
	}
	c.Parts = []review.Part{{Name: "canary-part", Weight: 2, Says: "canary-part-says", Signals: []string{c.Signals[2].ID}}}
	return c
}

// TestAKillBetweenDecisionAndWebhookAndAnAppeal kills the real process after a webhook was
// answered and before that is noted, lets an heir carry on, and then takes it all back on an
// appeal: the centre reads a retraction, the platform a lift, and the platform never a word of
// the bank, the centre or the reviewers.
func TestAKillBetweenDecisionAndWebhookAndAnAppeal(t *testing.T) {
	bin := ownProgram(t)
	broker, err := stream.StartEmbedded(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = broker.Close() }()
	c, db := deployed(t, false)
	c.Review.Persons = 2
	c.Review.fill()
	file := filepath.Join(t.TempDir(), "demo.secret")
	if err := NewWebhookSecret(file, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := webhook.ParseSecret(string(text))
	if err != nil {
		t.Fatal(err)
	}
	demo := newPlatform(t, secret)
	c.Platforms = []webhook.Platform{{Name: "demo", URL: demo.URL + "/hook", Secrets: []string{file}}}
	config := writeConfig(t, c, broker.Addr())
	vigil(t, bin, "topics", "create", "--config", config)

	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	made := canaryCase(t)
	raw, err := json.Marshal(made)
	if err == nil {
		_, err = store.Receive(t.Context(), raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"canary-anna", "canary-ben"} {
		if _, err := store.Decide(t.Context(), review.Request{CaseID: made.ID, Digest: digestOf(raw), Verdict: review.Confirm, Reason: "paid-abuse-suspected",
			Note: "canary-note", Action: action.Suspend, By: review.Reviewer(who)}); err != nil {
			t.Fatal(err)
		}
	}

	if _, err := db.Exec(`CREATE TRIGGER forgets BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(ABORT, 'forgotten for the test'); END`); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "run.log")
	w := startWorker(t, bin, log, "run", "--config", config, "--rooms", "report,review")
	eventually(t, time.Minute, "an answer that cannot be noted", func() (bool, string) {
		said := tail(log)
		return strings.Contains(said, "forgotten for the test"), said
	})
	if !w.kill() {
		t.Error("there was nothing to kill")
	}
	if _, err := db.Exec(`DROP TRIGGER forgets`); err != nil {
		t.Fatal(err)
	}
	before := demo.asked(action.Suspend)
	if len(before) != 1 {
		t.Fatalf("the platform was asked for %+v before the kill", before)
	}
	heir := startWorker(t, bin, log, "run", "--config", config, "--rooms", "report,review")
	settled := func(what string, actions int) {
		t.Helper()
		eventually(t, time.Minute, what, func() (bool, string) {
			var delivered, receipts int
			err := db.QueryRow(`SELECT (SELECT count(*) FROM deliveries WHERE state = 'delivered'), (SELECT count(*) FROM receipts WHERE state = 'done')`).Scan(&delivered, &receipts)
			return err == nil && delivered == actions && receipts == actions, fmt.Sprint(delivered, receipts, err, tail(log))
		})
	}
	settled("a webhook that is noted, with its receipt", 1)
	demo.mu.Lock()
	if came := demo.came[before[0].ID]; came < 2 || len(demo.told) != 1 {
		t.Errorf("the webhook came %d times, of %d", came, len(demo.told))
	}
	demo.mu.Unlock()

	client := connect(t, broker.Addr(), c.Prefix)
	key, digest := api.NewKey()
	keys, err := service.NewKeys(service.Key{Key: api.Key{Name: "demo", SHA256: digest, PerMinute: 100, PerDay: 100}, Platform: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := service.New(keys, platformOptions(store, client, prometheus.NewRegistry(), zap.NewNop()))
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, path, body string, status int) string {
		t.Helper()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+key)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if answer.Code != status {
			t.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
		}
		demo.mu.Lock()
		defer demo.mu.Unlock()
		demo.read.WriteString(answer.Body.String())
		return answer.Body.String()
	}
	var appeal struct{ ID, State string }
	said := call("POST", "/v1/appeals", `{"action_id":"`+before[0].ID+`","objection":"It was a drawing lesson."}`, 201)
	if err := json.Unmarshal([]byte(said), &appeal); err != nil {
		t.Fatal(err)
	}
	if _, err := store.AnswerAppeal(t.Context(), review.AnswerRequest{AppealID: appeal.ID, Digest: digestOf(raw), Outcome: review.Reversed, Reason: "false-match", Note: "canary-note", By: review.Reviewer("canary-carl")}); err != nil {
		t.Fatal(err)
	}
	settled("a lift that is delivered", 2)
	if lifts := demo.asked(action.Lift); len(lifts) != 1 || !slices.Equal(lifts[0].Ends, []string{before[0].ID}) || lifts[0].Appeal != appeal.ID {
		t.Errorf("lifted %+v", lifts)
	}
	if answer := call("GET", "/v1/appeals/"+appeal.ID, "", 200); !strings.Contains(answer, `"state":"accepted"`) {
		t.Errorf("the platform reads %s", answer)
	}
	var inbox string
	eventually(t, time.Minute, "a retraction", func() (bool, string) {
		inbox = vigil(t, bin, "inbox", "--config", config, "--centre", "ca")
		return strings.Contains(inbox, "RETRACTION of ALERT "), inbox
	})
	if strings.Contains(inbox, "FAILED") || !strings.Contains(inbox, "ALERT ") {
		t.Errorf("the centre reads\n%s", inbox)
	}
	heir.stop()

	// Read again from the start, the topics tell the same and no more.
	actions, feedback := map[string]bool{}, map[string]review.Feedback{}
	if err := client.ReadAll(t.Context(), topicActions, func(m stream.Message) error {
		actions[m.ID] = true
		if m.Ext["platform"] == "demo" {
			demo.read.Write(m.Data)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := client.ReadAll(t.Context(), topicFeedback, func(m stream.Message) error {
		var f review.Feedback
		err := json.Unmarshal(m.Data, &f)
		feedback[f.ID] = f
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var entries []string
	for _, f := range feedback {
		entries = append(entries, f.Entry+f.Case)
	}
	slices.Sort(entries)
	if want := []string{made.ID, "canary-entry"}; !slices.Equal(entries, want) {
		t.Errorf("blamed are %v, want %v", entries, want)
	}
	receipts := receiptLoop(store, nil)
	n := 0
	if err := client.ReadAll(t.Context(), topicReceipts, func(m stream.Message) error {
		n++
		_, err := receipts.Handle(t.Context(), m, nil)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	settled("the same receipts after a replay", 2)
	if n < 2 || len(actions) != 4 { // two on each platform
		t.Errorf("%d receipts and actions %v", n, slices.Sorted(maps.Keys(actions)))
	}
	read := strings.ToLower(demo.read.String())
	for _, word := range []string{"canary", "bank", "payment", "centre", "center", "report", "ncmec", "rcmp", "police", "alert"} {
		if i := strings.Index(read, word); i >= 0 {
			t.Errorf("the platform reads %q: %s", word, read[max(0, i-80):min(len(read), i+80)])
		}
	}
	if hit := canaryIn([]byte(demo.read.String()), "CANARYBANK", "canary-ref", "canary-says", "canary-note", "canary-rules", "canary-list", "canary-entry", "canary-category", "canary-part-says", "canary-platform", "canary-anna"); hit != "" {
		t.Errorf("the platform reads %s", hit)
	}
	if len(read) < 2000 {
		t.Errorf("the platform read %d bytes", len(read))
	}
	inTheLog(t, c, slices.Collect(func(yield func(string) bool) {
		for id := range actions {
			if !yield("sent/" + id) {
				return
			}
		}
		_ = yield(appeal.ID) && yield("answer/"+appeal.ID)
	}))
	var left sql.NullInt64
	if err := db.QueryRow(`SELECT count(*) FROM orders WHERE done_at IS NULL`).Scan(&left); err != nil || left.Int64 != 0 {
		t.Errorf("%d orders are left, %v", left.Int64, err)
	}
}

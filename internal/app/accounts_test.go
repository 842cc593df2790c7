package app

import (
	"bytes"
	"fmt"
	"io"
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
	"go.uber.org/zap/zaptest/observer"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/account"
	"github.com/vigil-stream/vigil/review/service"
	"github.com/vigil-stream/vigil/review/webhook"
	"github.com/vigil-stream/vigil/signal"
)

// TestAPlatformIsAskedWhoseAccountItIs goes from a decided case to an alert that names the
// account: held until the platform, asked by a signed webhook, answers over HTTP; the answer
// lies encrypted, is in the centre's own record alone, and everything else knows ids.
func TestAPlatformIsAskedWhoseAccountItIs(t *testing.T) {
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
	var mu sync.Mutex
	var read bytes.Buffer // all that the platform reads
	var came []account.Request
	fails := 1
	demo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		read.Write(body)
		for name, value := range r.Header {
			read.WriteString(name + strings.Join(value, " "))
		}
		if r.Header.Get("ce-type") != "vigil.account-request.v1" {
			return // an action
		}
		if fails > 0 {
			fails--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		at, err := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
		if err != nil || r.Header.Get("webhook-signature") != webhook.Sign([]webhook.Secret{secret}, r.Header.Get("webhook-id"), time.Unix(at, 0), body) {
			t.Error("a webhook without a valid signature")
		}
		req, err := account.DecodeRequest(body)
		if err != nil || req.ID != r.Header.Get("webhook-id") {
			t.Errorf("%s: %v", body, err)
		}
		came = append(came, req)
	}))
	defer demo.Close()
	b := newGateBench(t, func(c *Config) {
		c.Platforms = []webhook.Platform{{Name: "demo", URL: demo.URL, Secrets: []string{file}}}
		c.NameAccounts = []string{"us"}
	})
	made := aCase(1, true)
	// What a bank says of the same account, which the platform may never read.
	made.Signals = append(made.Signals, signal.Signal{
		ID: signal.ID("payment", "gate"), Revision: 1, Kind: signal.KindPayment, Subject: made.Subject, Start: made.First, End: made.Last, Says: "canary-says-bank",
		Payment:  &signal.Payment{Typology: "P05", Rules: "canary-rules", Role: signal.Recipient, Transfers: 5, Counterparties: 5, Times: []time.Time{made.First}, Strength: 1},
		Evidence: []signal.Evidence{{What: "transaction", Holder: "CANARYBANK", Ref: "canary-ref-4711", At: made.First}},
	})
	d := b.decide(t, made, review.Confirm, "several-signs")
	b.carry(t)
	held, err := b.store.QueuedAlerts(t.Context(), review.FilingHeld, 0)
	if err != nil || len(held) != 1 || held[0].Centre != "us" || !strings.Contains(held[0].Says, "account: Platform demo was asked") {
		t.Fatalf("held: %+v, %v", held, err)
	}
	if at := delivery.LastCall(held[0], d.At); held[0].Next.After(at) {
		t.Error("it sleeps through its last call")
	}

	metrics := prometheus.NewRegistry()
	logged, log := observer.New(zap.DebugLevel)
	k, err := newCourier(b.c, b.store, b.client, metrics, zap.New(logged))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var breaker webhook.Breaker
		if _, err := k.once(t.Context(), "demo", &breaker); err != nil {
			t.Fatal(err)
		}
		if _, err := b.store.AccountsToAsk(t.Context(), "demo", 0); err != nil {
			t.Fatal(err)
		}
		eventually(t, 30*time.Second, "the webhook is due again", func() (bool, string) {
			list, err := b.store.AccountsToAsk(t.Context(), "demo", 0)
			mu.Lock()
			defer mu.Unlock()
			return err == nil && (len(list) == 1 || len(came) > 0), ""
		})
	}
	b.carry(t) // asks nothing again
	if len(came) != 1 || came[0].Subject != made.Subject || !slices.Equal(came[0].Streams, []string{"s"}) || !slices.Equal(came[0].Wants, []string{"addresses", "identifiers"}) {
		t.Fatalf("the platform was asked %+v", came)
	}

	keeps, closes, err := b.c.custody(t.Context(), b.store)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closes() }()
	key, digest := api.NewKey()
	other, digest2 := api.NewKey()
	keys, err := service.NewKeys(service.Key{Key: api.Key{Name: "demo", SHA256: digest, PerMinute: 100, PerDay: 100}, Platform: "demo"},
		service.Key{Key: api.Key{Name: "other", SHA256: digest2, PerMinute: 100, PerDay: 100}, Platform: "other"})
	if err != nil {
		t.Fatal(err)
	}
	o := platformOptions(b.store, b.client, metrics, zap.New(logged))
	o.KeepAccount = keepAccount(keeps)
	handler, err := service.New(keys, o)
	if err != nil {
		t.Fatal(err)
	}
	post := func(key, body string, status int) {
		t.Helper()
		r := httptest.NewRequest("POST", "/v1/accounts", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != status || strings.Contains(w.Body.String(), "canary") {
			t.Fatalf("%d %s, want %d", w.Code, w.Body, status)
		}
		read.Write(w.Body.Bytes())
	}
	answer := `{"request_id":"` + came[0].ID + `","account":{"subject":"` + string(made.Subject) + `","platform":"demo","id":"canary-user","emails":[{"value":"canary@mail.example"}],"ips":[{"address":"203.0.113.10","at":"2026-03-01T11:55:00+08:00"}],"ongoing":true}}`
	post(other, answer, 404)
	post(key, strings.Replace(answer, came[0].ID, strings.Repeat("0", 32), 1), 404)
	post(key, strings.Replace(answer, `,"ongoing":true`, `,"name":"canary"`, 1), 400)
	post(key, strings.Replace(answer, `"subject":"`+string(made.Subject), `"subject":"sub_`+strings.Repeat("0", 32), 1), 422)
	post(key, answer, 201)
	post(key, answer, 200)
	post(key, strings.Replace(answer, "canary-user", "another", 1), 409)

	b.now = time.Now()
	b.carry(t) // it goes by itself
	b.states(t, byQueue, review.FilingFiled, "")
	for _, a := range alertsOf(t, b.c, b.client) { // opened with each centre's own key, and verified
		named := len(a.Accounts) == 1 && a.Accounts[0].Platform == "demo" && strings.Contains(string(a.Accounts[0].Account), "canary-user") && digestOf(a.Accounts[0].Account) == a.Accounts[0].SHA256
		if named != (a.Centre.ID == "us") || len(a.Accounts) > 0 != (a.Centre.ID == "us") || len(a.Lacks) > 0 {
			t.Errorf("%s reads %+v, lacks %v", a.Centre.ID, a.Accounts, a.Lacks)
		}
	}
	var out bytes.Buffer
	if err := ExplainAlert(t.Context(), b.c, ExplainOptions{Alert: held[0].Alert, Reviewer: "r1", Out: &out}); err != nil || !strings.Contains(out.String(), "/accounts/0/account/id = canary-user\n      <- platform demo's answer of ") {
		t.Errorf("%v\n%s", err, out.String())
	}

	// The account lies nowhere in plain: not in the store, the log, nor on disk.
	raw := allBytes(t, b.c.Data)
	if hit := canaryIn(raw, "canary-user", "canary@mail.example", "203.0.113.10"); hit != "" {
		t.Errorf("on disk there is %s", hit)
	}
	// Nor in any topic that is not a centre's own, a metric or a line of the log, which banks
	// and whoever runs the deployment read.
	var all bytes.Buffer
	for _, topic := range []string{topicActions, topicReceipts, topicFeedback} {
		if err := b.client.ReadAll(t.Context(), topic, func(m stream.Message) error {
			fmt.Fprintln(&all, m.Key, m.Ext, string(m.Data))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	families, err := metrics.Gather()
	if err != nil || len(families) == 0 {
		t.Fatal(len(families), err)
	}
	fmt.Fprintln(&all, families)
	for _, line := range log.All() {
		fmt.Fprintln(&all, line.Message, line.ContextMap())
	}
	if hit := canaryIn(all.Bytes(), "canary-user", "canary@mail.example", "203.0.113.10"); hit != "" || all.Len() < 300 {
		t.Errorf("there is %s in %d bytes", hit, all.Len())
	}
	// And the platform reads nothing of the bank.
	mu.Lock()
	defer mu.Unlock()
	read.Write(all.Bytes())
	if hit := canaryIn(read.Bytes(), "CANARYBANK", "canary-ref-4711", "canary-says-bank", "canary-rules"); hit != "" || read.Len() < 500 {
		t.Errorf("the platform reads %s, of %d bytes", hit, read.Len())
	}
}

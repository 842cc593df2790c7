package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	signing "github.com/vigil-stream/vigil/review/webhook"
)

var now = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

const secret = "a secret of the test, made up"

// secrets are secret, as the configuration has it.
func secrets(t testing.TB) []signing.Secret {
	t.Helper()
	s, err := signing.ParseSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte(secret)))
	if err != nil {
		t.Fatal(err)
	}
	return []signing.Secret{s}
}

// The channels fit delivery.
var _ delivery.Channel = (*Channel)(nil)

// sign is what the centre expects, written from Standard Webhooks alone.
func sign(id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func sampleAlert(t testing.TB) report.Alert {
	t.Helper()
	data, err := os.ReadFile("../testdata/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	a, err := report.DecodeAlert(data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A standIn is a centre: it takes a signed alert once under its key, and misbehaves as a
// test wants, before or after taking it.
type standIn struct {
	*httptest.Server
	mu       sync.Mutex
	requests int
	alerts   map[string]string // receipts by id
	before   http.HandlerFunc  // answers in place of taking it
	then     http.HandlerFunc  // answers after taking it
}

func newStandIn(t *testing.T) *standIn {
	c := &standIn{alerts: make(map[string]string)}
	c.Server = httptest.NewTLSServer(http.HandlerFunc(c.serve))
	c.Config.ErrorLog = nil
	t.Cleanup(c.Close)
	return c
}

func (c *standIn) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.requests++
	before, then := c.before, c.then
	c.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if r.Header.Get("webhook-timestamp") != fmt.Sprint(now.Unix()) ||
		r.Header.Get("webhook-signature") != sign(r.Header.Get("webhook-id"), now, body) || r.Header.Get("Authorization") != "Bearer token-1" {
		http.Error(w, "not signed", http.StatusUnauthorized)
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/alerts/"); ok && r.Method == http.MethodGet {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.alerts[id] == "" {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprintf(w, `{"receipt": %q}`, c.alerts[id])
		return
	}
	if before != nil {
		before(w, r)
		return
	}
	var a struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(body, &a) // of what is none, the id is missing
	var err error
	switch r.Header.Get("ce-type") {
	case report.TypeAlert:
		_, err = report.DecodeAlert(body)
	case report.TypeCorrection:
		_, err = report.DecodeCorrection(body)
	default:
		err = errors.New("of no type")
	}
	if err != nil || r.Header.Get("Idempotency-Key") != `"`+a.ID+`"` || r.Header.Get("Content-Type") != "application/json" || r.Method != http.MethodPost {
		http.Error(w, "not an alert", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	if c.alerts[a.ID] == "" {
		c.alerts[a.ID] = fmt.Sprintf("R-%d", len(c.alerts)+1)
	}
	receipt := c.alerts[a.ID]
	c.mu.Unlock()
	if then != nil {
		then(w, r)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = fmt.Fprintf(w, `{"receipt": %q}`, receipt)
}

func (c *standIn) channel(t *testing.T, change func(*Endpoint)) *Channel {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(c.Certificate())
	e := Endpoint{
		URL: c.URL + "/alerts", StatusURL: c.URL + "/alerts/{id}", Secrets: secrets(t), Token: "token-1",
		TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, Now: func() time.Time { return now },
	}
	if change != nil {
		change(&e)
	}
	ch, err := New(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ch.Close)
	return ch
}

func TestSendOnce(t *testing.T) {
	c := newStandIn(t)
	ch := c.channel(t, nil)
	for range 2 { // a repeat has the receipt of the first
		got, err := ch.Send(t.Context(), sampleAlert(t), nil)
		if err != nil || got.State != report.Filed || got.Receipt != "R-1" {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	got, err := ch.Ask(t.Context(), sampleAlert(t).ID)
	if err != nil || got.State != report.Filed || got.Receipt != "R-1" {
		t.Errorf("asked: %+v, %v", got, err)
	}
	if got, err = ch.Ask(t.Context(), "another"); err != nil || got.State != report.Absent {
		t.Errorf("asked for another: %+v, %v", got, err)
	}
	if got, err = c.channel(t, func(e *Endpoint) { e.StatusURL = "" }).Ask(t.Context(), "x"); err != nil || got.State != report.Waiting {
		t.Errorf("nowhere to ask: %+v, %v", got, err)
	}
}

// TestACorrectionIsAMessageOfItsOwn, which names its alert; what may be there is asked for
// before it is withdrawn.
func TestACorrectionIsAMessageOfItsOwn(t *testing.T) {
	c := newStandIn(t)
	ch := c.channel(t, nil)
	a := sampleAlert(t)
	k := report.Correction{
		ID: "00000000000000000000000000000c0e", Alert: a.ID, Sequence: 1, Outcome: report.Corrected, Statement: a.Statement,
		Centre: a.Centre, Why: a.Why, HowToVerify: a.HowToVerify, Proof: a.Proof, LogKey: a.LogKey,
	}
	k.Statement.Sequence = 2
	if got, err := ch.Correct(t.Context(), k, nil); err != nil || got.State != report.Filed || c.alerts[k.ID] == "" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := ch.Withdraw(t.Context(), k.ID, true); err != nil || got.State != report.Filed {
		t.Errorf("withdrawn although it is there: %+v, %v", got, err)
	}
	if got, err := ch.Withdraw(t.Context(), a.ID, true); err != nil || got.State != report.Withdrawn {
		t.Errorf("%+v, %v", got, err)
	}
	c.Close()
	if got, err := ch.Withdraw(t.Context(), a.ID, true); err != nil || got.State != report.Unknown {
		t.Errorf("nobody to ask: %+v, %v", got, err)
	}
	if got, err := ch.Withdraw(t.Context(), a.ID, false); err != nil || got.State != report.Withdrawn {
		t.Errorf("never sent: %+v, %v", got, err)
	}
}

func TestNothingEmptyIsSent(t *testing.T) {
	c := newStandIn(t)
	a := sampleAlert(t)
	a.Statement.Evidence = nil
	_, err := c.channel(t, nil).Send(t.Context(), a, nil)
	var held *report.Held
	if !errors.As(err, &held) || c.requests != 0 {
		t.Errorf("%v after %d requests", err, c.requests)
	}
	_, err = c.channel(t, func(e *Endpoint) { e.Gate.Bars = map[string]float64{"ph": 1} }).Send(t.Context(), func() report.Alert {
		a := sampleAlert(t)
		a.Statement.Omitted = 1
		return a
	}(), nil)
	if !errors.As(err, &held) || c.requests != 0 {
		t.Errorf("below the centre's bar: %v after %d requests", err, c.requests)
	}
}

func TestAnswers(t *testing.T) {
	for status, want := range map[int]report.Answer{
		200: {State: report.Filed}, 204: {State: report.Filed}, 301: {State: report.Refused}, 307: {State: report.Refused},
		400: {State: report.Refused}, 401: {State: report.Refused}, 403: {State: report.Refused}, 404: {State: report.Refused},
		408: {State: report.Later}, 409: {State: report.Later}, 413: {State: report.Refused}, 422: {State: report.Refused}, 425: {State: report.Later},
		429: {State: report.Later, After: 90 * time.Second}, 500: {State: report.Unknown}, 501: {State: report.Refused},
		502: {State: report.Unknown}, 503: {State: report.Later, After: 90 * time.Second}, 504: {State: report.Unknown}, 505: {State: report.Refused},
	} {
		c := newStandIn(t)
		c.before = func(w http.ResponseWriter, _ *http.Request) {
			if status == 429 || status == 503 {
				w.Header().Set("Retry-After", "90")
			}
			w.Header().Set("Location", c.URL+"/elsewhere")
			w.WriteHeader(status)
			if status != 204 {
				_, _ = fmt.Fprint(w, `{"receipt": 7, "canary": "canary"}`)
			}
		}
		got, err := c.channel(t, nil).Send(t.Context(), sampleAlert(t), nil)
		if err != nil || got.State != want.State || got.After != want.After || got.Receipt != "" || !strings.Contains(got.Says, fmt.Sprint(status)) || strings.Contains(got.Says, "canary") {
			t.Errorf("%d: %+v, %v", status, got, err)
		}
		if c.requests != 1 {
			t.Errorf("%d: %d requests", status, c.requests)
		}
	}
}

// TestNoAnswerIsUnknown: the centre took the alert and says nothing of it, once by silence
// and once by breaking off. It is not sent again, and asking finds it.
func TestNoAnswerIsUnknown(t *testing.T) {
	for name, then := range map[string]http.HandlerFunc{
		// A handler that returns has said 200, which a client that is hanging up may yet read.
		"silence":   func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done(); panic(http.ErrAbortHandler) },
		"break off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		c := newStandIn(t)
		ch := c.channel(t, func(e *Endpoint) { e.Timeout = 300 * time.Millisecond })
		// A connection that was used before is one on which Go repeats a request.
		if got, err := ch.Ask(t.Context(), "x"); err != nil || got.State != report.Absent {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		c.mu.Lock()
		c.then, c.requests = then, 0
		c.mu.Unlock()
		got, err := ch.Send(t.Context(), sampleAlert(t), nil)
		if err != nil || got.State != report.Unknown || strings.Contains(got.Says, "http") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		c.mu.Lock()
		requests := c.requests
		c.mu.Unlock()
		if requests != 1 {
			t.Errorf("%s: sent %d times", name, requests)
		}
		if got, err := ch.Ask(t.Context(), sampleAlert(t).ID); err != nil || got.State != report.Filed || got.Receipt != "R-1" {
			t.Errorf("%s: asked: %+v, %v", name, got, err)
		}
	}
}

func TestNotReachedMaySendAgain(t *testing.T) {
	c := newStandIn(t)
	ch := c.channel(t, nil)
	strange := c.channel(t, func(e *Endpoint) { e.TLS = nil }) // does not know the centre's certificate
	got, err := strange.Send(t.Context(), sampleAlert(t), nil)
	if err != nil || got.State != report.Later || c.requests != 0 {
		t.Errorf("a strange certificate: %+v, %v", got, err)
	}
	c.Close()
	if got, err = ch.Send(t.Context(), sampleAlert(t), nil); err != nil || got.State != report.Later {
		t.Errorf("nobody there: %+v, %v", got, err)
	}
	if got, err = ch.Ask(t.Context(), "x"); err != nil || got.State != report.Unknown {
		t.Errorf("nobody to ask: %+v, %v", got, err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	for name, body := range map[string]string{
		"huge":    `{"receipt": "R-9", "x": "` + strings.Repeat("x", MaxAnswer) + `"}`,
		"long":    `{"receipt": "` + strings.Repeat("R", maxReceipt+1) + `"}`,
		"control": `{"receipt": "a\u001b[2J"}`,
		"no JSON": "ok",
	} {
		c := newStandIn(t)
		c.before = func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) }
		got, err := c.channel(t, nil).Send(t.Context(), sampleAlert(t), nil)
		if err != nil || got.State != report.Filed || got.Receipt != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	c := newStandIn(t)
	c.before = func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 2*MaxAnswer)) }
	got, err := c.channel(t, nil).Send(t.Context(), sampleAlert(t), nil)
	if err != nil || got.State != report.Unknown {
		t.Errorf("huge headers: %+v, %v", got, err)
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Endpoint)
		want   string
	}{
		"http":           {func(e *Endpoint) { e.URL = "http://centre.example/" }, "url: want https"},
		"not loopback":   {func(e *Endpoint) { e.URL = "http://localhost.centre.example/" }, "url: want https"},
		"a user":         {func(e *Endpoint) { e.URL = "https://u:p@centre.example/" }, "url: want an address"},
		"no address":     {func(e *Endpoint) { e.URL = "" }, "url: want an address"},
		"status":         {func(e *Endpoint) { e.StatusURL = "https://centre.example/" }, "status_url: must have {id}"},
		"status by http": {func(e *Endpoint) { e.StatusURL = "http://centre.example/{id}" }, "status_url: want https"},
		"unsigned":       {func(e *Endpoint) { e.Secrets = nil }, "secrets: missing"},
		"a token":        {func(e *Endpoint) { e.Token = "a\nb" }, "token: must be printable"},
		"timeout":        {func(e *Endpoint) { e.Timeout = -1 }, "timeout: must not"},
		"gate":           {func(e *Endpoint) { e.Gate.Bar = 3 }, "quality.bar: must be from 0 to 1"},
	} {
		e := Endpoint{URL: "https://centre.example/alerts", Secrets: secrets(t)}
		c.change(&e)
		if _, err := New(e); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Endpoint{URL: "http://127.0.0.1:1/", Secrets: secrets(t)}); err != nil {
		t.Errorf("loopback: %v", err)
	}
}

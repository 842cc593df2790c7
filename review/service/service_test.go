package service

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/account"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

var (
	start   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	readDoc = apitest.Once(document)
)

const subject signal.Subject = "sub_00000000000000000000000000000001"

// bench is a service under test, before a real store with one suspended account.
type bench struct {
	apitest.Caller
	store   *review.Store
	now     time.Time
	asked   action.Record
	request account.Request
	digest  string
	mu      sync.Mutex
	sent    []action.Receipt
	fail    error
	reports []error
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{Caller: apitest.Caller{T: t, Doc: readDoc(t)}, now: start.Add(time.Hour)}
	store, err := review.Open(t.Context(), filepath.Join(t.TempDir(), "review.db"), func() time.Time { return b.now }, review.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b.store = store
	b.confirm()
	text, digest := api.NewKey()
	b.Key = text
	keys, err := NewKeys(Key{Key: api.Key{Name: "demo", SHA256: digest, PerMinute: 1e9, PerDay: 1e12}, Platform: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	b.Handler, err = New(keys, Options{
		Store: store,
		Send: func(_ context.Context, platform string, r action.Receipt) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if platform != "demo" {
				t.Errorf("a receipt of %s", platform)
			}
			if b.fail == nil {
				b.sent = append(b.sent, r)
			}
			return b.fail
		},
		KeepAccount: func(ctx context.Context, r review.AccountRequest, a account.Answer) (bool, error) {
			k := review.KeptAccount{Unknown: a.Unknown, Generation: 1}
			if a.Account != nil {
				k.SHA256, k.Sealed = a.Account.ID, []byte("sealed")
			}
			return store.TakeAccount(ctx, r.Platform, r.ID, k)
		},
		Now: func() time.Time { return b.now }, Report: func(err error) { b.mu.Lock(); defer b.mu.Unlock(); b.reports = append(b.reports, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// confirm lets two persons confirm a case with a flag, a match and payments, and the action
// leave.
func (b *bench) confirm() {
	b.T.Helper()
	ctx := context.Background()
	flag := signal.Signal{ID: signal.ID("flag"), Revision: 1, Kind: signal.KindFlag, Subject: subject, Start: start, End: start, Says: "a user flagged the stream",
		Flag: &signal.Flag{Stream: "s1", Platform: "demo", Reason: "minor"}}
	pay := signal.Signal{ID: signal.ID("pay"), Revision: 1, Kind: signal.KindPayment, Subject: subject, Start: start, End: start, Says: "canary-payments",
		Payment: &signal.Payment{Typology: "P05", Rules: "r", Role: signal.Recipient, Transfers: 5, Counterparties: 5, Times: []time.Time{start}, Strength: 1}}
	c := review.Case{ID: signal.ID("case", string(subject)), Revision: 1, Subject: subject, State: review.StateOpen, Bar: 0.5, Weights: "w",
		First: start, Last: start, Probability: 0.5, Parts: []review.Part{{Name: "prior", Weight: 0, Says: "x"}}, Signals: []signal.Signal{flag, pay}}
	raw, err := json.Marshal(c)
	if err == nil {
		_, err = b.store.Receive(ctx, raw)
	}
	if err != nil {
		b.T.Fatal(err)
	}
	b.digest = action.Digest(raw)
	for _, who := range []string{"anna", "ben"} {
		if _, err := b.store.Decide(ctx, review.Request{CaseID: c.ID, Digest: b.digest, Verdict: review.Confirm, Reason: "paid-abuse-suspected", Note: "canary-note", Action: action.Suspend, By: review.Reviewer(who)}); err != nil {
			b.T.Fatal(err)
		}
	}
	b.now = b.now.Add(2 * time.Minute)
	orders, err := b.store.Orders(ctx, 0)
	if err != nil || len(orders) != 1 {
		b.T.Fatal(orders, err)
	}
	var ok bool
	if b.request, ok = account.Ask(c.ID, action.Views(subject, c.Signals)[0], b.now); !ok {
		b.T.Fatal("nothing is asked")
	}
	if err := b.store.AskAccount(ctx, c.ID, b.request); err != nil {
		b.T.Fatal(err)
	}
	if b.asked, err = action.Decode(orders[0].Record); err != nil {
		b.T.Fatal(err)
	}
	if err := b.store.OrderDone(ctx, orders[0].ID); err != nil {
		b.T.Fatal(err)
	}
}

func (b *bench) post(path, body string, status int, text string) string {
	b.T.Helper()
	w := b.Do("POST", path, "application/json", []byte(body))
	apitest.WantStatus(b.T, w, status, text)
	return w.Body.String()
}

func TestOpenAPI(t *testing.T) {
	var served []apitest.Operation
	for _, r := range (&service{}).table() {
		served = append(served, apitest.Operation{Method: r.Method, Path: r.Path, Open: r.Open})
	}
	readDoc(t).Routes(t, served...)
	if n := readDoc(t).Refs(t); n < 12 {
		t.Errorf("only %d components were looked at", n)
	}
}

func TestReceipts(t *testing.T) {
	b := newBench(t)
	good := `{"action_id":"` + b.asked.ID + `","state":"refused","reason":"unknown-account","at":"2026-03-01T13:00:00Z"}`
	for range 2 {
		b.post("/v1/receipts", good, 202, `"state":"refused"`)
	}
	if len(b.sent) != 2 || b.sent[0].ID() != b.sent[1].ID() {
		t.Errorf("sent %+v", b.sent)
	}
	b.post("/v1/receipts", strings.Replace(good, "refused", "perhaps", 1), 400, "/state")
	b.post("/v1/receipts", strings.Replace(good, b.asked.ID, strings.Repeat("0", 32), 1), 404, "no such action")
	b.post("/v1/receipts", strings.Replace(good, "2026-03", "2027-03", 1), 422, "ahead")
	b.post("/v1/receipts", `{`, 400, "json")
	b.post("/v1/receipts", strings.Repeat(" ", maxBody+1), 413, "more than")
	b.post("/v1/receipts?x=1", good, 400, "parameter")
	apitest.WantStatus(t, b.Do("POST", "/v1/receipts", "text/plain", []byte(good)), 415, "application/json")
	b.fail = errors.New("no broker")
	b.post("/v1/receipts", good, 503, "send it again")
	if len(b.reports) != 1 {
		t.Errorf("%v were told", b.reports)
	}
	b.Key = ""
	b.post("/v1/receipts", good, 401, "")
}

func TestAppeals(t *testing.T) {
	b := newBench(t)
	said := `{"action_id":"` + b.asked.ID + `","objection":"It was a drawing lesson."}`
	first := b.post("/v1/appeals", said, 201, `"state":"open"`)
	var a answer
	if err := json.Unmarshal([]byte(first), &a); err != nil {
		t.Fatal(err)
	}
	if again := b.post("/v1/appeals", strings.Replace(said, "action_id", "puid", 1), 200, a.ID); again != first {
		t.Errorf("by its puid: %s", again)
	}
	b.post("/v1/appeals", strings.Replace(said, "drawing", "painting", 1), 409, "other words")
	for body, text := range map[string]string{
		`{"objection":"x"}`: "schema",
		`{"action_id":"` + b.asked.ID + `","puid":"` + b.asked.ID + `","objection":"x"}`: "schema",
		`{"action_id":"` + b.asked.ID + `","puid":null,"objection":"x"}`:                 "schema",
		`{"action_id":"X","objection":"x"}`:                                              "/action_id",
		strings.Replace(said, "{", `{"name":"x",`, 1):                                    "schema",
	} {
		b.post("/v1/appeals", body, 400, text)
	}
	for body, text := range map[string]string{
		strings.Replace(said, "It was", "Write to me@example.org. It was", 1): "e-mail",
		strings.Replace(said, "It was a drawing lesson.", " ", 1):             "1 to 4000 bytes",
	} {
		b.post("/v1/appeals", body, 422, text)
	}
	b.post("/v1/appeals", `{"action_id":"`+strings.Repeat("0", 32)+`","objection":"x"}`, 404, "no such action")

	if _, err := b.store.AnswerAppeal(t.Context(), review.AnswerRequest{AppealID: a.ID, Digest: b.digest, Outcome: review.Reversed, Reason: "lawful-explanation", Note: "canary-note", By: review.Reviewer("carl")}); err != nil {
		t.Fatal(err)
	}
	w := b.Do("GET", "/v1/appeals/"+a.ID, "", nil)
	apitest.WantStatus(t, w, http.StatusOK, `"state":"accepted"`)
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || len(a.Actions) != 1 || a.AnsweredAt == nil || a.Statement == "" {
		t.Errorf("%+v, %v", a, err)
	}
	for _, word := range []string{"canary", "carl", "anna", "paid", "payment", "lawful", "report", "centre", "sub_"} {
		if strings.Contains(w.Body.String()+first, word) {
			t.Errorf("the platform reads %q: %s", word, w.Body)
		}
	}
	apitest.WantStatus(t, b.Do("GET", "/v1/appeals/"+strings.Repeat("0", 32), "", nil), 404, "no such appeal")
	apitest.WantStatus(t, b.Do("GET", "/v1/schemas/action", "", nil), 200, "Action")
	apitest.WantStatus(t, b.Do("GET", "/v1/schemas/x", "", nil), 404, "action")
	apitest.WantStatus(t, b.Do("GET", "/v1/openapi.yaml", "", nil), 200, "openapi")
}

func TestKeysOfPlatforms(t *testing.T) {
	_, digest := api.NewKey()
	_, err := NewKeys(Key{Key: api.Key{Name: "x", SHA256: digest, PerMinute: 1, PerDay: 1}, Platform: " "})
	if err == nil || !strings.Contains(err.Error(), "platform") {
		t.Errorf("got %v", err)
	}
}

func TestAccounts(t *testing.T) {
	b := newBench(t)
	good := `{"request_id":"` + b.request.ID + `","account":{"subject":"` + string(subject) + `","platform":"demo","id":"canary-user"}}`
	for body, status := range map[string]int{
		`{`: 400, `{"request_id":"` + b.request.ID + `"}`: 400,
		strings.Replace(good, `"id":`, `"name":"canary-x","id":`, 1):               400,
		strings.Replace(good, `}}`, `},"unknown":"erased"}`, 1):                    400,
		strings.Replace(good, b.request.ID, strings.Repeat("0", 32), 1):            404,
		strings.Replace(good, string(subject), "sub_"+strings.Repeat("0", 32), 1):  422,
		strings.Replace(good, `"demo"`, `"other"`, 1):                              422,
		strings.Replace(good, "canary-user", strings.Repeat("x", maxAccount+1), 1): 413,
	} {
		if answer := b.post("/v1/accounts", body, status, ""); strings.Contains(answer, "canary") {
			t.Errorf("the problem quotes: %s", answer)
		}
	}
	b.post("/v1/accounts", good, 201, `"state":"kept"`)
	b.post("/v1/accounts", good, 200, `"state":"kept"`)
	b.post("/v1/accounts", strings.Replace(good, "canary-user", "another", 1), 409, "other words")
	for _, name := range []string{"account", "account-answer", "account-request"} {
		apitest.WantStatus(t, b.Do("GET", "/v1/schemas/"+name, "", nil), 200, "properties")
	}
	if len(b.reports) > 0 {
		t.Errorf("%v were told", b.reports)
	}
}

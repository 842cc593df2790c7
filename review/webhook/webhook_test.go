package webhook

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func mustSecret(t testing.TB, text string) Secret {
	t.Helper()
	s, err := ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTheSchemesOwnVector is the one that libraries of Standard Webhooks test themselves on.
func TestTheSchemesOwnVector(t *testing.T) {
	s := mustSecret(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	got := Sign([]Secret{s}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTwoSecretsMakeTwoSignatures(t *testing.T) {
	private, public, err := NewKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	at, body := time.Unix(1767225600, 0), []byte(`{}`)
	both := strings.Fields(Sign([]Secret{mustSecret(t, NewSecret()), mustSecret(t, private)}, "id", at, body))
	if len(both) != 2 || !strings.HasPrefix(both[0], "v1,") || !strings.HasPrefix(both[1], "v1a,") {
		t.Fatalf("got %q", both)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, "whpk_"))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(both[1], "v1a,"))
	if err != nil || !ed25519.Verify(key, []byte("id.1767225600.{}"), signature) {
		t.Errorf("the public key does not verify, %v", err)
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	short := base64.StdEncoding.EncodeToString(make([]byte, 23))
	for _, text := range []string{"", "whsec_", "whsec_" + short, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_" + short, "whsec_***",
		"whsk_" + base64.StdEncoding.EncodeToString(make([]byte, 64))} {
		if _, err := ParseSecret(text); err == nil || text != "" && strings.Contains(err.Error(), short) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

const actionID = "00000000000000000000000000000001"

// TestWhatAPlatformMayAnswer goes through answers, good and bad.
func TestWhatAPlatformMayAnswer(t *testing.T) {
	good := `{"action_id":"` + actionID + `","state":"done","at":"2026-03-01T12:00:00Z"}`
	redirected := false
	for name, test := range map[string]struct {
		answer    http.HandlerFunc
		delivered bool
		receipt   bool
		status    int
		wrong     string // in the error
	}{
		"a receipt":     {says(200, good), true, true, 200, ""},
		"nothing":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, true, false, 204, ""},
		"text":          {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }, true, false, 200, ""},
		"no receipt":    {says(202, `{"ok":true}`), true, false, 202, "schema"},
		"of another":    {says(200, strings.Replace(good, "1\"", "2\"", 1)), true, false, 200, "another action"},
		"a flood":       {says(200, `{"a":"`+strings.Repeat("x", MaxAnswer)+`"}`), true, false, 200, "more than"},
		"an error":      {says(500, good), false, false, 500, "status 500"},
		"a redirection": {http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect).ServeHTTP, false, false, 307, "status 307"},
		"silence":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, false, 0, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { redirected = true })
			mux.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				at, err2 := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
				want := Sign([]Secret{mustSecret(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}, r.Header.Get("webhook-id"), time.Unix(at, 0), body)
				if err != nil || err2 != nil || r.Header.Get("webhook-signature") != want || r.Header.Get("webhook-id") != actionID || string(body) != `{"a":1}` {
					t.Errorf("%s came with %v", body, r.Header)
				}
				test.answer(w, r)
			})
			server := httptest.NewServer(mux)
			defer server.Close()
			to := Endpoint{URL: server.URL + "/hook", Secrets: []Secret{mustSecret(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}}
			got := Deliver(t.Context(), NewClient(), to, actionID, []byte(`{"a":1}`), time.Unix(1767225600, 0))
			if got.Delivered != test.delivered || (got.Receipt != nil) != test.receipt || got.Status != test.status || (got.Err == nil) != (test.wrong == "") {
				t.Errorf("got %+v", got)
			}
			if got.Err != nil && (!strings.Contains(got.Err.Error(), test.wrong) || strings.Contains(got.Err.Error(), server.URL)) {
				t.Errorf("got %v, want %q", got.Err, test.wrong)
			}
		})
	}
	if redirected {
		t.Error("a redirection was followed")
	}
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "99999999999")
		w.WriteHeader(429)
	}))
	defer server.Close()
	got := Deliver(context.Background(), NewClient(), Endpoint{URL: server.URL}, actionID, nil, time.Unix(0, 0))
	if got.After != maxWait {
		t.Errorf("waits %s", got.After)
	}
}

func TestBackoffGrowsToItsLimit(t *testing.T) {
	for attempts := 1; attempts < 40; attempts++ {
		most := maxWait
		if attempts < 11 {
			most = min(maxWait, firstWait<<(attempts-1))
		}
		for range 50 {
			if got := Backoff(attempts, 0); got < most/2 || got >= most {
				t.Fatalf("after %d attempts %s, want up to %s", attempts, got, most)
			}
		}
	}
	if got := Backoff(1, time.Minute); got != time.Minute {
		t.Errorf("the platform asked for a minute, and gets %s", got)
	}
}

func TestTheBreaker(t *testing.T) {
	var b Breaker
	now := time.Unix(0, 0)
	fail := func(n int) {
		for range n {
			b.Went(false, now)
		}
	}
	if fail(4); b.Open(now) || b.Trying() {
		t.Error("open after four failures")
	}
	if fail(1); !b.Open(now) || !b.Trying() || b.Open(now.Add(time.Minute)) {
		t.Error("not open for a minute after five")
	}
	now = now.Add(time.Minute)
	if fail(1); !b.Open(now.Add(2*time.Minute-1)) || b.Open(now.Add(2*time.Minute)) {
		t.Error("not open for two minutes after the sixth")
	}
	if fail(80); !b.Open(now.Add(maxOpen-1)) || b.Open(now.Add(maxOpen)) {
		t.Error("not open for a quarter of an hour in the end")
	}
	if b.Went(true, now); b.Open(now) || b.Trying() {
		t.Error("open after a success")
	}
}

func TestEveryFaultOfPlatforms(t *testing.T) {
	for address, good := range map[string]bool{
		"https://a.example/x": true, "http://127.0.0.1:8080/x": true, "http://[::1]/": true,
		"http://a.example/x": false, "http://localhost/": false, "https://u:p@a.example/": false, "ftp://a.example": false, "": false, "https://a.example/#x": false,
	} {
		if err := CheckURL(address); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
	err := Check([]Platform{{Name: "a", URL: "https://a.example", Secrets: []string{"x"}}, {Name: "a", URL: "x"}})
	for _, want := range []string{"platforms[1].name", "platforms[1].url", "platforms[1].secrets"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
	file := filepath.Join(t.TempDir(), "secret")
	secret := NewSecret()
	for mode, good := range map[os.FileMode]bool{0o600: true, 0o644: false} {
		if err := os.WriteFile(file, []byte(secret+"\n"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		got, err := Endpoints([]Platform{{Name: "a", URL: "https://a.example", Secrets: []string{file}}})
		if (err == nil) != good || good && len(got["a"].Secrets) != 1 || err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
}

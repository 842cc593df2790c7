package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	const most = time.Hour
	for text, want := range map[string]time.Duration{
		"": 0, "x": 0, "-5": 0, "1.5": 0, "0": 0, "5": 5 * time.Second, "3600": most, "3601": most,
		"18446744073709551615": most, "99999999999999999999999": most,
		"Mon, 02 Mar 2026 10:01:00 GMT": time.Minute, "Mon, 02 Mar 2020 10:01:00 GMT": 0, "Mon, 02 Mar 2099 10:01:00 GMT": most,
	} {
		if got := RetryAfter(http.Header{"Retry-After": {text}}, now, most); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestACallerGoesNowhereElse: a redirect is the answer, huge headers are none, silence ends,
// and no error names the address.
func TestACallerGoesNowhereElse(t *testing.T) {
	var elsewhere int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		case "/headers":
			w.Header().Set("X", strings.Repeat("x", 64<<10))
		case "/silence":
			<-r.Context().Done()
		default:
			elsewhere++
		}
	}))
	defer server.Close()
	client := Caller{Timeout: 200 * time.Millisecond, HeaderBytes: 16 << 10}.Client()
	call := func(path string) (int, error) {
		res, err := client.Get(server.URL + path)
		if err != nil {
			return 0, WithoutAddress(err)
		}
		return res.StatusCode, res.Body.Close()
	}
	if status, err := call("/redirect"); status != http.StatusTemporaryRedirect || err != nil || elsewhere > 0 {
		t.Errorf("a redirect: %d, %v", status, err)
	}
	for _, path := range []string{"/headers", "/silence"} {
		if status, err := call(path); err == nil || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: %d, %v", path, status, err)
		}
	}
	if err := errors.New("plain"); !errors.Is(WithoutAddress(err), err) {
		t.Error("another error is not itself")
	}
}

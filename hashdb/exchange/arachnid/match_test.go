package arachnid

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/internal/golden"
)

const (
	user     = "made-up-user"
	password = "made-up-PASSWORD-3141592653"
)

// shield stands in for the service, as its published clients expect it.
type shield struct {
	known    map[string]string // What is answered for a hash, by its base64; null for others.
	requests []int             // How many hashes each request held.
	instead  http.HandlerFunc  // Answers in place of the service, while not nil.
}

func (s *shield) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.instead != nil {
		s.instead(w, r)
		return
	}
	if u, p, ok := r.BasicAuth(); !ok || u != user || p != password {
		http.Error(w, `{"detail":"Invalid username/password: `+u+" "+p+`"}`, http.StatusUnauthorized)
		return
	}
	var q struct {
		Hashes []string `json:"hashes"`
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/pdq/" || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, `{"detail":"not as published"}`, http.StatusBadRequest)
		return
	}
	s.requests = append(s.requests, len(q.Hashes))
	answers := map[string]json.RawMessage{}
	for _, h := range q.Hashes {
		if b, err := base64.StdEncoding.DecodeString(h); err != nil || len(b) != 32 {
			http.Error(w, `{"detail":"not a PDQ hash"}`, http.StatusBadRequest)
			return
		}
		answers[h] = json.RawMessage("null")
		if k := s.known[h]; k != "" {
			answers[h] = json.RawMessage(k)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"scanned_hashes": answers})
}

func hash(n int) hashdb.Hash {
	return hashdb.Hash{Kind: hashdb.KindPDQ, Bits: sha256.Sum256([]byte{byte(n), byte(n >> 8)})}
}

func b64(n int) string { return base64.StdEncoding.EncodeToString(hash(n).Bytes()) }

func said(class, how string) string {
	return fmt.Sprintf(`{"classification":%q,"match_type":%s,"near_match_details":{"timestamp":0,"sha1_base32":"MADEUP","sha256_hex":"00","classification":%q}}`, class, how, class)
}

// matcher returns one that asks s, with what options change.
func matcher(t *testing.T, s http.Handler, change func(*Options)) *Matcher {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	o := Options{
		Client: exchange.ClientOptions{URL: server.URL, Tries: 2, MaxWait: time.Millisecond, Now: time.Now},
		User:   exchange.NewSecret(user), Password: exchange.NewSecret(password), Batch: 3,
	}
	if change != nil {
		change(&o)
	}
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.client.Close)
	return m
}

func TestMatch(t *testing.T) {
	s := &shield{known: map[string]string{
		b64(1): said("csam", `"near"`),
		b64(2): said("harmful-abusive-material", `"exact"`),
		b64(3): `{"classification":"no-known-match","match_type":null,"near_match_details":null}`,
		b64(4): said("one-of-later", `"near"`),
		b64(5): `{"classification":null,"match_type":null}`,
		b64(6): said("csam", `"by-some-later-means"`),
	}}
	m := matcher(t, s, nil)
	hashes := make([]hashdb.Hash, 0, 9)
	for _, n := range []int{0, 1, 2, 3, 1, 4, 5, 6} {
		hashes = append(hashes, hash(n))
	}
	got, err := m.Match(t.Context(), hashes)
	want := []exchange.RemoteMatch{
		{},
		{Found: true, Category: "csam"},
		{Found: true, Category: "harmful-abusive-material", Exact: true},
		{},
		{Found: true, Category: "csam"},
		{Found: true, Category: "one-of-later"},
		{},
		{Found: true, Category: "csam"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("matches %v, %v, want %v", got, err, want)
	}
	if !reflect.DeepEqual(s.requests, []int{3, 3, 2}) {
		t.Errorf("requests of %v hashes, want 3, 3 and 2", s.requests)
	}
	if got, err := m.Match(t.Context(), nil); err != nil || len(got) != 0 || len(s.requests) != 3 {
		t.Errorf("of no hashes: %v, %v, %d requests", got, err, len(s.requests))
	}
}

func TestRequest(t *testing.T) {
	var got []byte
	s := &shield{instead: func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, `{"scanned_hashes":{%q:null,%q:null}}`, b64(1), b64(2))
	}}
	if _, err := matcher(t, s, nil).Match(t.Context(), []hashdb.Hash{hash(1), hash(2)}); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "request.json", got)
}

// answer returns a handler that answers with the status and text.
func answerWith(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// No failure is "not known", and no error holds a secret or a hash.
func TestFailures(t *testing.T) {
	refused := new(exchange.StatusError)
	whole := `{"scanned_hashes":{"` + b64(1) + `":` + said("csam", `"near"`) + `}}`
	ran := 0
	for name, c := range map[string]struct {
		instead http.HandlerFunc
		change  func(*Options)
		hashes  []hashdb.Hash
		is      error
		text    string
	}{
		"wrong password": {change: func(o *Options) { o.Password = exchange.NewSecret(password + "x") }, text: "401"},
		"forbidden":      {instead: answerWith(403, `{"detail":"no `+password+`"}`), text: "403"},
		"too many":       {instead: tooMany, text: "asks to wait 2h"},
		"broken there":   {instead: answerWith(500, "oops "+b64(1)), text: "500"},
		"elsewhere":      {instead: redirect("https://example.org/"), text: "302"},
		"truncated":      {instead: answerWith(200, whole[:len(whole)-1]), is: hashdb.ErrTruncated},
		"empty":          {instead: answerWith(200, ""), is: hashdb.ErrTruncated},
		"a page":         {instead: answerWith(200, "<html>"+b64(1)), text: "not JSON at byte 1"},
		"too long":       {instead: answerWith(200, strings.Repeat(" ", 100_000)), is: exchange.ErrTooLarge},
		"another form":   {instead: answerWith(200, `{"scanned_hashes":{"`+b64(1)+`":"`+b64(1)+`"}}`), text: "published form"},
		"no answers":     {instead: answerWith(200, `{"detail":"`+b64(1)+`"}`), text: "no scanned_hashes"},
		"one left out":   {instead: answerWith(200, `{"scanned_hashes":{"`+b64(2)+`":null}}`), text: "leaves out hash 1 of 1"},
		"no word":        {instead: answerWith(200, `{"scanned_hashes":{"`+b64(1)+`":{"classification":"`+b64(1)+`"}}}`), text: "not a word"},
		"half a match":   {instead: answerWith(200, `{"scanned_hashes":{"`+b64(1)+`":{"match_type":"near"}}}`), text: "not a word"},
		"not PDQ":        {hashes: []hashdb.Hash{hash(1), {Kind: hashdb.KindMD5}}, text: "hash 2 of 2 is of kind md5"},
	} {
		if c.hashes == nil {
			c.hashes = []hashdb.Hash{hash(1)}
		}
		got, err := matcher(t, &shield{instead: c.instead}, c.change).Match(t.Context(), c.hashes)
		if err == nil || got != nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, %v, want an error with %q and %v", name, got, err, c.text, c.is)
			continue
		}
		for _, secret := range []string{password, user, b64(1)[:12], hash(1).String()[:12]} {
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
				t.Errorf("%s: error %q holds a secret", name, err)
			}
		}
		if strings.HasPrefix(c.text, "40") && !errors.As(err, &refused) {
			t.Errorf("%s: %T, want a StatusError within", name, err)
		}
		ran++
	}
	if ran != 15 {
		t.Errorf("%d cases ran, want 15", ran)
	}
}

func tooMany(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "7200")
	w.WriteHeader(http.StatusTooManyRequests)
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

// A second batch that fails leaves the first unanswered too.
func TestSecondBatchFails(t *testing.T) {
	s := &shield{}
	asked := 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 2 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.ServeHTTP(w, r)
	})
	got, err := matcher(t, handler, nil).Match(t.Context(), []hashdb.Hash{hash(1), hash(2), hash(3), hash(4)})
	if got != nil || err == nil || !strings.Contains(err.Error(), "hashes from 4 of 4 on") {
		t.Errorf("%v, %v, want an error about the fourth", got, err)
	}
}

func TestBusyOnce(t *testing.T) {
	s := &shield{}
	s.instead = func(w http.ResponseWriter, _ *http.Request) {
		s.instead = nil
		w.WriteHeader(http.StatusBadGateway)
	}
	if got, err := matcher(t, s, nil).Match(t.Context(), []hashdb.Hash{hash(1)}); err != nil || len(got) != 1 {
		t.Errorf("%v, %v, want an answer at the second try", got, err)
	}
}

func TestNew(t *testing.T) {
	secret := exchange.NewSecret(password)
	for name, c := range map[string]struct {
		o    Options
		want []string
	}{
		"nothing":    {Options{}, []string{"user and password", "clock"}},
		"everything": {Options{Client: exchange.ClientOptions{URL: "http://example.org/"}, User: secret, Batch: -1}, []string{"user and password", "-1", "https"}},
		"a big one":  {Options{Client: exchange.ClientOptions{Now: time.Now}, User: secret, Password: secret, Batch: 1001}, []string{"1001"}},
	} {
		_, err := New(c.o)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), password) {
				t.Errorf("%s: %v, want %q in it", name, err, want)
			}
		}
		if text := fmt.Sprintf("%v %+v %#v", c.o, c.o, c.o); strings.Contains(text, password) {
			t.Errorf("%s: options print their password", name)
		}
	}
	m, err := New(Options{Client: exchange.ClientOptions{Now: time.Now}, User: secret, Password: secret})
	if err != nil || m.batch != defaultBatch {
		t.Errorf("defaults: %v, %v", m, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", m, m, m); strings.Contains(text, password) {
		t.Error("a matcher prints its password")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"scanned_hashes":{"`+b64(1)+`":`+said("csam", `"near"`)+`,"`+b64(2)+`":null}}`), 2)
	f.Add([]byte(`{"scanned_hashes":{"`+b64(1)+`":{"classification":"no-known-match","match_type":null}}}`), 1)
	f.Add([]byte(`{"scanned_hashes":{`), 1)
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		asked := make([]string, 1+n&3)
		for i := range asked {
			asked[i] = b64(i + 1)
		}
		got, err := decode(body, asked)
		switch {
		case err != nil && strings.Contains(err.Error(), b64(1)[:12]):
			t.Errorf("error %q holds a hash", err)
		case err == nil && len(got) != len(asked):
			t.Errorf("%d answers to %d hashes", len(got), len(asked))
		}
		for i, m := range got {
			if m.Found != (m.Category != "") || m.Exact && !m.Found || m.Category == noKnownMatch || len(m.Category) > 64 {
				t.Errorf("answer %d is %+v", i, m)
			}
		}
	})
}

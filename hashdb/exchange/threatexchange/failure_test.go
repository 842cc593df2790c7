package threatexchange

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// No failure moves the checkpoint or changes an entry, and no error holds the token or
// a hash.
func TestFailures(t *testing.T) {
	type answer = func(http.ResponseWriter, *http.Request)
	text := func(status int, s string) answer {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = fmt.Fprint(w, s) }
	}
	next := func(s string) answer {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `{"data":[],"paging":{"next":%q}}`, strings.NewReplacer("HOST", r.Host, "PATH", r.URL.Path, "TOKEN", token).Replace(s))
		}
	}
	page := `{"data":[` + update{id: 1, at: start}.json() + `]}`
	ran := 0
	for name, c := range map[string]struct {
		answer answer
		is     error
		want   string
	}{
		"token ran out": {text(400, `{"error":{"message":"Error validating access token `+token+`","type":"OAuthException","code":190,"fbtrace_id":"A"}}`), nil, "code 190, the access token"},
		"unauthorized":  {text(401, "who is "+token), nil, "401"},
		"throttled":     {text(403, `{"error":{"message":"Application request limit reached","code":4}}`), nil, "too many requests"},
		"other code":    {text(400, `{"error":{"code":12345}}`), nil, "code 12345"},
		"busy":          {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "600"); w.WriteHeader(429) }, nil, "asks to wait 10m"},
		"not enabled":   {text(500, `{"error":{}}`), nil, "not enabled"},
		"truncated":     {text(200, page[:len(page)-2]), hashdb.ErrTruncated, "truncat"},
		"cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			_, _ = fmt.Fprint(w, page)
		}, nil, "unexpected EOF"},
		"empty":           {text(200, ""), hashdb.ErrTruncated, ""},
		"a web page":      {text(200, "<html>"+token), nil, "not JSON at byte 1"},
		"an array":        {text(200, "["+update{id: 1, at: start}.json()+"]"), nil, "no page"},
		"an empty object": {text(200, "{}"), nil, "no page"},
		"an error":        {text(200, `{"error":{"message":"`+token+`","type":"OAuthException","code":190}}`), nil, "no page"},
		"data of text":    {text(200, `{"data":"`+token+`"}`), nil, ""},
		"too long":        {text(200, strings.Repeat(" ", 70_000)), exchange.ErrTooLarge, ""},
		"a circle":        {next("http://HOST/PATH?access_token=TOKEN&after=A"), nil, "in a circle"},
		"another host":    {next("https://example.org/v25.0/" + group + "/threat_updates/?access_token=TOKEN"), nil, "away from"},
		"another scheme":  {next("ftp://HOST/PATH?access_token=TOKEN"), nil, "away from"},
		"another group":   {next("http://HOST/v25.0/1/threat_updates/?access_token=TOKEN"), nil, "no page of this group"},
		"no address":      {next("http://HOST%zz/?access_token=TOKEN"), nil, "cannot be read"},
		"no query":        {next("http://HOST/PATH?access_token=TOKEN;%zz"), nil, "no query"},
		"redirected": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.org/?"+r.URL.RawQuery, http.StatusFound)
		}, nil, "away from"},
	} {
		b := newBench(t, func(o *Options) { o.Client.MaxBody = 60_000 })
		b.api.put(update{id: 5, at: start})
		b.inStep(t)
		before, holds := string(b.store.checkpoint), b.store.ids()
		b.api.instead = func(_ int, w http.ResponseWriter, r *http.Request) bool { c.answer(w, r); return true }
		err := b.sync(t)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || c.is == nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q and %v", name, err, c.want, c.is)
			continue
		}
		if string(b.store.checkpoint) != before || !slices.Equal(b.store.ids(), holds) {
			t.Errorf("%s: the store changed to %v, %s", name, b.store.ids(), b.store.checkpoint)
		}
		noLeak(t, name, err)
		ran++
	}
	if ran != 22 {
		t.Errorf("%d cases ran, want 22", ran)
	}
}

func noLeak(t *testing.T, name string, v any) {
	t.Helper()
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(form, v)
		for _, secret := range []string{"TOKEN-2718281828", hexOf(1)[:12]} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %q holds a secret", name, text)
			}
		}
	}
}

func TestNothingPrintsTheToken(t *testing.T) {
	b := newBench(t, func(o *Options) { noLeak(t, "options", *o) })
	noLeak(t, "group", b.Group)
	b.api.put(update{id: 1, at: start})
	b.api.put(update{id: 2, at: start})
	b.api.limit = 1
	b.inStep(t)
	if len(b.api.queries) != 2 || strings.Contains(string(b.store.checkpoint), "TOKEN") {
		t.Errorf("%d pages, checkpoint %s", len(b.api.queries), b.store.checkpoint)
	}
	for _, batch := range b.store.batches {
		for _, e := range batch.Entries {
			noLeak(t, "provenance", e.Provenance)
		}
	}
}

func TestNew(t *testing.T) {
	secret := exchange.NewSecret(token)
	for name, c := range map[string]struct {
		o    Options
		want []string
	}{
		"nothing":    {Options{}, []string{"group", "token", "clock"}},
		"everything": {Options{Client: exchange.ClientOptions{URL: "http://example.org"}, Group: "a/b", Types: []string{"x&y"}, PageSize: 1001, MaxLoss: 2}, []string{"group", "token", "x&y", "1001", "loss 2", "https"}},
		"negative":   {Options{Group: group, Token: secret, PageSize: -1, MaxLoss: -1}, []string{"-1: want 1 to", "loss -1"}},
	} {
		_, err := New(c.o)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q in it", name, err, want)
			}
		}
		noLeak(t, name, err)
	}
	for tok, want := range map[string]string{"12|x": "12", "12%7Cx": "12", "EAAB": ""} {
		g, err := New(Options{Client: exchange.ClientOptions{Now: time.Now}, Group: group, Token: exchange.NewSecret(tok)})
		if err != nil || g.app != want {
			t.Errorf("app of %s: %q, %v, want %q", tok, g.app, err, want)
		}
	}
}

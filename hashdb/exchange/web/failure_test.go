package web

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

func TestGzip(t *testing.T) {
	b := newBench(t, nil)
	cut := 0
	b.host.instead = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		var packed strings.Builder
		z := gzip.NewWriter(&packed)
		_, _ = io.WriteString(z, lines(1, 2, 3))
		_ = z.Close()
		_, _ = io.WriteString(w, packed.String()[:packed.Len()-cut])
	}
	b.holds(t, 1, 2, 3)
	cut, b.store.checkpoint = 10, nil
	if err := b.sync(t); !errors.Is(err, hashdb.ErrTruncated) {
		t.Errorf("%v, want ErrTruncated", err)
	}
}

// No failure changes anything, and no error holds a secret or a hash.
func TestFailures(t *testing.T) {
	text := func(status int, s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = io.WriteString(w, s) }
	}
	cut := lines(1, 2)
	ran := 0
	for name, c := range map[string]struct {
		instead http.HandlerFunc
		change  func(*bench)
		is      error
		want    string
	}{
		"unauthorized":  {instead: text(401, secret), want: "401"},
		"not found":     {instead: text(404, secret), want: "404"},
		"busy":          {instead: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "90"); w.WriteHeader(429) }, want: "asks to wait 1m30s"},
		"broken there":  {instead: text(502, hexOf(1)), want: "502"},
		"part of it":    {instead: text(206, cut), want: "status 206"},
		"never changed": {instead: text(304, ""), want: "304"},
		"a login page": {instead: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<html>")
		}, want: "web page"},
		"redirected": {instead: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.org/"+secret, http.StatusFound)
		}, want: "away from"},
		"cut short": {instead: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			_, _ = io.WriteString(w, cut)
		}, is: hashdb.ErrTruncated},
		"cut in a line": {instead: text(200, cut[:len(cut)-9]), is: hashdb.ErrTruncated},
		"broken off": {instead: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, cut)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, is: hashdb.ErrTruncated},
		"too long":       {instead: text(200, strings.Repeat("#\n", 60_000)), is: exchange.ErrTooLarge},
		"not a list":     {instead: text(200, `{"error":"`+hexOf(1)+`"}`), want: "record"},
		"no temp folder": {instead: text(200, cut), change: func(b *bench) { b.o.TempDir = filepath.Join(b.temp, "none") }, want: "a place for the list"},
		"unreadable":     {instead: text(200, cut), change: func(b *bench) { b.store.unreadable = errStore }, is: errStore},
		"no format":      {instead: text(200, "???"), change: func(b *bench) { b.o.Format = formats.Auto }, want: "format"},
	} {
		b := newBench(t, func(o *Options) { o.Client.MaxBody = 100_000 })
		b.host.text = lines(1, 7)
		b.holds(t, 1, 7)
		before := string(b.store.checkpoint)
		if b.host.instead = c.instead; c.change != nil {
			c.change(b)
		}
		err := b.sync(t)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q and %v", name, err, c.want, c.is)
			continue
		}
		if string(b.store.checkpoint) != before || !slices.Equal(b.store.hashes(), hashes(1, 7)) {
			t.Errorf("%s: the store changed", name)
		}
		for _, hidden := range []string{secret, hexOf(1)[:12], hexOf(2)[:12], "part=1"} {
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), hidden) {
				t.Errorf("%s: error %q holds %.8s…", name, err, hidden)
			}
		}
		ran++
	}
	if ran != 16 {
		t.Errorf("%d cases ran, want 16", ran)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errStore }

func TestDiskFull(t *testing.T) {
	b := newBench(t, nil)
	b.host.text = lines(1)
	if c, err := b.fetch(t.Context(), checkpoint{}, fullDisk{}); !errors.Is(err, errStore) || c != (checkpoint{}) {
		t.Errorf("%v, %v, want the disk's error", c, err)
	}
}

func TestCancelled(t *testing.T) {
	b := newBench(t, nil)
	b.host.text = lines(1)
	ctx, cancel := context.WithCancel(t.Context())
	b.o.Known = func(ctx context.Context) iter.Seq2[hashdb.Entry, error] { cancel(); return b.store.known(ctx) }
	if err := b.Sync(ctx, nil, b.store.apply); !errors.Is(err, context.Canceled) || len(b.store.batches) != 0 {
		t.Errorf("%v, %d batches, want none", err, len(b.store.batches))
	}
}

func TestCredentials(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Token, o.User, o.Password = exchange.Secret{}, exchange.NewSecret("me"), exchange.NewSecret(secret)
	})
	b.host.text = lines(1)
	b.holds(t, 1)
	for _, form := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(form+form+form, b.o, b.List, b.client); strings.Contains(text, secret) {
			t.Errorf("%s prints a secret", form)
		}
	}
	if strings.Contains(string(b.store.checkpoint), "part") || strings.Contains(string(b.store.checkpoint), secret) {
		t.Errorf("checkpoint %s holds the query", b.store.checkpoint)
	}
}

func TestNew(t *testing.T) {
	known := (&store{}).known
	for name, c := range map[string]struct {
		o    Options
		want []string
	}{
		"nothing":     {Options{}, []string{"what is known", "url"}},
		"everything":  {Options{Client: exchange.ClientOptions{URL: "http://example.org/a?k=" + secret}, Format: "xml", Kind: 99, MaxLoss: 1.5, Token: exchange.NewSecret(secret), User: exchange.NewSecret("u")}, []string{"what is known", "https", "xml", "kind(99)", "1.5", "not both"}},
		"half a user": {Options{Client: exchange.ClientOptions{URL: "https://example.org/a", Now: time.Now}, Known: known, User: exchange.NewSecret(secret)}, []string{"needs a password"}},
		"no clock":    {Options{Client: exchange.ClientOptions{URL: "https://example.org/a"}, Known: known}, []string{"clock"}},
		"unreadable":  {Options{Client: exchange.ClientOptions{URL: "https://%zz/" + secret, Now: time.Now}, Known: known}, []string{"url"}},
		"a user":      {Options{Client: exchange.ClientOptions{URL: "https://u:" + secret + "@example.org/", Now: time.Now}, Known: known}, []string{"url"}},
		"a fragment":  {Options{Client: exchange.ClientOptions{URL: "https://example.org/#x", Now: time.Now}, Known: known}, []string{"fragment"}},
	} {
		_, err := New(c.o)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v, want %q in it and no secret", name, err, want)
			}
		}
	}
}

// Whatever a checkpoint or a file says, syncing ends, and what it applies is good.
func FuzzSync(f *testing.F) {
	f.Add([]byte(nil), lines(1, 2), byte(1))
	f.Add([]byte(`{"list":"id","etag":"\"1\"","sha256":"00"}`), `[{"id":"1","indicator":"`+hexOf(1)+`","type":"HASH_PDQ"}]`, byte(6))
	f.Add([]byte(`{`), "id,pdq\nA,"+hexOf(1)+"\n", byte(2))
	names, temp := append(formats.Names(), formats.Auto), f.TempDir()
	f.Fuzz(func(t *testing.T, from []byte, text string, format byte) {
		s := &store{}
		l, err := New(Options{
			Client: exchange.ClientOptions{URL: "https://example.org/a", Now: time.Now, Transport: answer(text)},
			Format: names[int(format)%len(names)], Kind: hashdb.KindPDQ, Known: s.known, Bad: func(error) {}, TempDir: temp,
		})
		if err != nil {
			t.Fatal(err)
		}
		l.id = "id"
		err = l.Sync(t.Context(), from, s.apply)
		if err != nil && (s.checkpoint != nil || len(s.entries) > 0 && len(text) < 1000) {
			t.Errorf("%v, and yet %d entries and checkpoint %s", err, len(s.entries), s.checkpoint)
		}
		if err == nil && l.checkpoint(s.checkpoint).SHA256 == "" {
			t.Errorf("checkpoint %s", s.checkpoint)
		}
	})
}

// answer is a transport that answers everything with a text.
type answer string

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}

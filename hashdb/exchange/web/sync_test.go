package web

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files")

const secret = "made-up-SECRET-1414213562"

func hexOf(n int) string {
	sum := sha256.Sum256([]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	return hex.EncodeToString(sum[:])
}

// lines is a list of the numbered hashes.
func lines(numbers ...int) string {
	var b strings.Builder
	b.WriteString("# made up\n")
	for _, n := range numbers {
		b.WriteString(hexOf(n) + "\n")
	}
	return b.String()
}

// host stands in for the owner's server.
type host struct {
	text    string
	etag    string
	changed string
	sent    int // How often the whole file was sent.
	asked   []http.Header
	instead http.HandlerFunc
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.asked = append(h.asked, r.Header)
	if h.instead != nil {
		h.instead(w, r)
		return
	}
	_, password, basic := r.BasicAuth()
	if bearer := r.Header.Get("Authorization") == "Bearer "+secret; !bearer && (!basic || password != secret) || r.URL.RequestURI() != "/lists/a.txt?part=1" {
		http.Error(w, "no: "+r.Header.Get("Authorization"), http.StatusUnauthorized)
		return
	}
	if h.etag != "" {
		w.Header().Set("ETag", h.etag)
	}
	if h.changed != "" {
		w.Header().Set("Last-Modified", h.changed)
	}
	match, since := r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since")
	if match != "" && match == h.etag || match == "" && since != "" && since == h.changed {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.sent++
	_, _ = io.WriteString(w, h.text)
}

// store stands in for the database.
type store struct {
	entries    map[string]hashdb.Entry // By kind, hash and id.
	checkpoint []byte
	batches    []hashdb.Batch
	fail       int // The batch that fails, counted from 1; 0 for none.
	unreadable error
}

var errStore = errors.New("the disk is full")

func (s *store) apply(b hashdb.Batch) error {
	s.batches = append(s.batches, b)
	if len(s.batches) == s.fail {
		return errStore
	}
	if s.entries == nil {
		s.entries = map[string]hashdb.Entry{}
	}
	for key, e := range s.entries {
		if slices.Contains(b.RetractRefs, e.Ref) {
			delete(s.entries, key)
		}
	}
	for _, e := range b.Entries {
		if err := e.Check(); err != nil {
			return err
		}
		key := e.Hash.Kind.String() + " " + e.Hash.String() + " " + e.Ref
		if s.entries[key] = e; e.Status == hashdb.Retracted {
			delete(s.entries, key)
		}
	}
	if b.Checkpoint.Value != nil {
		s.checkpoint = b.Checkpoint.Value
	}
	return nil
}

func (s *store) known(context.Context) iter.Seq2[hashdb.Entry, error] {
	return func(yield func(hashdb.Entry, error) bool) {
		for _, e := range s.entries {
			if !yield(e, nil) {
				return
			}
		}
		if s.unreadable != nil {
			yield(hashdb.Entry{}, s.unreadable)
		}
	}
}

func (s *store) hashes() []string {
	var out []string
	for _, e := range s.entries {
		out = append(out, e.Hash.String())
	}
	sort.Strings(out)
	return out
}

func hashes(numbers ...int) []string {
	var out []string
	for _, n := range numbers {
		out = append(out, hexOf(n))
	}
	sort.Strings(out)
	return out
}

type bench struct {
	*List
	host  *host
	store *store
	temp  string
}

func newBench(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	b := &bench{host: &host{}, store: &store{}, temp: t.TempDir()}
	server := httptest.NewServer(b.host)
	t.Cleanup(server.Close)
	o := Options{
		Client: exchange.ClientOptions{URL: server.URL + "/lists/a.txt?part=1", Tries: 2, MaxWait: time.Millisecond, Now: time.Now},
		Token:  exchange.NewSecret(secret), Format: formats.Lines, Kind: hashdb.KindPDQ, Known: b.store.known, TempDir: b.temp,
	}
	if change != nil {
		change(&o)
	}
	var err error
	if b.List, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	t.Cleanup(func() {
		if left, err := os.ReadDir(b.temp); err != nil || len(left) > 0 {
			t.Errorf("%d temporary files are left, %v", len(left), err)
		}
	})
	return b
}

func (b *bench) sync(t *testing.T) error {
	t.Helper()
	return b.Sync(t.Context(), b.store.checkpoint, b.store.apply)
}

// holds syncs and fails the test unless the store then holds the numbered hashes.
func (b *bench) holds(t *testing.T, numbers ...int) {
	t.Helper()
	if err := b.sync(t); err != nil {
		t.Fatal(err)
	}
	if got, want := b.store.hashes(), hashes(numbers...); !slices.Equal(got, want) {
		t.Fatalf("the store holds %d hashes, want %d: %.300v and %.300v", len(got), len(want), got, want)
	}
}

func TestFileIsTheList(t *testing.T) {
	for name, label := range map[string]func(h *host, version string){
		"nothing":       func(*host, string) {},
		"etag":          func(h *host, v string) { h.etag = `"` + v + `"` },
		"weak etag":     func(h *host, v string) { h.etag = `W/"` + v + `"` },
		"last modified": func(h *host, v string) { h.changed = "Mon, 02 Mar 2026 10:00:0" + v + " GMT" },
		"useless etag":  func(h *host, v string) { h.etag = strings.Repeat("x", 2000) + v },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			set := func(version, text string) { b.host.text = text; label(b.host, version) }
			set("1", lines(1, 2, 3, 4))
			b.holds(t, 1, 2, 3, 4)
			before := len(b.store.batches)
			b.holds(t, 1, 2, 3, 4)
			if len(b.store.batches) != before {
				t.Error("a batch for a file that did not change")
			}
			if labelled := name != "nothing" && name != "useless etag"; labelled && b.host.sent != 1 {
				t.Errorf("sent %d times, want once", b.host.sent)
			}
			if name == "useless etag" && (b.host.sent != 2 || len(b.store.checkpoint) > 500) {
				t.Errorf("sent %d times, checkpoint of %d bytes, want it sent twice and the label forgotten", b.host.sent, len(b.store.checkpoint))
			}
			set("2", lines(1, 3, 4, 5))
			b.holds(t, 1, 3, 4, 5)
			set("3", lines(1, 3, 4, 5)) // The same under another label.
			b.holds(t, 1, 3, 4, 5)
			if last := b.store.batches[len(b.store.batches)-1]; len(last.Entries) > 0 && name != "nothing" && name != "useless etag" {
				t.Errorf("%d entries for a file that only got another label", len(last.Entries))
			}
			before = b.host.sent
			b.holds(t, 1, 3, 4, 5)
			if name == "etag" && b.host.sent != before {
				t.Error("the new label is not remembered")
			}
		})
	}
}

func TestFormats(t *testing.T) {
	csv := "id;pdq;md5;tags\nA1;" + hexOf(1) + ";" + hexOf(2)[:32] + ";one|two\nA2;" + hexOf(3) + ";;\n"
	for name, c := range map[string]struct {
		format formats.Format
		text   string
		want   int
	}{
		"lines":          {formats.Lines, lines(1, 2), 2},
		"lines, unnamed": {formats.Auto, lines(1, 2), 2},
		"csv":            {formats.CSV, csv, 3},
		"csv, unnamed":   {"", csv, 3},
		"threatexchange": {formats.ThreatExchange, `[{"id":"1","indicator":"` + hexOf(1) + `","type":"HASH_PDQ"},{"id":"2","indicator":"` + hexOf(2) + `","type":"HASH_PDQ","should_delete":true}]`, 1},
	} {
		b := newBench(t, func(o *Options) { o.Format = c.format })
		b.host.text = c.text
		if err := b.sync(t); err != nil || len(b.store.entries) != c.want {
			t.Errorf("%s: %v, %d entries, want %d", name, err, len(b.store.entries), c.want)
		}
		for _, e := range b.store.entries {
			if e.Provenance != "127.0.0.1/a.txt" {
				t.Errorf("%s: provenance %q, want the host and the file's name", name, e.Provenance)
			}
		}
	}
}

// Another address, format or kind is another list, whose file is fetched again.
func TestChangedConfiguration(t *testing.T) {
	b := newBench(t, nil)
	b.host.etag, b.host.text = `"1"`, lines(1)
	b.holds(t, 1)
	b.o.Format = formats.Auto
	l, err := New(b.o)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Sync(t.Context(), b.store.checkpoint, b.store.apply); err != nil || b.host.sent != 2 {
		t.Errorf("%v, sent %d times, want twice", err, b.host.sent)
	}
	for _, bad := range []string{"{", "null", `{"list":"x","etag":"\"1\"","sha256":"y"}`} {
		before := b.host.sent
		b.store.checkpoint = []byte(bad)
		b.holds(t, 1)
		if b.host.sent != before+1 {
			t.Errorf("checkpoint %s: the file was not fetched", bad)
		}
	}
}

func TestCheckpointGolden(t *testing.T) {
	b := newBench(t, nil)
	b.id = "an-id-of-the-address" // The address has a free port.
	b.host.etag, b.host.changed, b.host.text = `W/"1"`, "Mon, 02 Mar 2026 10:00:00 GMT", lines(1)
	b.holds(t, 1)
	name := filepath.Join("testdata", "checkpoint.json")
	got := append(b.store.checkpoint, '\n')
	if *updateGolden {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(name); err != nil || string(want) != string(got) {
		t.Errorf("checkpoint %s, want %s, %v", got, want, err)
	}
}

// Wherever a sync is cut off, the next one ends where it would have.
func TestInterrupted(t *testing.T) {
	const n, size = 120, 50
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	ran := 0
	for fail := 1; ; fail++ {
		b := newBench(t, nil)
		b.size = size
		b.host.text = lines(numbers[:n-1]...)
		b.holds(t, numbers[:n-1]...)
		for i, batch := range b.store.batches {
			if len(batch.Entries) > size || (batch.Checkpoint.Value != nil) != (i == len(b.store.batches)-1) {
				t.Fatalf("batch %d has %d entries and checkpoint %q", i+1, len(batch.Entries), batch.Checkpoint.Value)
			}
		}
		old := string(b.store.checkpoint)
		b.store.batches, b.store.fail = nil, fail
		b.host.text = lines(numbers[n/3:]...)
		err := b.sync(t)
		if err == nil {
			break
		}
		if err != errStore || string(b.store.checkpoint) != old { //nolint:errorlint // It is to come back as it is.
			t.Fatalf("batch %d: %v, and the checkpoint moved: %t", fail, err, string(b.store.checkpoint) != old)
		}
		b.store.fail = 0
		b.holds(t, numbers[n/3:]...)
		ran++
	}
	if ran != 3 {
		t.Errorf("%d interruptions, want one in each of 3 batches", ran)
	}
}

func TestShrunk(t *testing.T) {
	b := newBench(t, nil)
	b.host.text = lines(1, 2, 3, 4)
	b.holds(t, 1, 2, 3, 4)
	for _, text := range []string{lines(), lines(1), lines(5, 6)} {
		before := string(b.store.checkpoint)
		b.host.text = text
		if err := b.sync(t); !errors.Is(err, ErrShrunk) || len(b.store.entries) != 4 || string(b.store.checkpoint) != before {
			t.Errorf("%v, %d entries, want ErrShrunk and no change", err, len(b.store.entries))
		}
	}
	b.o.MaxLoss = 1
	b.holds(t, 5, 6)
	b.host.text = lines()
	b.holds(t)
}

func TestBadRecords(t *testing.T) {
	bad := lines(1, 2) + hexOf(3)[:63] + "z\n" + lines(4)
	b := newBench(t, nil)
	b.host.text = lines(1, 3)
	b.holds(t, 1, 3)
	b.host.text = bad
	var fault *hashdb.RecordError
	if err := b.sync(t); !errors.As(err, &fault) || strings.Contains(err.Error(), hexOf(3)[:12]) || !slices.Equal(b.store.hashes(), hashes(1, 3)) {
		t.Errorf("%v, want an error that names the record, and no change", err)
	}
	var told []error
	b.o.Bad = func(err error) { told = append(told, err) }
	b.holds(t, 1, 2, 4)
	if len(told) != 1 {
		t.Errorf("told %v, want one record once", told)
	}
	b.host.text = "nothing\nhere\n"
	if err := b.sync(t); err == nil || !strings.Contains(err.Error(), "not one good record") {
		t.Errorf("%v, want no good record", err)
	}
}

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
		"redirected": {instead: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "https://example.org/"+secret, 302) }, want: "away from"},
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

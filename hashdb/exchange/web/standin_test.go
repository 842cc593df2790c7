package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

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

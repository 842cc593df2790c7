package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/hashdb"
)

// memory is a Searcher over a few entries, by comparing with each.
type memory struct {
	lists   []hashdb.ListInfo
	entries []hashdb.Entry // Ref names the list's source.
	err     error
	panics  any
	block   chan struct{} // When not nil, Search waits for it.
	mu      sync.Mutex
	queries []hashdb.Query
}

func (m *memory) Lists() []hashdb.ListInfo { return m.lists }

func (m *memory) Search(q hashdb.Query, hashes ...hashdb.Hash) ([]hashdb.Answer, error) {
	m.mu.Lock()
	m.queries = append(m.queries, q)
	m.mu.Unlock()
	if m.block != nil {
		<-m.block
	}
	if m.panics != nil {
		panic(m.panics)
	}
	if m.err != nil {
		return nil, m.err
	}
	for _, s := range q.Sources {
		if !slices.ContainsFunc(m.lists, func(l hashdb.ListInfo) bool { return l.Source == s }) {
			return nil, errors.New("a source without a list")
		}
	}
	answers := make([]hashdb.Answer, len(hashes))
	for i, h := range hashes {
		if q.Radius > h.Kind.MaxRadius() {
			return nil, errors.New("radius beyond the kind's")
		}
		answers[i] = m.answer(q, h)
	}
	return answers, nil
}

func (m *memory) answer(q hashdb.Query, h hashdb.Hash) (a hashdb.Answer) {
	for _, e := range m.entries {
		for _, l := range m.lists {
			d, same := e.Hash.Distance(h)
			radius := q.Radius
			if radius == hashdb.OwnRadius {
				radius = l.Radius
			}
			if l.Source != e.Ref || l.Kind != e.Hash.Kind || !same || d > radius ||
				len(q.Sources) > 0 && !slices.Contains(q.Sources, l.Source) {
				continue
			}
			found := hashdb.Match{
				List: l.Source, Version: l.Version, Entry: e.Hash.Entry(), Kind: l.Kind, Distance: d, Radius: radius, Hash: e.Hash,
				Owner: l.Owner, Category: l.Category, Severity: l.Severity, Jurisdiction: l.Jurisdiction, State: l.State, Allow: l.Allow,
				Disputed: e.Status == hashdb.Disputed, Refs: []string{"ref-1"}, Tags: e.Tags, Parties: e.Parties, Time: e.Time,
			}
			switch {
			case l.State != hashdb.StateLive || found.Disputed:
				a.Shadow = append(a.Shadow, found)
			case l.Allow:
				a.Allowed = append(a.Allowed, found)
			default:
				a.Matches = append(a.Matches, found)
			}
		}
	}
	if a.Allowed != nil {
		a.Vetoed, a.Matches = a.Matches, nil
	}
	return a
}

func list(source string, kind hashdb.Kind, change ...func(*hashdb.ListInfo)) hashdb.ListInfo {
	l := hashdb.ListInfo{
		List: hashdb.List{
			Source: source, Kind: kind, Owner: "Owner of " + source, Category: "A1", Jurisdiction: "AE",
			Radius: kind.DefaultRadius(), State: hashdb.StateLive,
		},
		Entries: 1, Version: "00112233aabbccdd", Changed: epoch,
	}
	for _, c := range change {
		c(&l)
	}
	return l
}

func shadow(l *hashdb.ListInfo) { l.State = hashdb.StateShadow }
func allow(l *hashdb.ListInfo)  { l.Allow = true }

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func entry(source string, h hashdb.Hash) hashdb.Entry {
	return hashdb.Entry{Hash: h, Ref: source, Tags: []string{"made-up"}, Parties: 2, Time: epoch}
}

// hashOf is a made-up hash.
func hashOf(kind hashdb.Kind, seed uint64) hashdb.Hash {
	h := hashdb.Hash{Kind: kind}
	r := rand.New(rand.NewPCG(seed, uint64(kind)))
	for i := range kind.Bits() / 8 {
		h.Bits[i] = byte(r.Uint32())
	}
	return h
}

// flip is h with its first n bits turned.
func flip(h hashdb.Hash, n int) hashdb.Hash {
	for i := range n {
		h.Bits[i/8] ^= 0x80 >> (i % 8)
	}
	return h
}

// bench is a service under test.
type bench struct {
	apitest.Caller
	now     time.Time
	seen    []string // What Observe was told.
	reports []error
}

// keyOf is a key that may do nothing beyond the least.
func keyOf(name, digest string, perMinute, perDay int) Key {
	return Key{Key: api.Key{Name: name, SHA256: digest, PerMinute: perMinute, PerDay: perDay}}
}

// newBench makes a service over m. Its one key, of generous quota, may be changed.
func newBench(t testing.TB, m Searcher, options func(*Options), key func(*Key)) *bench {
	t.Helper()
	b := &bench{Caller: apitest.Caller{T: t, Doc: readDoc(t)}, now: epoch}
	text, digest := api.NewKey()
	b.Key = text
	k := keyOf("tester", digest, 1e6, 1e6)
	if key != nil {
		key(&k)
	}
	keys, err := NewKeys(k)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	o := Options{
		Decode: func(data []byte) (image.Image, error) { return png.Decode(bytes.NewReader(data)) },
		Now:    func() time.Time { mu.Lock(); defer mu.Unlock(); return b.now },
		Observe: func(route, key string, status int, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			b.seen = append(b.seen, strings.Join([]string{route, key, http.StatusText(status)}, " "))
		},
		Report: func(err error) { mu.Lock(); defer mu.Unlock(); b.reports = append(b.reports, err) },
	}
	if options != nil {
		options(&o)
	}
	if b.Handler, err = New(m, keys, o); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) lookup(body string) *httptest.ResponseRecorder {
	b.T.Helper()
	return b.Do("POST", "/v1/lookup", "application/json", []byte(body))
}

// ask makes the body of a look-up.
func ask(hashes ...hashdb.Hash) string {
	type item struct {
		Kind string `json:"kind"`
		Hash string `json:"hash"`
	}
	var request struct {
		Hashes []item `json:"hashes"`
	}
	for _, h := range hashes {
		request.Hashes = append(request.Hashes, item{h.Kind.String(), h.String()})
	}
	text, _ := json.Marshal(request)
	return string(text)
}

// decode reads an answer of status 200.
func decode[T any](t testing.TB, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	d := json.NewDecoder(w.Body)
	if err := d.Decode(&v); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return v
}

// pictureOf draws a benign picture with plenty of detail.
func pictureOf(seed uint64, width, height int) image.Image {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewGray(image.Rect(0, 0, width, height))
	for range 60 {
		x, y, side, shade := r.IntN(width), r.IntN(height), 4+r.IntN(width/3), uint8(r.IntN(256))
		for i := y; i < min(height, y+side); i++ {
			for j := x; j < min(width, x+side); j++ {
				img.SetGray(j, i, color.Gray{Y: shade})
			}
		}
	}
	return img
}

func encode(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

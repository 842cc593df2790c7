package service

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/hashdb"
)

func TestAuthentication(t *testing.T) {
	b := newBench(t, world(), nil, nil)
	other, _ := api.NewKey()
	for name, headers := range map[string][]string{
		"none": nil, "empty": {""}, "scheme": {b.Key}, "basic": {"Basic " + b.Key}, "other": {"Bearer " + other},
		"short": {"Bearer " + b.Key[:20]}, "cut": {"Bearer " + b.Key[:len(b.Key)-1]}, "longer": {"Bearer " + b.Key + "A"},
		"two": {"Bearer " + b.Key, "Bearer " + b.Key}, "case": {"Bearer " + strings.ToUpper(b.Key)},
	} {
		r := httptest.NewRequest("GET", "/v1/lists", nil)
		for _, h := range headers {
			r.Header.Add("Authorization", h)
		}
		if w := b.Send(r); w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	r := httptest.NewRequest("GET", "/v1/lists", nil)
	r.Header.Add("Authorization", "bearer "+b.Key)
	if w := b.Send(r); w.Code != 200 {
		t.Errorf("scheme in lower case: %d", w.Code)
	}
}

func TestQuota(t *testing.T) {
	b := newBench(t, world(), nil, func(k *Key) { k.PerMinute, k.PerDay = 60, 100 })
	hashes := func(n int) string {
		h := make([]hashdb.Hash, n)
		for i := range h {
			h[i] = listedPDQ
		}
		return ask(h...)
	}
	steps := []struct {
		pass   time.Duration
		n      int
		status int
		retry  string
	}{
		{0, 61, 413, ""},
		{0, 50, 200, ""},
		{0, 11, 429, "1"},
		{0, 10, 200, ""}, // The refused one cost nothing.
		{0, 30, 429, "30"},
		{29 * time.Second, 30, 429, "1"},
		{time.Second, 30, 200, ""},
		{time.Hour, 60, 429, ""}, // The minute's are there again, the day's are not.
	}
	for i, s := range steps {
		b.now = b.now.Add(s.pass)
		w := b.lookup(hashes(s.n))
		if w.Code != s.status {
			t.Errorf("step %d: %d %s, want %d", i, w.Code, w.Body, s.status)
		}
		if got := w.Header().Get("Retry-After"); s.retry != "" && got != s.retry {
			t.Errorf("step %d: Retry-After %q, want %q", i, got, s.retry)
		}
	}
	// The wait that is told is enough, and a second less is not.
	w := b.lookup(hashes(60))
	wait, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if err != nil || wait < 30000 {
		t.Fatalf("Retry-After %q", w.Header().Get("Retry-After"))
	}
	b.now = b.now.Add(time.Duration(wait-2) * time.Second)
	apitest.WantStatus(t, b.lookup(hashes(60)), 429, "quota")
	b.now = b.now.Add(2 * time.Second)
	apitest.WantStatus(t, b.lookup(hashes(60)), 200, "")
	// What is refused before the look-up costs nothing; asking for lists neither.
	for range 200 {
		if w := b.Do("GET", "/v1/lists", "", nil); w.Code != 200 {
			t.Fatalf("lists: %d", w.Code)
		}
	}
}

func TestKeyFaults(t *testing.T) {
	_, digest := api.NewKey()
	good := keyOf("a", digest, 1, 1)
	bad := Key{Key: api.Key{Name: "no name", SHA256: "12"}, Sources: []string{""}, MaxRadius: map[string]int{"pdq": 48, "tlsh": 1}}
	_, err := NewKeys(good, good, bad)
	for _, text := range []string{
		`keys[1]: name "a" is that of keys[0]`, "keys[1]: sha256 is that of keys[0]", `keys[2]: name "no name"`, "64 hexadecimal digits",
		"per_minute is 0", "per_day is 0", "sources[0]", "max_radius.pdq is 48, want 0 to 47", `hash kind "tlsh"`,
	} {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v\ndoes not say %s", err, text)
		}
	}
	if err != nil && strings.Contains(err.Error(), digest) {
		t.Error("the error holds a digest")
	}
	if _, err := NewKeys(); err == nil {
		t.Error("no keys are taken")
	}
}

func TestKeyFileIsTakenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	key, digest := api.NewKey()
	later, laterDigest := api.NewKey()
	write := func(digest string) {
		if err := os.WriteFile(path, []byte("keys: [{name: a, sha256: '"+digest+"', per_minute: 1, per_day: 1}]"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(digest)
	keys, err := LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	var o Options
	b := newBench(t, world(), func(opts *Options) { o = *opts }, nil)
	if b.Handler, err = New(world(), keys, o); err != nil {
		t.Fatal(err)
	}
	get := func(key string) int {
		b.Key = key
		return b.Do("GET", "/v1/lists", "", nil).Code
	}
	if get(key) != 200 || get(later) != 401 {
		t.Fatal("the first key does not work")
	}
	write(laterDigest)
	b.now = b.now.Add(9 * time.Second)
	if get(key) != 200 {
		t.Error("the file is read at every request")
	}
	b.now = b.now.Add(time.Second)
	if get(later) != 200 || get(key) != 401 {
		t.Error("the file was not taken up within ten seconds")
	}
	// Also where the clock was set back: a key that is taken back must not live on.
	write(digest)
	b.now = b.now.Add(-time.Hour)
	if get(later) != 401 || get(key) != 200 {
		t.Error("the file was not taken up after the clock was set back")
	}
	write(laterDigest)
	b.now = b.now.Add(10 * time.Second)
	if get(later) != 200 {
		t.Error("the file was not taken up afterwards")
	}
	write("bad")
	b.now = b.now.Add(time.Minute)
	if get(later) != 200 || len(b.reports) != 1 || strings.Contains(fmt.Sprint(b.reports), laterDigest) {
		t.Errorf("after a bad file: %v", b.reports)
	}
}

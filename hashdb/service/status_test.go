package service

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/hashdb"
)

// failing is a Searcher of which even the lists cannot be had.
type failing struct{ memory }

func (*failing) Lists() []hashdb.ListInfo { panic("no lists") }

// occupy lets a request be in flight until the test's end: its body does not come.
func occupy(b *bench) {
	body, sender := io.Pipe()
	r := httptest.NewRequest("POST", "/v1/lookup", body)
	r.Header.Set("Authorization", "Bearer "+b.Key)
	r.Header.Set("Content-Type", "application/json")
	served := make(chan struct{})
	go func() { defer close(served); b.Handler.ServeHTTP(httptest.NewRecorder(), r) }()
	_, _ = sender.Write([]byte(" ")) // It was read.
	b.T.Cleanup(func() { _ = sender.Close(); <-served })
}

func panicking([]byte) (image.Image, error) { panic("decoder") }

// TestEveryStatus makes every status that the document declares come about, and so
// finds those that it declares and nothing gives. That the others are declared is seen
// in every test, by apitest.Document.Check.
func TestEveryStatus(t *testing.T) {
	m, photo, video := peerWorld(t)
	m.lists = append(m.lists, list("BANK_A", hashdb.KindSHA1))
	pdq := ask(m.entries[0].Hash)
	signal := "?signal_type=pdq&signal=" + m.entries[0].Hash.String()
	photoType, photoForm := form(t, "photo", photo)
	videoType, videoForm := form(t, "video", video)
	largeType, largeForm := form(t, "video", strings.Repeat("x", 200<<10))

	type request struct {
		method, target, contentType, body string
	}
	good := map[string]request{
		"POST /v1/lookup":       {"POST", "/v1/lookup", "application/json", pdq},
		"POST /v1/lookup/image": {"POST", "/v1/lookup/image", "image/png", photo},
		"GET /v1/lists":         {"GET", "/v1/lists", "", ""},
		"GET /v1/openapi.yaml":  {"GET", "/v1/openapi.yaml", "", ""},
		"GET /m/lookup":         {"GET", "/m/lookup" + signal, "", ""},
		"POST /m/lookup":        {"POST", "/m/lookup", photoType, string(photoForm)},
		"GET /m/raw_lookup":     {"GET", "/m/raw_lookup" + signal, "", ""},
		"GET /m/index/status":   {"GET", "/m/index/status", "", ""},
		"POST /h/hash":          {"POST", "/h/hash", videoType, string(videoForm)},
		"GET /c/banks":          {"GET", "/c/banks", "", ""},
		"GET /status":           {"GET", "/status", "", ""},
		"GET /status/live":      {"GET", "/status/live", "", ""},
	}
	small := func(o *Options) { o.MaxImage = 100 << 10 }
	away := func(o *Options) {
		o.Remotes = []Remote{{"away", []hashdb.Kind{hashdb.KindPDQ}, &owner{err: errors.New("away")}}}
	}
	seen := map[string]bool{}
	try := func(s Searcher, options func(*Options), key func(*Key), prepare func(*bench), requests ...request) {
		t.Helper()
		for _, r := range requests {
			b := newBench(t, s, options, key)
			if prepare != nil {
				prepare(b)
			}
			w := b.Do(r.method, r.target, r.contentType, []byte(r.body))
			path, _, _ := strings.Cut(r.target, "?")
			seen[fmt.Sprintf("%s %s %d", r.method, path, w.Code)] = true
		}
	}
	for _, r := range good {
		try(m, nil, nil, nil, r)
		try(m, nil, nil, func(b *bench) { b.Key = "" }, r)
		try(&failing{}, nil, nil, nil, r)
		try(&memory{lists: m.lists, panics: "search"}, func(o *Options) { o.Decode = panicking }, nil, nil, r)
		try(&memory{}, nil, nil, nil, r)
		try(m, func(o *Options) { o.MaxInFlight = 1 }, nil, occupy, r)
		try(m, nil, func(k *Key) { k.PerMinute = 3 }, func(b *bench) {
			for range 3 {
				b.lookup(pdq)
			}
		}, r)
	}
	try(m, small, nil, nil,
		request{"POST", "/v1/lookup", "application/json", "{"}, request{"POST", "/v1/lookup", "text/plain", "{"},
		request{"POST", "/v1/lookup", "application/json", strings.Repeat(" ", 300<<10)},
		request{"POST", "/v1/lookup", "application/json", ask(hashOf(hashdb.KindAHash, 1))},
		request{"POST", "/v1/lookup", "application/json", strings.TrimSuffix(pdq, "}") + `,"radius":47}`},
		request{"POST", "/v1/lookup/image?remote=true", "image/png", photo}, request{"POST", "/v1/lookup/image?dihedral=2", "image/png", photo}, request{"POST", "/v1/lookup/image", "image/gif", photo},
		request{"POST", "/v1/lookup/image", "image/png", video}, request{"POST", "/v1/lookup/image", "image/png", strings.Repeat("x", 200<<10)},
		request{"GET", "/v1/lists?x=y", "", ""},
		request{"GET", "/m/lookup", "", ""}, request{"GET", "/m/lookup?url=x", "", ""},
		request{"GET", "/m/raw_lookup", "", ""}, request{"GET", "/m/raw_lookup?url=x", "", ""},
		request{"POST", "/m/lookup", "", ""}, request{"POST", "/m/lookup?banks=x", "", ""}, request{"POST", "/m/lookup", largeType, string(largeForm)},
		request{"POST", "/h/hash", "", ""}, request{"POST", "/h/hash", largeType, string(largeForm)},
		request{"GET", "/m/index/status?signal_type=x", "", ""},
	)
	try(m, away, nil, nil, request{"POST", "/v1/lookup", "application/json", remotely(pdq)}, request{"POST", "/v1/lookup/image?remote=true", "image/png", photo})
	// Digests need no decoder that could fail.
	try(m, func(o *Options) { o.Decode = panicking }, nil, nil, good["POST /m/lookup"], request{"POST", "/h/hash", photoType, string(photoForm)})

	if unseen, declared := readDoc(t).Unseen(seen); declared < 50 || len(unseen) > 0 {
		t.Errorf("of %d declared, nothing gives\n%s", declared, strings.Join(unseen, "\n"))
	}
}

// TestTooMuchAtOnce fills the one worker and lets another request wait for it in vain.
func TestTooMuchAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := world()
		m.block = make(chan struct{})
		b := newBench(t, m, func(o *Options) { o.Workers, o.MaxInFlight, o.Timeout, o.Now = 1, 4, 3*time.Second, time.Now }, nil)
		status := make(chan int, 1)
		go func() { status <- b.lookup(ask(listedPDQ)).Code }()
		synctest.Wait() // It holds the worker.
		began := time.Now()
		waiting := make(chan *httptest.ResponseRecorder, 1)
		go func() { waiting <- b.lookup(ask(listedPDQ)) }()
		synctest.Wait() // It waits for the worker.
		apitest.WantStatus(t, b.lookup(ask(listedPDQ)), 503, "2 requests of the key are being served")
		w := <-waiting
		apitest.WantStatus(t, w, 503, "too much is asked at once")
		if waited := time.Since(began); waited != 3*time.Second || w.Header().Get("Retry-After") != "1" {
			t.Errorf("waited %v, Retry-After %q", waited, w.Header().Get("Retry-After"))
		}
		close(m.block)
		if s := <-status; s != 200 {
			t.Errorf("the first got %d", s)
		}
		if w := b.lookup(ask(listedPDQ)); w.Code != 200 {
			t.Errorf("afterwards %d", w.Code)
		}
	})
}

// TestOneKeyLeavesRoom has a key's requests stuck in their bodies, and another's served.
func TestOneKeyLeavesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, slowDigest := api.NewKey()
		other, otherDigest := api.NewKey()
		keys, err := NewKeys(keyOf("slow", slowDigest, 10, 10), keyOf("other", otherDigest, 10, 10))
		if err != nil {
			t.Fatal(err)
		}
		var o Options
		b := newBench(t, world(), func(opts *Options) { opts.MaxInFlight = 5; o = *opts }, nil)
		if b.Handler, err = New(world(), keys, o); err != nil {
			t.Fatal(err)
		}
		body, sender := io.Pipe()
		var stuck sync.WaitGroup
		refused := make(chan int, 5)
		for range 5 {
			r := httptest.NewRequest("POST", "/v1/lookup", body)
			r.Header.Set("Authorization", "Bearer "+slow)
			r.Header.Set("Content-Type", "application/json")
			stuck.Go(func() { refused <- b.Send(r).Code })
		}
		synctest.Wait()
		if len(refused) != 3 {
			t.Errorf("%d of 5 requests of one key were refused, want 3", len(refused))
		}
		b.Key = other
		if w := b.lookup(ask(listedPDQ)); w.Code != 200 {
			t.Errorf("another key got %d: %s", w.Code, w.Body)
		}
		_ = sender.CloseWithError(io.ErrUnexpectedEOF)
		stuck.Wait()
		b.Key = slow
		if w := b.lookup(ask(listedPDQ)); w.Code != 200 {
			t.Errorf("afterwards the key got %d: %s", w.Code, w.Body)
		}
	})
}

// TestClientGoesAway gives the worker's place up when the client has.
func TestClientGoesAway(t *testing.T) {
	m := world()
	m.block = make(chan struct{})
	b := newBench(t, m, func(o *Options) { o.Workers = 1 }, nil)
	done := make(chan struct{})
	go func() { defer close(done); b.lookup(ask(listedPDQ)) }()
	for len(b.Handler.(*service).workers) > 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest("POST", "/v1/lookup", strings.NewReader(ask(listedPDQ))).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+b.Key)
	r.Header.Set("Content-Type", "application/json")
	if w := b.Send(r); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
	close(m.block)
	<-done
}

func TestOptions(t *testing.T) {
	_, digest := api.NewKey()
	keys, err := NewKeys(keyOf("a", digest, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() (http.Handler, error){
		"no decoder":  func() (http.Handler, error) { return New(world(), keys, Options{}) },
		"no keys":     func() (http.Handler, error) { return New(world(), nil, Options{Decode: panicking}) },
		"no searcher": func() (http.Handler, error) { return New(nil, keys, Options{Decode: panicking}) },
		"negative":    func() (http.Handler, error) { return New(world(), keys, Options{Decode: panicking, MaxBody: -1}) },
		"remote": func() (http.Handler, error) {
			return New(world(), keys, Options{Decode: panicking, Remotes: []Remote{{Name: "x"}}})
		},
	} {
		if _, err := try(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := New(world(), keys, Options{Decode: panicking}); err != nil {
		t.Error(err)
	}
}

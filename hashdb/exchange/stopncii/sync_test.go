package stopncii

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/model"
	"github.com/vigil-stream/vigil/internal/golden"
)

const secret = "open-sesame-7391"

// standIn answers as StopNCII's interface is published to: the present state of what
// changed since a time, page by page, with a token for the next.
type standIn struct {
	t      *testing.T
	mu     sync.Mutex
	rows   map[string]*row
	clock  int64
	asked  int
	tokens map[string][]*row // What is still to come.
	before func(w http.ResponseWriter, n int) bool
	said   []string
}

type row struct {
	Modified  int64             `json:"lastModtimestamp"`
	Signal    string            `json:"signalType"`
	Hash      string            `json:"hashValue"`
	Status    string            `json:"hashStatus"`
	Cases     map[string]string `json:"caseNumbers"`
	Feedbacks []map[string]any  `json:"CSPFeedbacks,omitempty"`
}

func newStandIn(t *testing.T) (*standIn, *httptest.Server) {
	s := &standIn{t: t, rows: map[string]*row{}, clock: 1_700_000_000, tokens: map[string][]*row{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server
}

// set gives a hash a state, later than all before.
func (s *standIn) set(r row) {
	s.clock++
	r.Modified = s.clock
	s.rows[r.Signal+r.Hash] = &r
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := map[string]string{"/v1/FetchHashes": "fetch", "/v1/SubmitFeedback": "submit"}[r.URL.Path]
	if r.Header.Get("x-functions-key") != secret+key || r.Header.Get("Ocp-Apim-Subscription-Key") != secret {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.asked++
	if s.before != nil && s.before(w, s.asked) {
		return
	}
	if key == "submit" {
		b, _ := io.ReadAll(r.Body)
		s.said = append(s.said, r.Method+" "+r.Header.Get("Content-Type")+" "+string(b)+"\n")
		_, _ = fmt.Fprint(w, "{}")
		return
	}
	q := r.URL.Query()
	since, err := strconv.ParseInt(q.Get("startTimestamp"), 10, 64)
	size, err2 := strconv.Atoi(q.Get("pageSize"))
	if err != nil || err2 != nil {
		s.t.Errorf("asked for %s", r.URL.RawQuery)
	}
	var left []*row
	if token := q.Get("nextPageToken"); token != "" {
		var ok bool
		if left, ok = s.tokens[token]; !ok {
			w.WriteHeader(http.StatusBadRequest) // Too old.
			return
		}
	} else {
		for _, one := range s.rows {
			if one.Modified >= since {
				left = append(left, one)
			}
		}
		slices.SortFunc(left, func(a, b *row) int { return strings.Compare(a.Hash, b.Hash) }) // Not by time.
	}
	page := left[:min(size, len(left))]
	left = left[len(page):]
	answer := map[string]any{"count": len(page), "nextPageToken": nil, "nextSetTimestamp": s.clock, "hasMoreRecords": len(left) > 0, "hashRecords": page}
	if page == nil {
		answer["hashRecords"] = []int{}
	}
	if len(left) > 0 {
		token := fmt.Sprint("t", s.asked)
		s.tokens[token] = left
		answer["nextPageToken"] = token
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.t.Error(err)
	}
}

func source(t *testing.T, server *httptest.Server, set func(*Options)) *Source {
	t.Helper()
	o := Options{
		Client:       exchange.ClientOptions{URL: server.URL + "/v1", Now: time.Now, Tries: 1},
		Subscription: exchange.NewSecret(secret), Fetch: exchange.NewSecret(secret + "fetch"), Submit: exchange.NewSecret(secret + "submit"),
		PageSize: 5,
	}
	if set != nil {
		set(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// TestSyncConverges changes hashes at random, syncs with failures, and holds that
// after a good sync the store has what is listed.
func TestSyncConverges(t *testing.T) {
	failed, most := 0, 0
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 1))
		owner, server := newStandIn(t)
		var store model.Store
		src := source(t, server, nil)
		src.batch = 7
		for range 8 {
			for range rng.IntN(40) {
				signal := []string{"ImagePDQ", "VideoMD5"}[rng.IntN(2)]
				hash := strings.Repeat(fmt.Sprintf("%02x", rng.IntN(60)), map[string]int{"ImagePDQ": 32, "VideoMD5": 16}[signal])
				owner.set(row{Signal: signal, Hash: hash, Status: []string{"Active", "Received", "Withdrawn", "Deleted", "Unknown"}[rng.IntN(5)]})
			}
			for range rng.IntN(3) {
				stop := owner.asked + 1 + rng.IntN(4)
				if rng.IntN(2) == 0 {
					owner.before = func(w http.ResponseWriter, n int) bool {
						if n >= stop {
							w.WriteHeader(http.StatusBadGateway)
						}
						return n >= stop
					}
				} else {
					after := rng.IntN(2) == 0
					store.Fail = func(_ int, now bool) error {
						if now == after {
							return model.ErrCrash
						}
						return nil
					}
				}
				if store.Follow(t.Context(), "stopncii", src.Sync) != nil {
					failed++
				}
				owner.before, store.Fail = nil, nil
			}
			if err := store.Follow(t.Context(), "stopncii", src.Sync); err != nil {
				t.Fatal(err)
			}
			listed, disputed := 0, 0
			for _, r := range owner.rows {
				switch r.Status {
				case "Active", "Received":
					listed++
				case "Unknown":
					listed++
					disputed++
				}
			}
			for _, l := range store.Lists() {
				listed -= l.Entries
				disputed -= l.Disputed
			}
			if listed != 0 || disputed != 0 {
				t.Fatalf("seed %d: %d listed and %d disputed too few", seed, listed, disputed)
			}
		}
		most = max(most, slices.Max(store.Batches))
		server.Close()
	}
	if failed < 20 || most > 12 {
		t.Fatalf("only %d syncs failed, and a batch had %d changes", failed, most)
	}
}

// TestSyncMaps compares what becomes of each kind of record.
func TestSyncMaps(t *testing.T) {
	owner, server := newStandIn(t)
	pdq, md5 := strings.Repeat("0f", 32), strings.Repeat("A0", 16)
	for _, r := range []row{
		{Signal: "ImagePDQ", Hash: pdq, Status: "Active", Cases: map[string]string{"case-1": "Active"}, Feedbacks: []map[string]any{
			{"source": "One", "feedbackValue": "Blocked", "tags": []string{"b", "a", "", strings.Repeat("x", 65)}},
			{"source": "Two", "feedbackValue": "Blocked", "tags": []string{"a"}},
			{"source": "Two", "feedbackValue": "Blocked"},
			{"source": "Three", "feedbackValue": "NotBlocked"},
		}},
		{Signal: "VideoMD5", Hash: md5, Status: "Received"},
		{Signal: "VideoTMK", Hash: "x", Status: "Active"},
		{Signal: "Text", Hash: "x", Status: "Active"},
		{Signal: "URL", Hash: "x", Status: "Active"},
		{Signal: "Newest", Hash: "x", Status: "Active"},
		{Signal: "ImagePDQ", Hash: strings.Repeat("1f", 32), Status: "Withdrawn"},
		{Signal: "ImagePDQ", Hash: strings.Repeat("2f", 32), Status: "Deleted"},
		{Signal: "ImagePDQ", Hash: strings.Repeat("3f", 32), Status: "Pondered"},
		{Signal: "ImagePDQ", Hash: "77", Status: "Active"},
		{Signal: "VideoMD5", Hash: strings.Repeat("zz", 16), Status: "Active"},
	} {
		owner.set(r)
	}
	var store model.Store
	var bad []string
	src := source(t, server, func(o *Options) { o.Report = func(err error) { bad = append(bad, err.Error()) } })
	if err := store.Follow(t.Context(), "stopncii", src.Sync); err != nil {
		t.Fatal(err)
	}
	slices.Sort(bad)
	checkpoint := strings.Replace(string(store.Checkpoint("stopncii")), server.URL, "https://host", 1)
	golden.Check(t, "maps.golden", store.Dump()+checkpoint+"\n"+strings.Join(bad, "\n")+"\n")
	if asked := owner.asked; store.Follow(t.Context(), "stopncii", src.Sync) != nil || owner.asked != asked+1 {
		t.Error("nothing new took more than one request")
	}
}

func TestSyncFaults(t *testing.T) {
	answer := func(text string) func(http.ResponseWriter, int) bool {
		return func(w http.ResponseWriter, _ int) bool { _, _ = fmt.Fprint(w, text); return true }
	}
	for name, test := range map[string]struct {
		before func(http.ResponseWriter, int) bool
		want   string
	}{
		"refused": {func(w http.ResponseWriter, _ int) bool { w.WriteHeader(401); return true }, "401 Unauthorized"},
		"busy": {func(w http.ResponseWriter, _ int) bool {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(429)
			return true
		}, "asks to wait 2m0s"},
		"truncated":   {answer(`{"hashRecords":[{"hashValue":"`), "the input ends too soon"},
		"empty":       {answer(""), "the input ends too soon"},
		"html":        {answer("<html>" + secret), "not the JSON"},
		"no records":  {answer("{}"), "no hashRecords"},
		"wrong type":  {answer(`{"hashRecords":7}`), "not the JSON"},
		"no token":    {answer(`{"hashRecords":[],"hasMoreRecords":true}`), "not where"},
		"circle":      {answer(`{"hashRecords":[],"hasMoreRecords":true,"nextPageToken":"a"}`), "in a circle"},
		"before time": {answer(`{"hashRecords":[],"nextSetTimestamp":-1}`), "negative"},
	} {
		owner, server := newStandIn(t)
		owner.before = test.before
		var store model.Store
		err := store.Follow(t.Context(), "stopncii", source(t, server, nil).Sync)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "stopncii: page ") {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error repeats a secret: %v", name, err)
		}
		if store.Checkpoint("stopncii") != nil {
			t.Errorf("%s: the checkpoint moved", name)
		}
	}
	owner, server := newStandIn(t)
	owner.set(row{Signal: "ImagePDQ", Hash: strings.Repeat("0f", 32), Status: "Active"})
	crash := errors.New("disk full")
	if err := source(t, server, nil).Sync(t.Context(), nil, func(hashdb.Batch) error { return crash }); err != crash { //nolint:errorlint // Unchanged, as promised.
		t.Errorf("got %v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := source(t, server, nil).Sync(stopped, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, from := range []string{"x", `{"from":-1}`, `{"url":"https://other","from":20}`} {
		if err := source(t, server, nil).Sync(t.Context(), []byte(from), nil); err == nil {
			t.Errorf("the checkpoint %s was taken", from)
		}
	}
}

func TestFeedback(t *testing.T) {
	owner, server := newStandIn(t)
	src := source(t, server, nil)
	h, err := hashdb.ParseHash(hashdb.KindPDQ, strings.Repeat("0f", 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		f    exchange.Feedback
		want string
	}{
		{exchange.Feedback{Kind: hashdb.KindPDQ, Hash: h, Verdict: exchange.Affirmed}, ""},
		{exchange.Feedback{Kind: hashdb.KindPDQ, Hash: h, Verdict: exchange.Disputed, Reason: "other person"}, ""},
		{exchange.Feedback{Kind: hashdb.KindPDQ, Hash: h}, "verdict"},
		{exchange.Feedback{Kind: hashdb.KindSHA1, Verdict: exchange.Affirmed}, "no feedback"},
	} {
		err := src.Feedback(t.Context(), test.f)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v", test.f.Verdict, err)
		}
	}
	golden.Check(t, "feedback.golden", strings.Join(owner.said, ""))
	mute := source(t, server, func(o *Options) { o.Submit = exchange.Secret{} })
	if err := mute.Feedback(t.Context(), exchange.Feedback{Kind: hashdb.KindPDQ, Hash: h, Verdict: exchange.Affirmed}); err == nil {
		t.Error("feedback was given without a key")
	}
}

func TestNewRefuses(t *testing.T) {
	_, err := New(Options{PageSize: 1001})
	for _, want := range []string{"subscription and fetch", "page of 1001", "url names no host"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"nextPageToken":"a","nextSetTimestamp":5,"hasMoreRecords":true,"hashRecords":[` +
		`{"lastModtimestamp":5,"signalType":"ImagePDQ","hashValue":"` + strings.Repeat("0f", 32) + `","hashStatus":"Active",` +
		`"CSPFeedbacks":[{"source":"a","feedbackValue":"Blocked","tags":["x"]}]},{"signalType":"Text"},7]}`))
	f.Add([]byte(`{"hashRecords":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decodePage(body)
		if err != nil {
			return
		}
		for _, text := range p.Records {
			e, ok, err := decodeRecord(text)
			if err != nil || !ok {
				continue
			}
			if err := e.Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestSyncTwice has a hash come on three pages: of what is applied together the newest
// state counts, and of what is applied apart the last.
func TestSyncTwice(t *testing.T) {
	for size, want := range map[int]string{1: "2023-11-14T22:13:21Z", 100: "2023-11-14T22:13:22Z"} {
		owner, server := newStandIn(t)
		owner.before = func(w http.ResponseWriter, n int) bool {
			at := 1_700_000_000 + []int{0, 2, 1}[n-1]
			_, _ = fmt.Fprintf(w, `{"hasMoreRecords":%v,"nextPageToken":"%d","hashRecords":[{"lastModtimestamp":%d,"signalType":"VideoMD5","hashValue":"%032x","hashStatus":"Active"}]}`,
				n < 3, n, at, 7)
			return true
		}
		var store model.Store
		src := source(t, server, nil)
		src.batch = size
		if err := store.Follow(t.Context(), "stopncii", src.Sync); err != nil {
			t.Fatal(err)
		}
		if got := store.Dump(); strings.Count(got, "\n") != 1 || !strings.Contains(got, want) {
			t.Errorf("in batches of %d: got %s, want %s", size, got, want)
		}
	}
}

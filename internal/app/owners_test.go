package app

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
)

// ownersStandIn takes feedback as NCMEC (PUT …/feedback) and StopNCII (SubmitFeedback) publish
// that they do, and hands out lists that are empty.
type ownersStandIn struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	fails  map[string]int // status by owner; 0 is well
	asked  map[string]int // how often each was sent feedback
	told   map[string][]string
	events chan string // each request with feedback
}

func newOwnersStandIn(t *testing.T) *ownersStandIn {
	s := &ownersStandIn{t: t, fails: map[string]int{}, asked: map[string]int{}, told: map[string][]string{}, events: make(chan string, 1000)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

const innocentGUID = "01234567-abcd-0123-4567-012345678901"

func (s *ownersStandIn) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	ncmec, isNCMEC := strings.CutPrefix(r.URL.Path, "/hashsharing/v2/")
	owner, word := "stopncii", ""
	if isNCMEC {
		owner = "ncmec"
		if user, pass, _ := r.BasicAuth(); user != "member" || pass != "open-sesame" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
	} else if r.Header.Get("Ocp-Apim-Subscription-Key") != "sub" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch {
	case isNCMEC && ncmec == "feedback/PDQ/reasons":
		_, _ = fmt.Fprint(w, `<availableFeedbackReasons><reason guid="`+innocentGUID+`" name="Innocent" type="Pdq"/></availableFeedbackReasons>`)
		return
	case isNCMEC && r.Method == http.MethodPut && strings.HasSuffix(ncmec, "/PDQ/feedback"):
		var said struct {
			XMLName  xml.Name `xml:"https://hashsharing.ncmec.org/hashsharing/v2 feedbackSubmission"`
			Negative *struct {
				GUIDs []string `xml:"reasonIds>guid"`
			} `xml:"negative"`
			Affirmative *struct{} `xml:"affirmative"`
		}
		if err := xml.Unmarshal(body, &said); err != nil {
			s.t.Errorf("feedback cannot be read: %v %s", err, body)
		}
		word = strings.TrimSuffix(strings.TrimPrefix(ncmec, "entries/"), "/PDQ/feedback") + " affirmed"
		if said.Negative != nil {
			word = strings.TrimSuffix(word, "affirmed") + strings.Join(said.Negative.GUIDs, ",")
		}
	case isNCMEC && ncmec == "entries":
		_, _ = fmt.Fprint(w, `<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images count="0"></images><videos count="0"></videos></queryResult>`)
		return
	case r.URL.Path == "/v1/SubmitFeedback" && r.Method == http.MethodPost && r.Header.Get("X-Functions-Key") == "submit":
		var said struct {
			Feedbacks []struct {
				Value string `json:"feedbackValue"`
				Hash  string `json:"hashValue"`
			} `json:"hashFeedbacks"`
		}
		if err := json.Unmarshal(body, &said); err != nil || len(said.Feedbacks) != 1 {
			s.t.Errorf("feedback cannot be read: %v %s", err, body)
			return
		}
		word = said.Feedbacks[0].Hash[:4] + " " + said.Feedbacks[0].Value
	case r.URL.Path == "/v1/FetchHashes":
		_, _ = fmt.Fprint(w, `{"count":0,"nextPageToken":null,"nextSetTimestamp":1,"hasMoreRecords":false,"hashRecords":[]}`)
		return
	default:
		s.t.Errorf("%s %s", r.Method, r.URL)
		w.WriteHeader(http.StatusNotFound)
		return
	}
	s.asked[owner]++
	defer func() { s.events <- owner }()
	if status := s.fails[owner]; status != 0 {
		w.WriteHeader(status)
		return
	}
	s.told[owner] = append(s.told[owner], word)
	_, _ = fmt.Fprint(w, "{}")
}

func (s *ownersStandIn) fail(owner string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails[owner] = status
}

// heard is what an owner was told, sorted.
func (s *ownersStandIn) heard(owner string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.told[owner]))
}

// sent is how often an owner was sent feedback.
func (s *ownersStandIn) sent(owner string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[owner]
}

// request waits for one with feedback.
func (s *ownersStandIn) request(owner string) {
	s.t.Helper()
	for {
		select {
		case got := <-s.events:
			if got == owner {
				return
			}
		case <-time.After(30 * time.Second):
			s.t.Fatalf("%s was not asked", owner)
		}
	}
}

// exchanges are those of the stand-in.
func (s *ownersStandIn) exchanges(t *testing.T) exchange.SourceConfigs {
	t.Helper()
	secret := func(value string) exchange.Credential {
		file := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
		return exchange.Credential{File: file}
	}
	return exchange.SourceConfigs{
		{Source: "ncmec", Exchange: "ncmec", URL: s.URL + "/hashsharing", Every: time.Hour, StaleAfter: 24 * time.Hour,
			Credentials: exchange.Credentials{"user": secret("member"), "password": secret("open-sesame")}},
		{Source: "stopncii", Exchange: "stopncii", URL: s.URL + "/v1", Every: time.Hour, StaleAfter: 24 * time.Hour,
			Credentials: exchange.Credentials{"subscription_key": secret("sub"), "fetch_key": secret("fetch"), "submit_key": secret("submit")}},
	}
}

func pdqOf(first byte) hashdb.Hash {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	h.Bits[0], h.Bits[1] = first, 0xaa
	return h
}

// listed puts entries into the lists of a deployment: one hash of two members at NCMEC, one
// at StopNCII, and what was taken from two cases.
func listed(t *testing.T, db *hashdb.DB, own, caseID string) {
	t.Helper()
	for source, entries := range map[string][]hashdb.Entry{
		"ncmec":    {{Hash: pdqOf(1), Ref: "7/a1"}, {Hash: pdqOf(1), Ref: "8/b2"}, {Hash: pdqOf(9), Ref: "7/c3"}},
		"stopncii": {{Hash: pdqOf(2), Ref: "s-2"}, {Hash: pdqOf(3), Ref: "s-3"}},
		own:        {{Hash: pdqOf(4), Ref: "case/" + caseID + "#0/2"}, {Hash: pdqOf(5), Ref: "case/" + caseID + "#1/2"}, {Hash: pdqOf(6), Ref: "case/" + caseID + "0#0/1"}},
	} {
		if _, err := db.Apply(t.Context(), hashdb.Batch{Source: source, Entries: entries}); err != nil {
			t.Fatal(err)
		}
	}
}

// An ownersRun is listOwners on a deployment's lists, until it is stopped.
type ownersRun struct {
	*listOwners
	db     *hashdb.DB
	pauses chan time.Duration
	again  chan bool // lets a pause end
	stop   func()
}

func startOwners(t *testing.T, c Config) ownersRun {
	t.Helper()
	db, err := c.openLists(func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	o := ownersRun{db: db, pauses: make(chan time.Duration, 100), again: make(chan bool)}
	o.listOwners = newListOwners(ctx, g, c, db, db, prometheus.NewRegistry(), zap.NewNop())
	o.pause = func(ctx context.Context, d time.Duration) {
		o.pauses <- d
		select {
		case <-ctx.Done():
		case <-o.again:
		}
	}
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(g.Wait(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(o.stop)
	return o
}

func (o ownersRun) takes(t *testing.T, all ...review.Feedback) {
	t.Helper()
	for _, f := range all {
		if err := o.take(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
}

func (o ownersRun) kept(t *testing.T, id string) {
	t.Helper()
	eventually(t, 10*time.Second, "the note that "+id+" was told", func() (bool, string) { return len(o.db.Checkpoint("feedback/"+id)) > 0, "no checkpoint" })
}

// TestOwnersAreToldThroughFailuresAndARestart: an owner that fails is asked again, later and
// later, and holds up no other; what it was not told it is told after a restart, and what it
// was told nobody is told again.
func TestOwnersAreToldThroughFailuresAndARestart(t *testing.T) {
	s := newOwnersStandIn(t)
	c := DefaultConfig(t.TempDir())
	c.Exchanges = s.exchanges(t)
	const caseID = "0123456789abcdef0123456789abcdef"
	all := []review.Feedback{
		{ID: "f1", List: "ncmec", HashKind: "pdq", Entry: pdqOf(1).Entry()},
		{ID: "f2", List: "stopncii", HashKind: "pdq", Entry: pdqOf(2).Entry()},
		{ID: "f3", Case: caseID},
		{ID: "f4", List: "unknown", HashKind: "pdq", Entry: pdqOf(7).Entry()}, // of no exchange
	}
	o := startOwners(t, c)
	listed(t, o.db, c.OwnList, caseID)
	s.fail("ncmec", http.StatusForbidden) // as while an account is suspended
	o.takes(t, all...)
	for i, least := range []time.Duration{ownerFirst * 3 / 4, 2 * ownerFirst * 3 / 4, 4 * ownerFirst * 3 / 4} {
		s.request("ncmec")
		if d := <-o.pauses; d < least || d > 2*least {
			t.Errorf("pause %d is %s, want about %s", i+1, d, least)
		}
		if i < 2 {
			o.again <- true
		}
	}
	// Another owner is told meanwhile, also of what comes now.
	o.takes(t, review.Feedback{ID: "f5", List: "stopncii", HashKind: "pdq", Entry: pdqOf(3).Entry()})
	for _, id := range []string{"f2", "f3", "f4", "f5"} {
		o.kept(t, id)
	}
	if got, want := s.heard("stopncii"), []string{"02aa NotBlocked", "03aa NotBlocked"}; !slices.Equal(got, want) {
		t.Errorf("StopNCII heard %q, want %q", got, want)
	}
	if got := s.heard("ncmec"); len(got) != 0 || len(o.db.Checkpoint("feedback/f1")) != 0 {
		t.Errorf("NCMEC heard %q", got)
	}
	refs, err := o.ownRefs(t.Context(), caseID)
	if err != nil || len(refs) != 0 {
		t.Errorf("of the case %q are still on our own list, %v", refs, err)
	}
	if refs, err := o.ownRefs(t.Context(), caseID+"0"); err != nil || len(refs) != 1 {
		t.Errorf("of another case %q, %v", refs, err)
	}
	o.stop()

	all = append(all, review.Feedback{ID: "f5", List: "stopncii", HashKind: "pdq", Entry: pdqOf(3).Entry()})
	s.fail("ncmec", 0)
	o = startOwners(t, c)
	o.takes(t, all...)
	o.kept(t, "f1")
	o.stop()
	o = startOwners(t, c)
	o.takes(t, all...)
	if len(o.queues) != 0 {
		t.Errorf("%d owners are to be told again", len(o.queues))
	}
	if got, want := s.heard("ncmec"), []string{"7/a1 " + innocentGUID, "8/b2 " + innocentGUID}; !slices.Equal(got, want) {
		t.Errorf("NCMEC heard %q, want %q", got, want)
	}
	if got := s.sent("stopncii"); got != 2 {
		t.Errorf("StopNCII was sent feedback %d times", got)
	}
}

// TestWhatAnOwnerRefusesIsNotSentAgain: what is of no use to send again ends, and what comes
// behind it in the queue is sent.
func TestWhatAnOwnerRefusesIsNotSentAgain(t *testing.T) {
	s := newOwnersStandIn(t)
	c := DefaultConfig(t.TempDir())
	c.Exchanges = s.exchanges(t)
	o := startOwners(t, c)
	listed(t, o.db, c.OwnList, "x")
	s.fail("ncmec", http.StatusNotFound)
	o.takes(t, review.Feedback{ID: "gone", List: "ncmec", HashKind: "pdq", Entry: pdqOf(1).Entry()})
	o.kept(t, "gone")
	s.fail("ncmec", 0)
	o.takes(t,
		review.Feedback{ID: "taken-off", List: "ncmec", HashKind: "pdq", Entry: pdqOf(77).Entry()},
		review.Feedback{ID: "no-kind", List: "ncmec", HashKind: "nonsense", Entry: "e"},
		review.Feedback{ID: "well", List: "ncmec", HashKind: "pdq", Entry: pdqOf(9).Entry(), Right: true}) // as a centre's outcome says
	for _, id := range []string{"taken-off", "no-kind", "well"} {
		o.kept(t, id)
	}
	if got, want := s.heard("ncmec"), []string{"7/c3 affirmed"}; !slices.Equal(got, want) || s.sent("ncmec") != 2 || len(o.pauses) != 0 {
		t.Errorf("NCMEC heard %q of %d, %d pauses", got, s.sent("ncmec"), len(o.pauses))
	}
}

// TestAWordThatAnOwnerChokesOnHoldsUpNoOther: it goes behind the others. A newer word on the
// same takes the place of one that waits.
func TestAWordThatAnOwnerChokesOnHoldsUpNoOther(t *testing.T) {
	c := DefaultConfig(t.TempDir())
	o := startOwners(t, c)
	listed(t, o.db, c.OwnList, "x")
	var heard []exchange.Feedback
	chokes := errors.New("chokes")
	o.open = func(string) (exchange.Feedbacker, error) {
		return feedbackFunc(func(f exchange.Feedback) error {
			heard = append(heard, f)
			if f.Ref == "7/c3" && f.Verdict == exchange.Disputed {
				return chokes
			}
			return nil
		}), nil
	}
	of := func(h hashdb.Hash, name, value string, v exchange.Verdict) word {
		return word{list: "ncmec", hashKind: "pdq", entry: h.Entry(), verdict: v, told: hashdb.Checkpoint{Name: "feedback/" + name, Value: []byte(value)}}
	}
	o.tell(of(pdqOf(9), "held", "quarantined", exchange.Disputed))
	<-o.pauses
	o.tell(of(pdqOf(1), "other", "told", exchange.Disputed))
	o.again <- true // what came first is tried first, and goes behind
	<-o.pauses
	o.again <- true
	o.kept(t, "other") // though what came first cannot be said
	<-o.pauses
	o.tell(of(pdqOf(9), "held", "released", exchange.Affirmed))
	o.again <- true
	o.kept(t, "held")
	if got := o.db.Checkpoint("feedback/held"); string(got) != "released" {
		t.Errorf("kept %q", got)
	}
	if last := heard[len(heard)-1]; last.Verdict != exchange.Affirmed || last.Ref != "7/c3" {
		t.Errorf("said last %+v", last)
	}
}

type feedbackFunc func(exchange.Feedback) error

func (f feedbackFunc) Feedback(_ context.Context, v exchange.Feedback) error { return f(v) }

// TestAReversalReachesTheOwnersOfLists runs the real program: an appeal is right, the owners
// of the lists that matched fail at first, the process is killed, and the next one tells them
// once.
func TestAReversalReachesTheOwnersOfLists(t *testing.T) {
	bin := ownProgram(t)
	broker, err := stream.StartEmbedded(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = broker.Close() }()
	s := newOwnersStandIn(t)
	c, _ := deployed(t, false)
	c.OwnList = "own"
	made := canaryCase(t)
	made.Signals[1].Match.List, made.Signals[1].Match.Entry = "ncmec", pdqOf(1).Entry()
	second := *made.Signals[1].Match
	second.List, second.Entry = "stopncii", pdqOf(2).Entry()
	twin := made.Signals[1]
	twin.ID, twin.Match = "c0ffee00c0ffee00c0ffee00c0ffee00", &second
	made.Signals = append(made.Signals, twin)
	config := writeConfig(t, c, broker.Addr())
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	section := "exchanges:\n"
	for _, e := range s.exchanges(t) {
		section += fmt.Sprintf("- source: %s\n  exchange: %s\n  url: %s\n  every: 1h\n  stale_after: 24h\n  credentials:\n", e.Source, e.Exchange, e.URL)
		for name, at := range e.Credentials {
			section += fmt.Sprintf("    %s: {file: %s}\n", name, at.File)
		}
	}
	with := strings.Replace(string(text), "exchanges: []\n", section, 1)
	if with == string(text) {
		t.Fatalf("the configuration has no exchanges to fill in:\n%s", text)
	}
	if err := os.WriteFile(config, []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	vigil(t, bin, "topics", "create", "--config", config)
	db, err := c.openLists(func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	listed(t, db, c.OwnList, made.ID)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	raw, err := json.Marshal(made)
	if err == nil {
		_, err = store.Receive(t.Context(), raw)
	}
	if err == nil {
		_, err = store.Decide(t.Context(), review.Request{CaseID: made.ID, Digest: digestOf(raw), Verdict: review.Confirm, Reason: "known-material", Action: action.Suspend, By: review.Reviewer("anna")})
	}
	if err != nil {
		t.Fatal(err)
	}
	s.fail("ncmec", http.StatusServiceUnavailable)
	s.fail("stopncii", http.StatusServiceUnavailable)
	log := filepath.Join(t.TempDir(), "run.log")
	start := func() *worker {
		return startWorker(t, bin, log, "run", "--config", config, "--rooms", "lists,report,review")
	}
	w := start()
	var asked action.Record
	eventually(t, time.Minute, "an action", func() (bool, string) {
		found := false
		client := connect(t, broker.Addr(), c.Prefix)
		err := client.ReadAll(t.Context(), topicActions, func(m stream.Message) error {
			r, err := action.Decode(m.Data)
			if err == nil && r.Platform == "demo" {
				asked, found = r, true
			}
			return err
		})
		return found, fmt.Sprint(err, tail(log))
	})
	a, _, err := store.Object(t.Context(), "demo", asked.ID, "It was a drawing lesson.")
	if err == nil {
		_, err = store.AnswerAppeal(t.Context(), review.AnswerRequest{AppealID: a.ID, Digest: digestOf(raw), Outcome: review.Reversed, Reason: "false-match", By: review.Reviewer("carl")})
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "two owners that could not be told", func() (bool, string) {
		said := tail(log)
		return strings.Count(said, "could not be told and is asked again") >= 2, said
	})
	if len(s.heard("ncmec"))+len(s.heard("stopncii")) > 0 || !w.kill() {
		t.Error("an owner was told that fails, or there was nothing to kill")
	}
	s.fail("ncmec", 0)
	s.fail("stopncii", 0)
	want := map[string][]string{"ncmec": {"7/a1 " + innocentGUID, "8/b2 " + innocentGUID}, "stopncii": {"02aa NotBlocked"}}
	for range 2 { // the second finds nothing to do
		w = start()
		for owner, words := range want {
			eventually(t, time.Minute, owner+" is told", func() (bool, string) {
				return slices.Equal(s.heard(owner), words), fmt.Sprint(s.heard(owner), tail(log))
			})
		}
		eventually(t, time.Minute, "the case's entries are off our own list", func() (bool, string) {
			db, err := c.openLists(func(error) {})
			if err != nil {
				return false, err.Error()
			}
			defer func() { _ = db.Close() }()
			refs, err := (&listOwners{db: db, own: c.OwnList}).ownRefs(t.Context(), made.ID)
			return err == nil && len(refs) == 0, fmt.Sprint(refs, err)
		})
		w.stop()
	}
}

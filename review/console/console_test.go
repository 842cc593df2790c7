package console

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/storetest"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// caseOf is a case of a subject of its own with a bit of everything; how tells how much.
func caseOf(i, how int, at time.Time) review.Case {
	subject := signal.Subject("sub_" + signal.ID("made-up", fmt.Sprint(i)))
	c := review.Case{
		ID: signal.ID("case", string(subject)), Revision: 1, Subject: subject, State: review.StateOpen, Bar: 0.5, Weights: "w2",
		First: at.Add(-30 * time.Hour), Last: at, Signals: []signal.Signal{}, Explanation: "family",
		Against: []review.Against{{Explanation: "family", Score: 1}, {Explanation: "tutor", Score: 4.5}},
		Parts:   []review.Part{{Name: "prior", Weight: -6.2, Says: "Of ten thousand accounts with such signals, about twenty are abused."}},
	}
	payer := signal.Subject("sub_" + signal.ID("payer", fmt.Sprint(i%7)))
	stream := fmt.Sprintf("live-%d", i)
	add := func(weight float64, name, says string, s signal.Signal) {
		s.ID, s.Revision, s.Subject, s.Says = signal.ID(name, string(subject)), 1, subject, says
		if s.End.IsZero() {
			s.End = s.Start
		}
		c.Signals = append(c.Signals, s)
		c.Parts = append(c.Parts, review.Part{Name: name, Weight: weight, Says: says, Signals: []string{s.ID}})
	}
	add(0.4, "session", "A private stream from PH goes on.", signal.Signal{Kind: signal.KindSession, Start: at.Add(-50 * time.Minute), End: at,
		Session: &signal.Session{Stream: stream, Platform: "demo", Private: true, Ended: how%3 == 2, Country: "PH", Audience: 2, Guests: []signal.Subject{payer}}})
	add(1.9, "user-flag", "A user flagged the stream: minor.", signal.Signal{Kind: signal.KindFlag, Start: at.Add(-20 * time.Minute),
		Flag: &signal.Flag{Stream: stream, Platform: "demo", Reason: "minor", Source: "user"}})
	if how%2 == 0 {
		add(5.1, "list-match", "Frames of the stream match an entry of the list reference, 41 of 120 seen, at 9 bits of 31.", signal.Signal{Kind: signal.KindMatch, Start: at.Add(-35 * time.Minute), End: at.Add(-12 * time.Minute),
			Match: &signal.Match{Stream: stream, Platform: "demo", HashKind: "pdq", List: []string{"reference", "partners"}[i%2], Category: "A1", ListVersion: "7", Entry: "e5b1c0a4d2", Distance: 9, Radius: 31, FramesMatched: 41, FramesSeen: 120, Pictures: 33, View: "flipx"}})
	}
	var times []time.Time
	for d := range 5 {
		times = append(times, at.Add(time.Duration(-29+6*d)*time.Hour))
	}
	add(2.6, "fan-in", "Six people abroad who share no name with the account paid it small sums within two days.", signal.Signal{Kind: signal.KindPayment, Start: times[0], End: times[4],
		Payment: &signal.Payment{Typology: "P05", Rules: "r2", Role: signal.Recipient, Transfers: 6, Counterparties: 6, Unrelated: 6, Times: times, Strength: 0.8,
			Pairs: []signal.Pair{{Other: payer, Transfers: 3, First: times[0], Times: times}}}})
	c.Parts = append(c.Parts, review.Part{Name: "habits", Weight: float64(i*37%19)/10 - 0.9, Says: "Payers of this account are weighed against their own habits."})
	c.Parts = append(c.Parts, review.Part{Name: "night", Weight: -0.7, Says: "It is day where the streamer probably is."})
	if how%3 == 0 {
		c.Pairs = []review.Pair{{Payer: payer, Transfers: 3, Visits: 2, Score: 1.8, Probability: 0.61, Parts: []review.Part{{Name: "paid-during", Weight: 2.4, Says: "Three payments fall into streams."}, {Name: "habit", Weight: -0.6, Says: "This payer pays at all hours."}}}}
	}
	for _, p := range c.Parts {
		c.Score += p.Weight
	}
	c.Probability = 1 / (1 + math.Exp(-c.Score))
	return c
}

// hands is a clock that a test sets.
type hands struct{ at time.Time }

func (h *hands) now() time.Time { return h.at }

func newStore(t testing.TB, now func() time.Time, policy review.Policy) *review.Store {
	t.Helper()
	s, err := review.Open(context.Background(), storetest.Place(t), now, policy)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func receive(t testing.TB, s *review.Store, c review.Case) {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Receive(context.Background(), data); err != nil {
		t.Fatal(err)
	}
}

func serve(t testing.TB, s *review.Store, now func() time.Time) *httptest.Server {
	t.Helper()
	h, err := New(Options{Store: s, Now: now, Code: testCode, Fault: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

const testCode = "0123456789abcdef"

// A browser is one person's.
type browser struct {
	t    testing.TB
	base string
	http *http.Client
}

func signIn(t testing.TB, server *httptest.Server, name string, roles ...string) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := browser{t, server.URL, &http.Client{Jar: jar}}
	if code, _ := b.post("/signin", url.Values{"name": {name}, "role": roles, "code": {testCode}}); code != http.StatusOK {
		t.Fatalf("sign in: %d", code)
	}
	return b
}

func (b browser) get(path string) (int, string) {
	b.t.Helper()
	res, err := b.http.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(res)
}

func (b browser) post(path string, form url.Values) (int, string) {
	b.t.Helper()
	res, err := b.http.PostForm(b.base+path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(res)
}

func (b browser) read(res *http.Response) (int, string) {
	b.t.Helper()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func (b browser) digest(id string) string {
	b.t.Helper()
	_, page := b.get("/case/" + id)
	m := regexp.MustCompile(`name="digest" value="([0-9a-f]{64})"`).FindStringSubmatch(page)
	if m == nil {
		b.t.Fatalf("no form in\n%s", page)
	}
	return m[1]
}

func (b browser) decide(id, reason string) (int, string) {
	b.t.Helper()
	if code, page := b.post("/case/"+id+"/claim", nil); code != http.StatusOK {
		b.t.Fatalf("claim: %d %s", code, page)
	}
	return b.post("/case/"+id+"/decide", url.Values{"digest": {b.digest(id)}, "reason": {reason}, "note": {"canary-note"}})
}

func TestTwoPersonsDecideOnPages(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	receive(t, s, c)
	server := serve(t, s, clock.now)
	anna, ben, sue := signIn(t, server, "anna", "reviewer"), signIn(t, server, "ben", "reviewer"), signIn(t, server, "sue", "supervisor")

	_, queue := anna.get("/queue")
	for _, want := range []string{c.ID, "Live, listed", "Development mode"} {
		if !strings.Contains(queue, want) {
			t.Errorf("the queue does not show %q", want)
		}
	}
	_, page := anna.get("/case/" + c.ID)
	for _, p := range c.Parts {
		if !strings.Contains(page, p.Says) {
			t.Errorf("the case does not say %q", p.Says)
		}
	}
	for _, want := range []string{"9 of 31 bits", "41 of 120", "reference", "P05", `role="img"`, "No image is shown here"} {
		if !strings.Contains(page, want) {
			t.Errorf("the case does not show %q", want)
		}
	}
	if strings.Contains(page, `name="digest"`) {
		t.Error("a case in nobody's hands has a form")
	}

	if code, page := anna.decide(c.ID, "confirm/known-material"); code != http.StatusOK || !strings.Contains(page, "waits for another person") {
		t.Fatalf("anna: %d %s", code, page)
	}
	if code, page := ben.post("/case/"+c.ID+"/claim", nil); code != http.StatusOK || !strings.Contains(page, "You are the second person") {
		t.Fatalf("ben: %d", code)
	} else {
		for _, hidden := range []string{"anna", "canary-note", "by anna"} {
			if strings.Contains(page, hidden) {
				t.Errorf("the second person is shown %q", hidden)
			}
		}
		if strings.Contains(page, "What was said") {
			t.Error("the second person is shown what was said")
		}
	}
	for name, there := range map[string]bool{"ben": true, "carl": false} {
		if _, page := anna.get("/queue?place=open&by=" + name); strings.Contains(page, `id="case-`+c.ID) != there {
			t.Errorf("in the hands of %s: %v", name, !there)
		}
	}
	if code, page := anna.post("/case/"+c.ID+"/claim", nil); code != http.StatusConflict || !strings.Contains(page, "in hand") {
		t.Errorf("anna claims what ben has: %d", code)
	}
	code, page := ben.post("/case/"+c.ID+"/decide", url.Values{"digest": {ben.digest(c.ID)}, "reason": {"confirm/several-signs"}})
	if code != http.StatusOK || !strings.Contains(page, "Nothing leaves before") || !strings.Contains(page, "by anna and ben") {
		t.Fatalf("ben decides: %d %s", code, page)
	}
	clock.at = clock.at.Add(30 * time.Second)
	if code, _ := ben.post("/case/"+c.ID+"/undo", nil); code != http.StatusOK {
		t.Errorf("undo: %d", code)
	}
	if code, _ := ben.post("/case/"+c.ID+"/undo", nil); code != http.StatusConflict {
		t.Errorf("undo again: %d", code)
	}
	if code, _ := sue.decide(c.ID, "confirm/several-signs"); code != http.StatusOK {
		t.Errorf("sue: %d", code)
	}
	clock.at = clock.at.Add(2 * time.Minute)
	if code, _ := sue.post("/case/"+c.ID+"/undo", nil); code != http.StatusConflict {
		t.Errorf("undo after the minute: %d", code)
	}
	if code, page := sue.get("/supervise"); code != http.StatusOK || !strings.Contains(page, "anna") || !strings.Contains(page, "reference") {
		t.Errorf("supervise: %d", code)
	}
	if code, text := sue.get("/export?as=csv&from=2026-02-01&to=2026-04-01"); code != http.StatusOK || strings.Count(text, "\n") != 2 || strings.Contains(text, c.ID) || strings.Contains(text, "anna") {
		t.Errorf("export: %d %s", code, text)
	}
}

func TestPagesByRole(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	receive(t, s, c)
	server := serve(t, s, clock.now)
	paths := []string{"/queue", "/case/" + c.ID, "/search?q=" + c.ID[:6], "/supervise", "/export?as=json&from=2026-01-01&to=2026-02-01", "/me", "/help", "/filings"}
	want := map[string]string{
		"reviewer": "11100110", "supervisor": "11111111", "auditor": "11111111", "administrator": "00000110",
	}
	for role, row := range want {
		b := signIn(t, server, "x-"+role, role)
		for i, path := range paths {
			code, _ := b.get(path)
			if allowed := code == http.StatusOK; allowed != (row[i] == '1') || !allowed && code != http.StatusForbidden {
				t.Errorf("%s gets %d at %s", role, code, path)
			}
		}
		for _, path := range []string{"/case/" + c.ID + "/decide", "/case/" + c.ID + "/claim", "/next"} {
			code, _ := b.post(path, url.Values{"digest": {strings.Repeat("0", 64)}, "reason": {"dismiss/duplicate"}})
			if denied := code == http.StatusForbidden; denied != (role == "auditor" || role == "administrator") {
				t.Errorf("%s gets %d on %s", role, code, path)
			}
		}
	}
}

func TestNobodyGetsAnythingUnsigned(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	server := serve(t, s, clock.now)
	b := browser{t, server.URL, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	for _, path := range []string{"/", "/queue", "/queue/rows", "/case/x", "/search?q=abcd", "/supervise", "/export", "/me", "/help", "/filings", "/filing/x"} {
		if code, _ := b.get(path); code != http.StatusSeeOther {
			t.Errorf("%s: %d", path, code)
		}
	}
	for _, code := range []string{"", "wrong", testCode[1:]} {
		if got, _ := b.post("/signin", url.Values{"name": {"eve"}, "role": {"supervisor"}, "code": {code}}); got != http.StatusUnprocessableEntity {
			t.Errorf("signed in with the code %q: %d", code, got)
		}
	}
	// A session ends without requests, and what a page asks by itself is none, unless it says
	// that its person did something.
	for acted, ends := range map[string]bool{"": true, "1": false} {
		anna := signIn(t, server, "anna", "reviewer")
		for range 4 {
			clock.at = clock.at.Add(10 * time.Minute)
			req, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/queue/rows", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("HX-Request", "true")
			req.Header.Set("Vigil-Acted", acted)
			res, err := anna.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			anna.read(res)
		}
		if _, page := anna.get("/queue"); strings.Contains(page, "Say who you are") != ends {
			t.Errorf("acted %q: the session ended: %v", acted, !ends)
		}
	}
}

func TestOtherSitesAndNamesAreRefused(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	server := serve(t, s, clock.now)
	anna := signIn(t, server, "anna", "reviewer")
	send := func(change func(*http.Request)) int {
		req, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/me/pages", strings.NewReader("theme=dark"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		change(req)
		res, err := anna.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		code, _ := anna.read(res)
		return code
	}
	if code := send(func(*http.Request) {}); code != http.StatusOK {
		t.Errorf("own page: %d", code)
	}
	if code := send(func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); code != http.StatusForbidden {
		t.Errorf("another site: %d", code)
	}
	if code := send(func(r *http.Request) { r.Host = "evil.example" }); code != http.StatusMisdirectedRequest {
		t.Errorf("another name: %d", code)
	}
}

// TestNothingInline looks for what the policy would not let run, on every page.
func TestNothingInline(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	c.Parts[1].Says = `<script>alert(1)</script><img src=x onerror=alert(1)>`
	receive(t, s, c)
	underWay(t, s, clock.at, c.ID)
	server := serve(t, s, clock.now)
	b := signIn(t, server, "sue", "supervisor", "administrator")
	bad := regexp.MustCompile(`(?i)<style|<[^>]*\s(?:style|on[a-z]+)=|<script(?:>| [^>]*>[^<])|javascript:|<img|https?://`)
	for _, path := range []string{"/queue", "/case/" + c.ID, "/search?q=" + c.ID[:6], "/supervise", "/me", "/help", "/case/none", "/filings", "/filing/" + alertNo("failed")} {
		res, err := b.http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		header := res.Header
		_, page := b.read(res)
		if m := bad.FindString(strings.ReplaceAll(page, `http://www.w3.org/2000/svg`, "")); m != "" {
			t.Errorf("%s has %q", path, m)
		}
		if p := header.Get("Content-Security-Policy"); !strings.Contains(p, "script-src 'self'") || strings.Contains(p, "unsafe") {
			t.Errorf("%s: policy %q", path, p)
		}
		for _, h := range []string{"X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Permissions-Policy"} {
			if header.Get(h) == "" {
				t.Errorf("%s: no %s", path, h)
			}
		}
	}
}

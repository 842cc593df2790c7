package ncmec

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report/ncmec/standin"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

const subject signal.Subject = "sub_00000000000000000000000000000001"

var (
	caseID  = signal.ID("case", string(subject))
	alertID = signal.ID("alert", caseID, "1", "us")
	start   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now     = start.Add(2 * time.Hour)
	picture = []byte("a made-up picture, drawn by nobody")
)

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// decided is a decision of two persons on a made-up case.
func decided() review.Decision {
	match := signal.Signal{
		ID: signal.ID("match"), Revision: 4, Kind: signal.KindMatch, Subject: subject, Start: start.Add(3 * time.Minute), End: start.Add(9 * time.Minute),
		Match: &signal.Match{Stream: "stream-7", Platform: "demo", HashKind: "pdq", List: "demo-list", ListVersion: "v1", Entry: "e1", Distance: 8, Radius: 31, FramesMatched: 4, FramesSeen: 9},
		Evidence: []signal.Evidence{
			{What: "frame", Holder: "demo", Ref: "stream-7/frame-3", At: start.Add(3 * time.Minute), SHA256: digest(picture)},
			{What: "frame", Holder: "demo", Ref: "stream-7/frame-4", At: start.Add(4 * time.Minute), SHA256: digest([]byte("not at hand"))},
		},
	}
	session := signal.Signal{
		ID: signal.ID("session"), Revision: 2, Kind: signal.KindSession, Subject: subject, Start: start, End: start.Add(10 * time.Minute),
		Session:  &signal.Session{Stream: "stream-7", Platform: "demo", Private: true, Country: "PH"},
		Evidence: []signal.Evidence{{What: "session", Holder: "demo", Ref: "stream-7", At: start}},
	}
	payment := signal.Signal{
		ID: signal.ID("payment"), Revision: 1, Kind: signal.KindPayment, Subject: subject, Start: start.Add(-2 * time.Hour), End: start.Add(-time.Hour),
		Payment:  &signal.Payment{Typology: "P05", Rules: "r1", Role: signal.Recipient, Transfers: 5, Counterparties: 5, Strength: 1},
		Evidence: []signal.Evidence{{What: "transaction", Holder: "DEMOPHMM", Ref: "TX-0001", At: start.Add(-2 * time.Hour)}},
	}
	c := review.Case{
		ID: caseID, Revision: 12, Subject: subject, State: review.StateOpen, Bar: 0.5, Weights: "w1", First: payment.Start, Last: match.End,
		Score: 2.25, Probability: 0.905,
		Parts: []review.Part{
			{Name: "list-match", Weight: 1.5, Says: "4 of 9 frames match an entry of demo-list & more <than> one.", Signals: []string{match.ID}},
			{Name: "payment-P05", Weight: 0.75, Says: "5 senders paid it within one day.", Signals: []string{payment.ID}},
		},
		Signals: []signal.Signal{payment, session, match},
	}
	return review.Decision{
		ID: signal.ID("decision", caseID, "1"), CaseID: caseID, CaseDigest: digest([]byte("case")), Case: c, Verdict: review.Confirm,
		Reason: "several-signs", Note: "canary-note", Reviewer: "reviewer-1", Second: "reviewer-2", Persons: 2, Sequence: 1, At: start.Add(90 * time.Minute),
	}
}

const accountJSON = `{
	"subject": "sub_00000000000000000000000000000001", "platform": "demo", "id": "user-4711", "service": "Demo Live",
	"screen_name": "made.up", "display_names": ["Made Up", "Mädé Ûp"], "profile_urls": ["https://demo.example/u/4711"],
	"stream_urls": ["https://demo.example/live/7"],
	"emails": [{"value": "made.up@example.org", "verified": true}], "phones": [{"value": "+63 900 0000000"}],
	"ips": [{"address": "203.0.113.10", "event": "Login", "at": "2026-03-01T11:55:00Z", "port": 443, "possible_proxy": false},
		{"address": "2001:db8::1", "event": "Upload", "at": "2026-03-01T20:02:00+08:00"}],
	"devices": [{"type": "IMEI", "value": "000000000000000"}],
	"disabled": {"at": "2026-03-01T13:40:00Z"}, "prior_reports": [1000]}`

func account(t testing.TB) *Account {
	t.Helper()
	a, err := DecodeAccount([]byte(accountJSON))
	if err != nil {
		t.Fatal(err)
	}
	return &a
}

func input(t testing.TB) Input {
	t.Helper()
	return Input{
		Decision: decided(), Alert: alertID, Account: account(t), Now: now,
		Reporter: Reporter{Person: Person{First: "Demo", Last: "Desk", Emails: []Email{{Address: "desk@demo.example"}}}, Template: "Demo platform, made up.", LegalURL: "https://demo.example/legal"},
		Frames:   map[string][]byte{digest(picture): picture}, Attach: []byte(`{"alert":true}`),
	}
}

func draft(t testing.TB) Draft {
	t.Helper()
	d, err := Build(input(t))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// a clock that is set by hand.
type clockAt struct {
	mu sync.Mutex
	at time.Time
}

func (c *clockAt) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clockAt) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// memory is a journal that forgets nothing, but can fail.
type memory struct {
	states map[string]State
	fail   func(State) error
}

func (m *memory) Load(_ context.Context, alert string) (State, error) { return m.states[alert], nil }

func (m *memory) Save(_ context.Context, s State) error {
	if m.fail != nil {
		if err := m.fail(s); err != nil {
			return err
		}
	}
	s.Steps = append([]Step(nil), s.Steps...)
	m.states[s.Alert] = s
	return nil
}

// desk is a filer before a stand-in.
type desk struct {
	*Filer
	server *standin.Server
	clock  *clockAt
	memory *memory
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	clock := &clockAt{at: now}
	server, err := standin.New("demo", "secret", clock.now)
	if err != nil {
		t.Fatal(err)
	}
	client, err := NewClient(Settings{URL: "http://127.0.0.1:1/ispws", User: "demo", Password: "secret", HTTP: &http.Client{Transport: server}})
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{states: map[string]State{}}
	return &desk{Filer: &Filer{Client: client, Journal: m, Now: clock.now}, server: server, clock: clock, memory: m}
}

// finished are the reports that the centre has.
func (d *desk) finished() (out []standin.Report) {
	for _, r := range d.server.Reports() {
		if r.Finished {
			out = append(out, r)
		}
	}
	return out
}

package review

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/storetest"
	"github.com/vigil-stream/vigil/signal"
)

const subject signal.Subject = "sub_00000000000000000000000000000001"

var (
	caseID = signal.ID("case", string(subject))
	start  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// flagOf is a flag signal with one record behind it.
func flagOf(name string, minute int) signal.Signal {
	at := start.Add(time.Duration(minute) * time.Minute)
	return signal.Signal{
		ID: signal.ID("flag", name), Revision: 1, Kind: signal.KindFlag, Subject: subject,
		Start: at, End: at, Says: "a user flagged the stream",
		Flag:     &signal.Flag{Stream: "s1", Platform: "demo", Reason: "minor"},
		Evidence: []signal.Evidence{{What: "flag", Holder: "demo", Ref: name, At: at}},
	}
}

// caseOf is a case of a revision with the signals of some names, each of weight
// 3, under a prior of -4.
func caseOf(revision uint64, names ...string) Case {
	c := Case{
		ID: caseID, Revision: revision, Subject: subject, State: StateOpen, Bar: 0.5, Weights: "w1",
		First: start, Last: start.Add(time.Hour), Signals: []signal.Signal{},
		Parts: []Part{{Name: "prior", Weight: -4, Says: "few accounts are abused"}},
	}
	for i, name := range names {
		s := flagOf(name, i)
		c.Signals = append(c.Signals, s)
		c.Parts = append(c.Parts, Part{Name: "flag-" + name, Weight: 3, Says: "a user flagged it", Signals: []string{s.ID}})
	}
	return c.summed()
}

// caseNo is a case of its own, of a subject of its own.
func caseNo(i int) Case {
	c := caseOf(1, "a", "b")
	c.Subject = signal.Subject(fmt.Sprintf("sub_%032x", i+1))
	c.ID = signal.ID("case", string(c.Subject))
	for j := range c.Signals {
		c.Signals[j].Subject = c.Subject
	}
	return c
}

// summed sets the score from the parts.
func (c Case) summed() Case {
	c.Score = 0
	for _, p := range c.Parts {
		c.Score += p.Weight
	}
	c.Probability = 1 / (1 + math.Exp(-c.Score))
	return c
}

// withdrawn takes a case back.
func (c Case) withdrawn() Case {
	c.State = StateWithdrawn
	return c
}

func raw(t testing.TB, c Case) []byte {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ticker is a clock that goes on a second a call.
func ticker() func() time.Time {
	now := start.Add(24 * time.Hour)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, ticker(), OnePerson())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newStore(t testing.TB) *Store {
	t.Helper()
	return openAt(t, storetest.Place(t))
}

// receive gives the store a case, which must change it.
func receive(t testing.TB, s *Store, c Case) {
	t.Helper()
	changed, err := s.Receive(context.Background(), raw(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if !changed {
		t.Fatalf("revision %d changed nothing", c.Revision)
	}
}

// asked is a request to decide c as it was given to receive.
func asked(t testing.TB, c Case, v Verdict) Request {
	t.Helper()
	return Request{CaseID: c.ID, Digest: digest(raw(t, c)), Verdict: v, By: Reviewer("reviewer-1"), Reason: Reasons(v)[0]}
}

func decide(t testing.TB, s *Store, r Request) Decision {
	t.Helper()
	out, err := s.Decide(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Final {
		t.Fatal("the word decided nothing")
	}
	return out.Decision
}

// stateOf returns where the one case of a store stands.
func stateOf(t testing.TB, s *Store) State {
	t.Helper()
	list, err := s.List(context.Background(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		t.Fatalf("%d cases, want 1", len(list))
	}
	return list[0].State
}

func pending(t testing.TB, s *Store) []OutboxRow {
	t.Helper()
	rows, err := s.Outbox(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// kinds lists what waits in the outbox: the kinds of the audit entries, and
// "ALERT".
func kinds(t testing.TB, s *Store) []string {
	t.Helper()
	var ks []string
	for _, row := range pending(t, s) {
		if row.Kind == KindAlert {
			ks = append(ks, "ALERT")
		} else {
			ks = append(ks, row.Entry.Kind)
		}
	}
	return ks
}

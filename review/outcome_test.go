package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// toldStore has one case, confirmed, whose alert went to the centres ph and us; it names a
// match with the entry e of the list l.
func toldStore(t testing.TB) (*Store, Decision) {
	t.Helper()
	s := newStore(t)
	c := caseOf(1, "a", "b")
	m := c.Signals[0]
	m.ID, m.Kind, m.Flag = signal.ID("match", "m"), signal.KindMatch, nil
	m.Match = &signal.Match{Stream: "s1", Platform: "demo", HashKind: "pdq", List: "l", ListVersion: "v", Entry: "e", Distance: 4, Radius: 31, FramesMatched: 8, FramesSeen: 9}
	c.Signals = append(c.Signals, m)
	receive(t, s, c)
	d := decide(t, s, asked(t, c, Confirm))
	for _, row := range pending(t, s) {
		if row.Kind == KindAudit {
			if err := s.Done(t.Context(), row.Seq, fmt.Sprint(row.Seq)); err != nil {
				t.Fatal(err)
			}
		} else if err := s.Done(t.Context(), row.Seq, AlertID(c.ID, d.Sequence, "ph"), AlertID(c.ID, d.Sequence, "us")); err != nil {
			t.Fatal(err)
		}
	}
	return s, d
}

func wordOf(centre string, sequence int, result string, entries ...OutcomeEntry) AlertOutcome {
	alert := AlertID(caseID, 1, centre)
	return AlertOutcome{
		ID: signal.ID("outcome", alert, centre, fmt.Sprint(sequence)), Alert: alert, CaseID: caseID, Centre: centre,
		Sequence: sequence, Result: result, At: start, Entries: entries,
	}
}

func outcomesIn(t testing.TB, s *Store) string {
	t.Helper()
	list, err := outcomesOf(t.Context(), s.read, caseID)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, o := range list {
		fmt.Fprintln(&b, o.Centre, o.Sequence, o.Result, o.Missing, o.Entries)
	}
	return b.String()
}

func TestAnOutcomeIsOfAnAlertThatWentToItsCentre(t *testing.T) {
	s, _ := toldStore(t)
	reject := func(name, reason string, o AlertOutcome) {
		t.Helper()
		var r *signal.Rejection
		if err := s.TakeOutcome(t.Context(), o); !errors.As(err, &r) || r.Reason() != reason {
			t.Errorf("%s: %v, want %s", name, err, reason)
		}
	}
	reject("a centre that was not told", "unknown-alert", wordOf("de", 1, ResultWrong))
	stolen := wordOf("us", 1, ResultWrong)
	stolen.Alert = AlertID(caseID, 1, "ph")
	reject("another centre's alert", "unknown-alert", stolen)
	other := wordOf("ph", 1, ResultWrong)
	other.CaseID = signal.ID("case", "nobody")
	reject("no case", "unknown-alert", other)
	reject("an entry that did not match", "outcome-entry", wordOf("ph", 1, ResultWrong, OutcomeEntry{"l", "pdq", "another", true}))
	if got := outcomesIn(t, s); got != "" {
		t.Errorf("kept are\n%s", got)
	}
	if err := s.TakeOutcome(t.Context(), wordOf("ph", 1, ResultKnown)); err != nil {
		t.Fatal(err)
	}
	reject("the same sequence in other words", "outcome-conflict", wordOf("ph", 1, ResultWrong))
}

// TestAnAlertThatIsLeavingIsWaitedFor: between the queue and the note in the store the centre
// may answer already.
func TestAnAlertThatIsLeavingIsWaitedFor(t *testing.T) {
	s := newStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decide(t, s, asked(t, c, Confirm))
	var r *signal.Rejection
	if err := s.TakeOutcome(t.Context(), wordOf("ph", 1, ResultKnown)); !errors.Is(err, ErrFirst) || errors.As(err, &r) {
		t.Errorf("got %v", err)
	}
}

// TestOutcomesInAnyOrder gives words of two centres in random orders, with repeats, to stores
// of their own: they say the same, the highest sequence holds, and each is in the audit log's
// queue once, by ids and hashes.
func TestOutcomesInAnyOrder(t *testing.T) {
	blame, praise := OutcomeEntry{"l", "pdq", "e", true}, OutcomeEntry{"l", "pdq", "e", false}
	missing := wordOf("us", 2, ResultInsufficient)
	missing.Missing = []string{"times", "shown"}
	words := []AlertOutcome{
		wordOf("ph", 1, ResultAcknowledged), wordOf("ph", 2, ResultWrong, blame), wordOf("ph", 3, ResultActionable, praise),
		wordOf("us", 1, ResultAcknowledged), missing,
	}
	chance := rand.New(rand.NewPCG(1, 2))
	want := ""
	for round := range 12 {
		s, _ := toldStore(t)
		all := append(append([]AlertOutcome{}, words...), words...)
		chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, o := range all {
			if err := s.TakeOutcome(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		got := outcomesIn(t, s)
		if want == "" {
			want = got
		}
		if got != want || strings.Count(got, "\n") != len(words) {
			t.Fatalf("round %d:\n%s\nwant\n%s", round, got, want)
		}
		logged := 0
		for _, row := range pending(t, s) {
			if row.Entry != nil && row.Entry.Kind == audit.KindOutcome {
				logged++
				if text := strings.Join(row.Entry.Refs, " "); strings.Contains(text, "wrong") {
					t.Errorf("the log is told %q", text)
				}
			}
		}
		if logged != len(words) {
			t.Errorf("%d entries for the log", logged)
		}
		last := lastFeedback(t, s)
		if !last.Right || last.Entry != "e" {
			t.Errorf("round %d: the owner is told last %+v", round, last)
		}
	}
}

func lastFeedback(t testing.TB, s *Store) (f Feedback) {
	t.Helper()
	orders, err := s.Orders(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		if o.Kind != OrderFeedback {
			continue
		}
		f = feedbackOf(t, o)
	}
	return f
}

// TestAnErasedCaseKeepsOnlyTheResult: what was matched with what goes with the case, and what
// comes after it is not kept.
func TestAnErasedCaseKeepsOnlyTheResult(t *testing.T) {
	s, _ := toldStore(t)
	blame := OutcomeEntry{"l", "pdq", "e", true}
	if err := s.TakeOutcome(t.Context(), wordOf("ph", 1, ResultWrong, blame)); err != nil {
		t.Fatal(err)
	}
	eraseNow(t, s)
	if err := s.TakeOutcome(t.Context(), wordOf("ph", 2, ResultKnown, blame)); err != nil {
		t.Fatal(err)
	}
	if got := outcomesIn(t, s); got != "ph 1 wrong [] []\nph 2 known [] []\n" {
		t.Errorf("kept is\n%s", got)
	}
	if f := lastFeedback(t, s); f.ID != "" {
		t.Errorf("the owner is told %+v", f)
	}
}

func eraseNow(t testing.TB, s *Store) {
	t.Helper()
	tx, err := s.db.BeginTx(context.Background(), nil)
	if err == nil {
		if err = s.eraseTexts(context.Background(), tx, caseID); err == nil {
			err = tx.Commit()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func feedbackOf(t testing.TB, o Order) (f Feedback) {
	t.Helper()
	if err := json.Unmarshal(o.Record, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

package review

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// matchOf is a match signal of a stream on the demo platform.
func matchOf(list string, distance, minute int) signal.Signal {
	at := start.Add(time.Duration(minute) * time.Minute)
	return signal.Signal{
		ID: signal.ID("match", list, "s1"), Revision: 1, Kind: signal.KindMatch, Subject: subject, Start: at, End: at, Says: "frames match",
		Match: &signal.Match{Stream: "s1", Platform: "demo", HashKind: "pdq", List: list, ListVersion: "1", Entry: "0123456789abcdef", Distance: distance, Radius: 31, FramesMatched: 5, FramesSeen: 9},
	}
}

// withSignal adds a signal of weight 3 to a case.
func (c Case) withSignal(s signal.Signal) Case {
	c.Signals = append(slices.Clone(c.Signals), s)
	c.Parts = append(slices.Clone(c.Parts), Part{Name: string(s.Kind), Weight: 3, Says: s.Says, Signals: []string{s.ID}})
	return c.summed()
}

// leaves returns the actions that may leave, and does them.
func leaves(t testing.TB, s *Store) (list []action.Record) {
	t.Helper()
	orders, err := s.Orders(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		if err := s.OrderDone(context.Background(), o.ID); err != nil {
			t.Fatal(err)
		}
		if o.Kind != OrderAction {
			continue
		}
		r, err := action.Decode(o.Record)
		if err != nil {
			t.Fatal(err)
		}
		if r.ID != o.ID {
			t.Errorf("order %s is of action %s", o.ID, r.ID)
		}
		list = append(list, r)
	}
	return list
}

// TestAnActionLeavesAfterTheMinute follows a decision of two: the action they agree on, the
// milder of two, waits until it can no longer be undone, and leaves once.
func TestAnActionLeavesAfterTheMinute(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	c := caseOf(1, "a", "b").withSignal(matchOf("known", 3, 1))
	receive(t, s, c)
	first := by(t, c, Confirm, Reviewer("anna"))
	first.Action = action.Suspend
	second := by(t, c, Confirm, Reviewer("ben"))
	second.Action = action.Warn
	for _, r := range []Request{first, second} {
		if _, err := s.Decide(ctx, r); err != nil {
			t.Fatal(err)
		}
		if got := leaves(t, s); len(got) > 0 {
			t.Fatalf("%v leaves within the minute", got)
		}
	}
	clock.at = clock.at.Add(59 * time.Second)
	if err := s.Undo(ctx, caseID, Reviewer("ben")); err != nil {
		t.Fatal(err)
	}
	clock.at = clock.at.Add(time.Hour)
	if got := leaves(t, s); len(got) > 0 {
		t.Fatalf("%v leaves, and was undone", got)
	}
	second.Action = ""
	second.Reason = "live-abuse-suspected" // usually an interruption, and anna said suspend
	if _, err := s.Decide(ctx, second); err != nil {
		t.Fatal(err)
	}
	clock.at = clock.at.Add(time.Minute)
	got := leaves(t, s)
	if len(got) != 1 || got[0].Action != action.Interrupt || got[0].Platform != "demo" || got[0].Automated || !strings.Contains(got[0].Why, "Two persons") {
		t.Fatalf("got %+v", got)
	}
	if err := s.Undo(ctx, caseID, Reviewer("ben")); !errors.Is(err, ErrTooLate) {
		t.Errorf("undone after it left: %v", err)
	}
	if again := leaves(t, s); len(again) > 0 {
		t.Errorf("%v leaves twice", again)
	}
	if rows := kinds(t, s); !slices.Contains(rows, "action") {
		t.Errorf("the audit log is to get %v, and no action", rows)
	}
}

// TestAnUndoAfterTheActionWasHandedOut: the action alone, handed out, makes it too late.
func TestAnUndoAfterTheActionWasHandedOut(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decideAs(t, s, caseID, "anna", Confirm)
	decideAs(t, s, caseID, "ben", Confirm)
	clock.at = clock.at.Add(time.Minute + time.Second)
	if orders, err := s.Orders(ctx, 0); err != nil || len(orders) != 1 {
		t.Fatalf("%v, %v", orders, err)
	}
	clock.at = clock.at.Add(-30 * time.Second) // a clock set back
	if err := s.Undo(ctx, caseID, Reviewer("ben")); !errors.Is(err, ErrTooLate) {
		t.Errorf("got %v", err)
	}
}

func atOncePolicy() Policy {
	p := DefaultPolicy()
	p.AtOnce = []AtOnce{{Lists: []string{"known"}, Distance: 5, Action: action.Hold, For: 2 * time.Hour}}
	return p
}

// TestAHoldAtOnceAndWhatEndsIt holds the stream of an exact match without a person, says so,
// and lifts it on each of the ways on which it ends.
func TestAHoldAtOnceAndWhatEndsIt(t *testing.T) {
	ctx := context.Background()
	held := func(t *testing.T) (*Store, *hands, Case, action.Record) {
		s, clock := strictStore(t)
		s.policy = atOncePolicy()
		clock.at = start.Add(10 * time.Minute)
		c := caseOf(1, "a").withSignal(matchOf("known", 5, 1))
		receive(t, s, c)
		got := leaves(t, s)
		if len(got) != 1 || got[0].Action != action.Hold || !got[0].Automated || !slices.Equal(got[0].Streams, []string{"s1"}) ||
			!strings.Contains(got[0].Why, "without a person") || got[0].Statement.AutomatedDecision != "AUTOMATED_DECISION_FULLY" || !got[0].Until.Equal(clock.at.Add(2*time.Hour)) {
			t.Fatalf("got %+v", got)
		}
		for _, row := range pending(t, s) {
			if row.Kind == KindAlert {
				t.Error("an alert is ordered, and no person decided")
			}
		}
		// The same again, grown, holds nothing again.
		receive(t, s, caseOf(2, "a", "b").withSignal(matchOf("known", 2, 1)))
		if again := leaves(t, s); len(again) > 0 {
			t.Errorf("held again: %+v", again)
		}
		return s, clock, caseOf(2, "a", "b").withSignal(matchOf("known", 2, 1)), got[0]
	}
	lifted := func(t *testing.T, s *Store, hold action.Record, says string) {
		t.Helper()
		got := leaves(t, s)
		if len(got) != 1 || got[0].Action != action.Lift || !slices.Equal(got[0].Ends, []string{hold.ID}) || !strings.Contains(got[0].Why, says) || !slices.Equal(got[0].Streams, hold.Streams) {
			t.Fatalf("got %+v", got)
		}
		if n, err := s.Expire(ctx); err != nil || n > 0 {
			t.Errorf("%d expire, %v", n, err)
		}
	}
	t.Run("dismissed", func(t *testing.T) {
		s, clock, c, hold := held(t)
		if _, err := s.Decide(ctx, by(t, c, Dismiss, Reviewer("anna"))); err != nil {
			t.Fatal(err)
		}
		if got := leaves(t, s); len(got) > 0 {
			t.Errorf("%+v leaves within the minute", got)
		}
		clock.at = clock.at.Add(time.Minute)
		lifted(t, s, hold, "found no ground")
	})
	t.Run("dismissed and undone", func(t *testing.T) {
		s, clock, c, hold := held(t)
		if _, err := s.Decide(ctx, by(t, c, Dismiss, Reviewer("anna"))); err != nil {
			t.Fatal(err)
		}
		if err := s.Undo(ctx, caseID, Reviewer("anna")); err != nil {
			t.Fatal(err)
		}
		clock.at = clock.at.Add(2 * time.Hour)
		if got := leaves(t, s); len(got) > 0 {
			t.Errorf("%+v leaves after the undo", got)
		}
		if n, err := s.Expire(ctx); err != nil || n != 1 {
			t.Errorf("%d expire, %v", n, err)
		}
		lifted(t, s, hold, "Nobody decided")
	})
	t.Run("withdrawn", func(t *testing.T) {
		s, _, _, hold := held(t)
		receive(t, s, caseOf(3, "a").withdrawn())
		lifted(t, s, hold, "no longer gives a ground")
	})
	t.Run("a victim", func(t *testing.T) {
		s, _, _, hold := held(t)
		c := caseOf(3, "a").withSignal(matchOf("known", 2, 1))
		c.State = StateHelp
		receive(t, s, c)
		lifted(t, s, hold, "no longer gives a ground")
	})
	t.Run("expired", func(t *testing.T) {
		s, clock, _, hold := held(t)
		clock.at = clock.at.Add(2*time.Hour - time.Microsecond)
		if n, err := s.Expire(ctx); err != nil || n != 0 {
			t.Errorf("%d expire too early, %v", n, err)
		}
		clock.at = clock.at.Add(time.Microsecond)
		if n, err := s.Expire(ctx); err != nil || n != 1 {
			t.Errorf("%d expire, %v", n, err)
		}
		lifted(t, s, hold, "Nobody decided")
	})
	t.Run("confirmed", func(t *testing.T) {
		s, clock, _, hold := held(t)
		decideAs(t, s, caseID, "anna", Confirm)
		decideAs(t, s, caseID, "ben", Confirm)
		clock.at = clock.at.Add(time.Minute + time.Second)
		got := leaves(t, s)
		if len(got) != 1 || got[0].Action != action.Suspend || !slices.Equal(got[0].Ends, []string{hold.ID}) {
			t.Errorf("got %+v", got)
		}
	})
}

// TestNothingIsHeldOtherwise goes through what the policy does not cover.
func TestNothingIsHeldOtherwise(t *testing.T) {
	off := DefaultPolicy()
	over := matchOf("known", 5, 1)
	over.End = over.End.Add(-2 * time.Hour)
	over.Start = over.End
	back := matchOf("known", 5, 1)
	back.Match.Held = true
	end := signal.Signal{ID: signal.ID("session", "s1"), Revision: 1, Kind: signal.KindSession, Subject: subject, Start: start, End: start, Says: "over",
		Session: &signal.Session{Stream: "s1", Platform: "demo", Ended: true}}
	for name, test := range map[string]struct {
		policy Policy
		c      Case
	}{
		"off by default": {off, caseOf(1, "a").withSignal(matchOf("known", 0, 1))},
		"another list":   {atOncePolicy(), caseOf(1, "a").withSignal(matchOf("other", 0, 1))},
		"too far":        {atOncePolicy(), caseOf(1, "a").withSignal(matchOf("known", 6, 1))},
		"long ago":       {atOncePolicy(), caseOf(1, "a").withSignal(over)},
		"held back":      {atOncePolicy(), caseOf(1, "a").withSignal(back)},
		"stream over":    {atOncePolicy(), caseOf(1, "a").withSignal(matchOf("known", 0, 1)).withSignal(end)},
	} {
		s, clock := strictStore(t)
		s.policy = test.policy
		clock.at = start.Add(10 * time.Minute)
		receive(t, s, test.c)
		if got := leaves(t, s); len(got) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestAPlatformThatSawNothingIsAskedNothing: a case of payments and a session must not tell
// the platform by an action what a bank told.
func TestAPlatformThatSawNothingIsAskedNothing(t *testing.T) {
	s, clock := strictStore(t)
	c := caseOf(1)
	for i := range 3 {
		c = c.withSignal(signal.Signal{ID: signal.ID("pay", string(rune('a'+i))), Revision: 1, Kind: signal.KindPayment, Subject: subject, Start: start, End: start, Says: "pays",
			Payment: &signal.Payment{Typology: "P01", Rules: "r", Role: signal.Recipient, Transfers: 3, Counterparties: 3, Times: []time.Time{start}, Strength: 1}})
	}
	c = c.withSignal(signal.Signal{ID: signal.ID("session", "s1"), Revision: 1, Kind: signal.KindSession, Subject: subject, Start: start, End: start, Says: "on",
		Session: &signal.Session{Stream: "s1", Platform: "demo"}})
	receive(t, s, c)
	for _, who := range []string{"anna", "ben"} {
		r := by(t, c, Confirm, Reviewer(who))
		r.Action = action.Suspend
		if _, err := s.Decide(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	clock.at = clock.at.Add(time.Hour)
	if got := leaves(t, s); len(got) > 0 {
		t.Errorf("the platform is asked for %+v", got)
	}
	if rows := pending(t, s); rows[len(rows)-1].Kind != KindAlert {
		t.Error("no alert")
	}
}

// TestDeliveriesKeepTheirOrder: of a case the oldest webhook goes first, whatever becomes of
// it; a receipt comes once.
func TestDeliveriesKeepTheirOrder(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	s.policy = atOncePolicy()
	clock.at = start.Add(10 * time.Minute)
	c := caseOf(1, "a").withSignal(matchOf("known", 5, 1))
	receive(t, s, c)
	hold := leaves(t, s)[0]
	if _, err := s.Decide(ctx, by(t, c, Dismiss, Reviewer("anna"))); err != nil {
		t.Fatal(err)
	}
	clock.at = clock.at.Add(time.Minute)
	lift := leaves(t, s)[0]
	due := func() []string {
		t.Helper()
		list, err := s.Deliverable(ctx, "demo", 0)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, d := range list {
			ids = append(ids, d.ActionID)
		}
		return ids
	}
	if got := due(); !slices.Equal(got, []string{hold.ID}) {
		t.Errorf("first %v", got)
	}
	if err := s.Attempted(ctx, hold.ID, DeliveryWaiting, 503, clock.at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := due(); len(got) > 0 {
		t.Errorf("while the first waits: %v", got)
	}
	clock.at = clock.at.Add(time.Minute)
	if err := s.Attempted(ctx, hold.ID, DeliveryDelivered, 200, clock.at); err != nil {
		t.Fatal(err)
	}
	if got := due(); !slices.Equal(got, []string{lift.ID}) {
		t.Errorf("then %v", got)
	}
	receipt := action.Receipt{ActionID: hold.ID, State: action.StateDone, At: clock.at}
	for range 2 {
		if err := s.TakeReceipt(ctx, "demo", receipt); err != nil {
			t.Fatal(err)
		}
	}
	var rejected *signal.Rejection
	if err := s.TakeReceipt(ctx, "elsewhere", receipt); !errors.As(err, &rejected) {
		t.Errorf("another platform's receipt: %v", err)
	}
	f, err := s.File(ctx, caseID, Reviewer("carl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Actions) != 2 || f.Actions[0].Delivery.Attempts != 2 || f.Actions[0].EndedBy != lift.ID || len(f.Actions[0].Receipts) != 1 || f.Actions[1].Delivery.State != DeliveryWaiting {
		t.Errorf("the file has %+v", f.Actions)
	}
}

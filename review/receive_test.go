package review

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

func TestReceiveKeepsTheHighestRevision(t *testing.T) {
	s := newStore(t)
	receive(t, s, caseOf(3, "a"))
	for _, revision := range []uint64{3, 2, 1} {
		changed, err := s.Receive(context.Background(), raw(t, caseOf(revision, "a", "b")))
		if err != nil || changed {
			t.Errorf("revision %d after 3: changed is %v, %v", revision, changed, err)
		}
	}
	receive(t, s, caseOf(5, "a", "b"))
	list, err := s.List(context.Background(), Filter{})
	if err != nil || len(list) != 1 || list[0].Revision != 5 || list[0].Digest != digest(raw(t, caseOf(5, "a", "b"))) {
		t.Errorf("got %+v, %v", list, err)
	}
	if got := kinds(t, s); !slices.Equal(got, []string{"case", "case"}) {
		t.Errorf("outbox has %v, want an audit entry for each change", got)
	}
	var records int
	if err := s.db.QueryRow(`SELECT count(*) FROM records`).Scan(&records); err != nil || records != 1 {
		t.Errorf("%d records kept, %v, want 1: nobody saw the other", records, err)
	}
}

func TestReceiveRejectsAndStoresNothing(t *testing.T) {
	s := newStore(t)
	_, err := s.Receive(context.Background(), []byte(`{"id":"x"}`))
	var rejection *signal.Rejection
	if !errors.As(err, &rejection) {
		t.Errorf("got %v, want a Rejection", err)
	}
	if rows := pending(t, s); len(rows) != 0 {
		t.Errorf("outbox has %d rows", len(rows))
	}
}

func TestAFaultOfTheStoreIsNotARejection(t *testing.T) {
	s := newStore(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := s.Receive(ctx, raw(t, caseOf(1, "a")))
	var rejection *signal.Rejection
	if err == nil || errors.As(err, &rejection) {
		t.Errorf("got %v, want an error that is tried again", err)
	}
}

func TestEvidenceReopensADecidedCase(t *testing.T) {
	decided := caseOf(1, "a", "b")
	louder := caseOf(2, "a", "b")
	louder.Parts[0].Weight++
	for name, c := range map[string]struct {
		then []Case
		want map[Verdict]State
	}{
		"the same again": {[]Case{caseOf(2, "a", "b")},
			map[Verdict]State{Confirm: StateConfirmed, Dismiss: StateDismissed}},
		"a new signal": {[]Case{caseOf(2, "a", "b", "c")},
			map[Verdict]State{Confirm: StateReopened, Dismiss: StateReopened}},
		"a higher score": {[]Case{louder.summed()},
			map[Verdict]State{Confirm: StateReopened, Dismiss: StateReopened}},
		"a new signal, and then it goes": {[]Case{caseOf(2, "a", "b", "c"), caseOf(3, "a", "b")},
			map[Verdict]State{Confirm: StateReopened, Dismiss: StateReopened}},
		"withdrawn": {[]Case{caseOf(2, "a").withdrawn()},
			map[Verdict]State{Confirm: StateConfirmed, Dismiss: StateDismissed}},
		"reopened and withdrawn": {[]Case{caseOf(2, "a", "b", "c"), caseOf(3, "a").withdrawn()},
			map[Verdict]State{Confirm: StateConfirmed, Dismiss: StateDismissed}},
	} {
		for verdict, want := range c.want {
			t.Run(name+" after "+string(verdict), func(t *testing.T) {
				s := newStore(t)
				receive(t, s, decided)
				decide(t, s, asked(t, decided, verdict))
				for _, then := range c.then {
					receive(t, s, then)
				}
				if got := stateOf(t, s); got != want {
					t.Errorf("the case is %s, want %s", got, want)
				}
			})
		}
	}
}

func TestWithdrawnBeforeADecisionAndBack(t *testing.T) {
	s := newStore(t)
	receive(t, s, caseOf(1, "a", "b"))
	gone := caseOf(2, "a").withdrawn()
	receive(t, s, gone)
	if got := stateOf(t, s); got != StateWithdrawn {
		t.Errorf("the case is %s", got)
	}
	if _, err := s.Decide(context.Background(), asked(t, gone, Confirm)); !errors.Is(err, ErrNotOpen) {
		t.Errorf("a withdrawn case was decided: %v", err)
	}
	receive(t, s, caseOf(3, "a", "b"))
	if got := stateOf(t, s); got != StateOpen {
		t.Errorf("the case is %s", got)
	}
}

package review

import (
	"errors"
	"testing"
)

// TestEveryTransition walks every pair of state and event against a table that
// was written down apart from the code's: "-" is illegal.
func TestEveryTransition(t *testing.T) {
	events := []event{update, grow, withdraw, confirm, dismiss, help, reverse, correct}
	want := map[State][8]State{
		//               update          grow           withdraw       confirm        dismiss        help    reverse        correct
		unseen:         {"open", "-", "withdrawn", "-", "-", "help", "-", "-"},
		StateOpen:      {"open", "-", "withdrawn", "confirmed", "dismissed", "help", "-", "-"},
		StateWithdrawn: {"open", "-", "withdrawn", "-", "-", "help", "-", "-"},
		StateHelp:      {"open", "-", "withdrawn", "-", "dismissed", "help", "-", "-"},
		StateConfirmed: {"confirmed", "reopened", "confirmed", "-", "-", "-", "dismissed", "confirmed"},
		StateDismissed: {"dismissed", "reopened", "dismissed", "-", "-", "-", "-", "-"},
		StateReopened:  {"reopened", "reopened", "dismissed", "confirmed", "dismissed", "-", "reopened", "reopened"}, // withdrawn after a dismissal
	}
	if len(want) != len(transitions) {
		t.Fatalf("%d states here, %d in the table", len(want), len(transitions))
	}
	walked := 0
	for from, row := range want {
		for i, e := range events {
			walked++
			to, err := next(from, e, Dismiss)
			if row[i] == "-" {
				if err == nil {
					t.Errorf("%q %s: went to %q, want an error", from, e, to)
				}
				if byPerson := e == confirm || e == dismiss || e == reverse || e == correct; errors.Is(err, ErrNotOpen) != byPerson {
					t.Errorf("%q %s: got %v", from, e, err)
				}
				continue
			}
			if err != nil || to != row[i] {
				t.Errorf("%q %s: got %q, %v, want %q", from, e, to, err, row[i])
			}
			if !to.Valid() {
				t.Errorf("%q %s: leads to %q, which is no state", from, e, to)
			}
		}
	}
	if walked != 56 {
		t.Errorf("walked %d pairs, want 56", walked)
	}
}

func TestWithdrawalOfWhatWasNewRestoresTheLastDecision(t *testing.T) {
	for v, want := range map[Verdict]State{Confirm: StateConfirmed, Dismiss: StateDismissed} {
		if to, err := next(StateReopened, withdraw, v); err != nil || to != want {
			t.Errorf("after %s: got %q, %v, want %q", v, to, err, want)
		}
	}
	if to, err := next(StateReopened, withdraw, ""); err == nil {
		t.Errorf("a reopened case without a decision went to %q", to)
	}
}

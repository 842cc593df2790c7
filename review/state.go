package review

import (
	"errors"
	"fmt"
)

// State is where the review of a case stands.
type State string

// The states of a case.
const (
	StateOpen      State = "open"      // waits for a person
	StateConfirmed State = "confirmed" // a person confirmed it; an alert is due or sent
	StateDismissed State = "dismissed" // a person dismissed it
	StateReopened  State = "reopened"  // decided before, and the evidence has grown since
	StateWithdrawn State = "withdrawn" // correlate took it back before a person decided
	// StateHelp: the subject pays under threat, by what is seen, and may be a victim. A
	// person should see to it; it can be dismissed, and never confirmed.
	StateHelp State = "help"
)

// unseen is the state of a case that the store does not have yet.
const unseen State = ""

// asDecided stands in the table for the state that the last decision gave.
const asDecided State = "as decided"

// event is what can happen to a case.
type event string

const (
	// update is a newer record. For a decided case it says nothing material
	// beyond what was decided; grow is one that does.
	update   event = "update"
	grow     event = "grow"
	withdraw event = "withdraw" // correlate takes the case back
	help     event = "help"     // correlate says that the subject may be a victim
	confirm  event = "confirm"
	dismiss  event = "dismiss"
	// An appeal takes a confirmation back, or says what of it was wrong.
	reverse event = "reverse"
	correct event = "correct"
)

// transitions is the whole of the rules: what is not in it is illegal. A
// decision is never undone by a machine: growing evidence puts the case before a
// person again, and a withdrawal of what was new lets the decision stand.
var transitions = map[State]map[event]State{
	unseen:         {update: StateOpen, withdraw: StateWithdrawn, help: StateHelp},
	StateOpen:      {update: StateOpen, withdraw: StateWithdrawn, help: StateHelp, confirm: StateConfirmed, dismiss: StateDismissed},
	StateWithdrawn: {update: StateOpen, withdraw: StateWithdrawn, help: StateHelp},
	StateHelp:      {update: StateOpen, withdraw: StateWithdrawn, help: StateHelp, dismiss: StateDismissed},
	StateConfirmed: {update: StateConfirmed, grow: StateReopened, withdraw: StateConfirmed, reverse: StateDismissed, correct: StateConfirmed},
	StateDismissed: {update: StateDismissed, grow: StateReopened, withdraw: StateDismissed},
	// Once reopened, a case waits for a person even where the score sinks a
	// little again: it must not flicker in and out of the queue.
	StateReopened: {update: StateReopened, grow: StateReopened, withdraw: asDecided, confirm: StateConfirmed, dismiss: StateDismissed,
		reverse: StateReopened, correct: StateReopened}, // what is new still waits for a person
}

// ErrNotOpen says that a case waits for no decision: it was decided or withdrawn.
var ErrNotOpen = errors.New("the case is not open for a decision")

// next looks a transition up; last is the verdict of the case's last decision, or
// empty where there is none.
func next(from State, e event, last Verdict) (State, error) {
	to, ok := transitions[from][e]
	if !ok {
		if e == confirm || e == dismiss || e == reverse || e == correct {
			return "", fmt.Errorf("%w: it is %s", ErrNotOpen, from)
		}
		return "", fmt.Errorf("no %s of a case that is %q", e, from)
	}
	if to != asDecided {
		return to, nil
	}
	if to = last.state(); to == unseen {
		return "", fmt.Errorf("%s of a case that is %s without a decision", e, from)
	}
	return to, nil
}

// waits reports whether a case in this state waits for a person.
func (s State) waits() bool { return s == StateOpen || s == StateReopened || s == StateHelp }

// Valid reports whether s is a state that a stored case can have.
func (s State) Valid() bool {
	_, ok := transitions[s]
	return ok && s != unseen
}

package review

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/review/action"
)

// Verdict is what a person concluded.
type Verdict string

// The two verdicts.
const (
	Confirm Verdict = "confirm"
	Dismiss Verdict = "dismiss"
)

// event is what a verdict is in the table of transitions.
func (v Verdict) event() event {
	if v == Confirm {
		return confirm
	}
	return dismiss
}

// state is what a verdict makes of a case; unseen where there is no verdict.
func (v Verdict) state() State {
	switch v {
	case Confirm:
		return StateConfirmed
	case Dismiss:
		return StateDismissed
	default:
		return unseen
	}
}

var reasons = map[Verdict][]string{
	Confirm: {"known-material", "live-abuse-suspected", "paid-abuse-suspected", "several-signs"},
	Dismiss: {"false-match", "lawful-explanation", "not-enough-evidence", "duplicate", "test-data"},
}

// Reasons returns the fixed list of reasons for a verdict; nil if there is no
// such verdict.
func Reasons(v Verdict) []string { return slices.Clone(reasons[v]) }

// A Request asks for a decision.
type Request struct {
	CaseID string
	// Digest is that of the record which the reviewer saw.
	Digest  string
	Verdict Verdict
	By      Person
	Reason  string // one of Reasons(Verdict)
	Note    string // for colleagues; never leaves the store
	// Danger breaks the glass: why a confirmation cannot wait for a second person, in
	// words. It leaves at once, and a supervisor looks at it after.
	Danger string
	// Action is what the platform is asked to do on a confirmation; empty is what usually
	// follows from the reason, see action.Usual.
	Action action.Kind
}

// check returns all that is wrong with a request.
func (r Request) check() error {
	var errs []error
	if r.Digest == "" {
		errs = append(errs, errors.New("a decision needs the digest of the case that was seen"))
	}
	if list, ok := reasons[r.Verdict]; !ok {
		errs = append(errs, fmt.Errorf("the verdict must be %q or %q", Confirm, Dismiss))
	} else if !slices.Contains(list, r.Reason) {
		errs = append(errs, fmt.Errorf("the reason to %s must be one of %q", r.Verdict, list))
	}
	if err := r.By.check(); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, checkWords("note", r.Note), checkWords("danger", r.Danger))
	if r.Action != "" && (!r.Action.Chosen() || r.Verdict == Dismiss && r.Action != action.None) {
		errs = append(errs, fmt.Errorf("the action must be one of %q, and none where the case is dismissed", action.Choices()))
	}
	if r.Danger != "" && r.Verdict != Confirm {
		errs = append(errs, errors.New("only a confirmation can be too urgent for a second person"))
	}
	return inputErrors(errs...)
}

// A Decision is what a person concluded about a case, and the case as that
// person saw it.
type Decision struct {
	// ID is signal.ID("decision", CaseID, Sequence); Sequence counts the case's
	// decisions from 1.
	ID         string
	CaseID     string
	CaseDigest string
	Case       Case
	Verdict    Verdict
	Reason     string
	Note       string // stays in the store: in no statement, log or alert
	Reviewer   string
	StandIn    bool // the reviewer was a stand-in, not a person
	// Second is the other person who confirmed, where it took two; Persons how many it
	// took, 0 in decisions from before that was kept. Danger is why one sufficed in haste.
	Second   string
	Persons  int
	Danger   string // stays in the store, but that there was one does not
	Sequence int
	At       time.Time // UTC, to the microsecond
	// Salt is in the statement, so that its digest in the audit log tells nothing by itself.
	Salt string
	// Erased says that the record it was made on is no longer kept: Case has its digest alone.
	Erased bool
}

// People are those who made the decision, one or two.
func (d Decision) People() []string {
	if d.Second == "" {
		return []string{d.Reviewer}
	}
	return []string{d.Reviewer, d.Second}
}

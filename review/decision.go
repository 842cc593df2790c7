package review

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
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

// MaxNote limits the note on a decision, in bytes.
const MaxNote = 4000

// A Request asks for a decision.
type Request struct {
	CaseID string
	// Digest is that of the record which the reviewer saw.
	Digest  string
	Verdict Verdict
	// Reviewer is a pseudonymous id: it enters the audit log and the alert.
	Reviewer string
	// StandIn says that the reviewer is a program in a person's place.
	StandIn bool
	Reason  string // one of Reasons(Verdict)
	Note    string // for colleagues; never leaves the store
}

// person is the form of a reviewer's id. It leaves no room for an e-mail address
// or a full name, since the id goes where no personal data may.
var person = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func checkPerson(id string) error {
	if !person.MatchString(id) {
		return errors.New("the reviewer must be named by an id of 1 to 64 letters, digits, dots, dashes and underscores")
	}
	return nil
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
	if err := checkPerson(r.Reviewer); err != nil {
		errs = append(errs, err)
	}
	if len(r.Note) > MaxNote || !utf8.ValidString(r.Note) {
		errs = append(errs, fmt.Errorf("the note must be UTF-8 of at most %d bytes", MaxNote))
	}
	return errors.Join(errs...)
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
	Sequence   int
	At         time.Time // UTC, to the microsecond
}

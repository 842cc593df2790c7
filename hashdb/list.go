package hashdb

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// State says what a list's matches are good for.
type State string

const (
	// StateLive lists match.
	StateLive State = "live"
	// StateShadow lists are on trial: their matches are told apart and never acted on.
	StateShadow State = "shadow"
	// StateQuarantined lists matched too much; they are held back until somebody has
	// looked, and told apart as shadow lists are.
	StateQuarantined State = "quarantined"
	// StateRetired lists are kept for the record and not looked up.
	StateRetired State = "retired"
)

// ListID names a list: a source has one list for each kind of hash.
type ListID struct {
	Source string
	Kind   Kind
}

// String returns the source and the kind with a slash between.
func (id ListID) String() string { return id.Source + "/" + id.Kind.String() }

// List says what a list is and what may be done with it. The texts are the owner's
// and are repeated with every match.
type List struct {
	Source string `json:"source"` // 1 to 64 letters, digits, '.', '_' and '-'.
	Kind   Kind   `json:"kind"`
	Owner  string `json:"owner,omitempty"`
	// Category is the owner's class of what is listed, as in "A1".
	Category     string `json:"category,omitempty"`
	Severity     string `json:"severity,omitempty"`
	Jurisdiction string `json:"jurisdiction,omitempty"` // ISO 3166-1 alpha-2, or the owner's word.
	// Terms says on which terms the owner lets the list be used.
	Terms string `json:"terms,omitempty"`
	// Radius is the greatest distance in bits that matches.
	Radius int   `json:"radius"`
	State  State `json:"state"`
	// Allow marks a list of known innocent pictures: a match with it takes out the
	// matches of all other lists.
	Allow bool `json:"allow,omitempty"`
}

// ID returns the list's name.
func (l List) ID() ListID { return ListID{l.Source, l.Kind} }

// maxText is the length in bytes of each of a list's texts.
const maxText = 1000

var sourceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckSource says what is wrong with the name of a source.
func CheckSource(source string) error {
	if !sourceForm.MatchString(source) {
		return fmt.Errorf("source %.80q: want 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit", source)
	}
	return nil
}

// Check reports every fault of the list at once.
func (l List) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if err := CheckSource(l.Source); err != nil {
		faults = append(faults, err)
	}
	if !l.Kind.valid() {
		fault("%v is not a kind of hash", l.Kind)
	} else if l.Radius < 0 || l.Radius > l.Kind.MaxRadius() {
		fault("radius %d for a list of %v: want 0 to %d; beyond, unrelated pictures match", l.Radius, l.Kind, l.Kind.MaxRadius())
	}
	switch l.State {
	case StateLive, StateShadow, StateQuarantined, StateRetired:
	default:
		fault("state %.20q is not one of live, shadow, quarantined, retired", l.State)
	}
	for _, t := range []struct{ name, text string }{
		{"owner", l.Owner}, {"category", l.Category}, {"severity", l.Severity}, {"jurisdiction", l.Jurisdiction}, {"terms", l.Terms},
	} {
		if len(t.text) > maxText {
			fault("%s has %d bytes, want at most %d", t.name, len(t.text), maxText)
		}
	}
	return errors.Join(faults...)
}

// ListInfo is a list as it stands.
type ListInfo struct {
	List
	Entries  int // Listed or disputed, each owner's id counted.
	Disputed int // Of these.
	// Version is a digest of kind, radius and entries: 16 hexadecimal digits, equal
	// wherever the list is equal.
	Version string
	Changed time.Time // When an entry or the list was last changed here; UTC.
}

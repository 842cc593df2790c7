package hashdb

import (
	"errors"
	"fmt"
	"time"
)

// Status is an entry's standing in its list.
type Status uint8

const (
	// Listed entries match.
	Listed Status = iota
	// Disputed entries are told apart, as those of shadow lists, until the dispute ends.
	Disputed
	// Retracted entries are gone. What was retracted may be listed again.
	Retracted
)

var statusNames = [...]string{"listed", "disputed", "retracted"}

// String returns the status's name: listed, disputed or retracted.
func (s Status) String() string {
	if int(s) >= len(statusNames) {
		return fmt.Sprintf("status(%d)", uint8(s))
	}
	return statusNames[s]
}

// ParseStatus returns the status with the given name.
func ParseStatus(name string) (Status, error) {
	for i, n := range statusNames {
		if n == name {
			return Status(i), nil
		}
	}
	return 0, fmt.Errorf("%.20q is not one of listed, disputed, retracted", name)
}

// Entry is what a list says of one hash. Its source, hash and Ref together name it:
// the same again replaces what the list said before.
type Entry struct {
	Hash Hash
	// Ref is the owner's own id of the entry, at most 200 bytes; empty where there is
	// none. Two entries of one list may hold the same hash under different ids, as when
	// two members of an exchange listed it, and each is retracted on its own.
	Ref string
	// Time is when the owner listed or last changed it, in whole seconds UTC; zero when
	// not known.
	Time time.Time
	// Parties is how many parties verified it, 0 when not known, at most 255.
	Parties int
	// Tags are the owner's words for it: at most 16, of 1 to 64 bytes.
	Tags []string
	// Provenance says how it came here: a file's base name or an exchange, at most 200
	// bytes.
	Provenance string
	Status     Status
}

const (
	maxRef  = 200
	maxTags = 16
	maxTag  = 64
)

// Check reports every fault of the entry at once, without repeating its hash.
func (e *Entry) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !e.Hash.Kind.valid() {
		fault("%v is not a kind of hash", e.Hash.Kind)
	}
	if len(e.Ref) > maxRef {
		fault("id has %d bytes, want at most %d", len(e.Ref), maxRef)
	}
	if len(e.Provenance) > maxRef {
		fault("provenance has %d bytes, want at most %d", len(e.Provenance), maxRef)
	}
	if e.Parties < 0 || e.Parties > 255 {
		fault("%d parties, want 0 to 255", e.Parties)
	}
	if !e.Time.IsZero() && (e.Time.Unix() < 1 || e.Time.Unix() > 1<<32-1) {
		fault("time %s is not between 1970 and 2106", e.Time.UTC().Format(time.RFC3339))
	}
	if len(e.Tags) > maxTags {
		fault("%d tags, want at most %d", len(e.Tags), maxTags)
	}
	for i, t := range e.Tags {
		if len(t) < 1 || len(t) > maxTag {
			fault("tag %d has %d bytes, want 1 to %d", i+1, len(t), maxTag)
		}
	}
	if e.Status > Retracted {
		fault("status %d is not one of listed, disputed, retracted", e.Status)
	}
	return errors.Join(faults...)
}

// Record is what one record of a file or an exchange says.
type Record struct {
	// Number counts the input's records from 1; for text it is the line.
	Number int
	// Entries are its hashes, one for each kind, of status Retracted when it takes them
	// back.
	Entries []Entry
	// RetractRef is the owner's id of entries to retract whose hashes the record does
	// not repeat; empty otherwise.
	RetractRef string
}

// RecordError says that one record is bad. The records after it may be good.
type RecordError struct {
	Number int // As in Record.
	Err    error
}

func (e *RecordError) Error() string { return fmt.Sprintf("record %d: %v", e.Number, e.Err) }

// Unwrap returns what was wrong.
func (e *RecordError) Unwrap() error { return e.Err }

// ErrTruncated is wrapped by a reader's error when its input ends in the middle.
var ErrTruncated = errors.New("the input ends too soon")

// RecordReader reads the records of a list in some format.
type RecordReader interface {
	// Next returns the next record. A *RecordError means that one record is bad and
	// reading may go on; io.EOF that the input ended as its format wants; any other
	// error that reading cannot go on, wrapping ErrTruncated when the input just ends.
	Next() (Record, error)
}

// Batch is a set of changes to one source's lists that take effect together.
type Batch struct {
	Source string
	// Entries are added, or replace what the list said of the same hash and Ref.
	Entries []Entry
	// RetractRefs are owner's ids: the source's entries under them, of any kind, are
	// retracted.
	RetractRefs []string
	// Checkpoint is stored with the batch when its Name is not empty.
	Checkpoint Checkpoint
}

// Checkpoint is how far an exchange was followed. It moves in the same step as
// what was received up to it.
type Checkpoint struct {
	Name  string // 1 to 100 bytes.
	Value []byte // At most 64 KiB; empty removes it.
}

// Applied is what a batch did.
type Applied struct {
	Added     int // Entries that the list did not have.
	Changed   int // Entries of which it said something else.
	Known     int // Entries of which it said the same.
	Retracted int // Entries that are gone.
}

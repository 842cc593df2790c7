package verify

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// The kinds of entry. Whatever else may be worth noting down, it is not
// evidence of who did what to a case, and stays out.
const (
	KindListChange = "list-change" // a hash list was imported or changed
	KindCase       = "case"        // a case was opened or changed
	KindDecision   = "decision"    // a person concluded something about a case
	KindAlert      = "alert"       // there is something to tell a centre; delivery says whether it went
	KindView       = "view"        // a person looked at a case
	KindVerdict    = "verdict"     // a person concluded something about a list entry that was held back
	KindOutgoing   = "outgoing"    // something of a stream left the platform
	KindOpinion    = "opinion"     // a person gave an opinion that decides nothing by itself
	KindUndo       = "undo"        // a person took back what they said of a case
	KindRecusal    = "recusal"     // a person has no part in a case
	KindOversight  = "oversight"   // a supervisor judged a decision that one person made in haste
	KindImage      = "image"       // a person saw an image of a case in the clear
	KindDelivery   = "delivery"    // an alert was brought to a centre, or something was asked of one
	KindExport     = "export"      // a person took a case's evidence out, in a bundle
	KindHold       = "hold"        // a case's evidence was put under a legal hold
	KindRelease    = "release"     // the hold was lifted
	KindErasure    = "erasure"     // the key of a case's windows was destroyed, or what was known of the case
	KindAction     = "action"      // a platform was asked to do something
	KindCorrection = "correction"  // a centre was told that an alert is no longer so
	KindFeedback   = "feedback"    // the owner of a list is told of an entry
	KindAppeal     = "appeal"      // an account objected, or was answered
	KindOutcome    = "outcome"     // a centre said what came of an alert
)

const (
	// MaxEntry is the size limit of an encoded entry, in bytes.
	MaxEntry = 4 << 10

	maxID = 128 // bytes in an id or a reference
)

// An Entry is one line of the log: that something happened, by ids and hashes
// only. The log can never be shortened, so what enters it can never be erased;
// Validate leaves no field in which a name, an address or a remark would fit.
type Entry struct {
	Kind   string    `json:"kind"`           // one of the Kind constants
	ID     string    `json:"id"`             // the id of the change, case, decision, alert or view
	Digest string    `json:"digest"`         // SHA-256, in lower-case hex, of what the entry is about
	At     time.Time `json:"at"`             // when it happened, in UTC
	Refs   []string  `json:"refs,omitempty"` // ids of what it relates to
}

// Validate reports what keeps e out of the log. Its errors name the field and
// the fault and never quote the value, which may be what must not be written
// down.
func (e Entry) Validate() error {
	switch e.Kind {
	case KindListChange, KindCase, KindDecision, KindAlert, KindView, KindVerdict, KindOutgoing,
		KindOpinion, KindUndo, KindRecusal, KindOversight, KindDelivery, KindImage, KindExport, KindHold, KindRelease, KindErasure,
		KindAction, KindCorrection, KindFeedback, KindAppeal, KindOutcome:
	default:
		return errors.New("audit entry: kind: not one of list-change, case, decision, alert, view, verdict, outgoing, opinion, undo, recusal, oversight, delivery, image, export, hold, release, erasure, action, correction, feedback, appeal, outcome")
	}
	if err := validID(e.ID); err != nil {
		return fmt.Errorf("audit entry: id: %w", err)
	}
	if digest, err := hex.DecodeString(e.Digest); err != nil || len(digest) != 32 || hex.EncodeToString(digest) != e.Digest {
		return errors.New("audit entry: digest: not a SHA-256 in 64 lower-case hex digits")
	}
	if e.At.IsZero() {
		return errors.New("audit entry: at: missing")
	}
	for i, ref := range e.Refs {
		if err := validID(ref); err != nil {
			return fmt.Errorf("audit entry: refs[%d]: %w", i, err)
		}
	}
	return nil
}

func validID(id string) error {
	if len(id) < 1 || len(id) > maxID {
		return fmt.Errorf("length %d, not 1 to %d", len(id), maxID)
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c == '.', c == '_', c == ':', c == '/', c == '-':
		default:
			return fmt.Errorf("byte %d: outside [A-Za-z0-9._:/-]", i)
		}
	}
	return nil
}

// Encode gives the one byte form of e, a line of JSON without its line break.
// Equal entries encode equally, and ParseEntry takes no other form.
func (e Entry) Encode() ([]byte, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	e.At = e.At.UTC()
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("audit entry: %w", err)
	}
	if len(data) > MaxEntry {
		return nil, fmt.Errorf("audit entry: %d bytes encoded, limit %d", len(data), MaxEntry)
	}
	return data, nil
}

// ParseEntry reads what Encode wrote. It refuses every other spelling of the
// same entry, such as added space, unknown or repeated fields: room for bytes
// that no reader sees would be room to hide something in a signed log.
func ParseEntry(data []byte) (Entry, error) {
	if len(data) > MaxEntry {
		return Entry{}, fmt.Errorf("audit entry: %d bytes, limit %d", len(data), MaxEntry)
	}
	var e Entry
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	// The decoder's own words may quote the input, and it may not be what it
	// should be, so they are not passed on.
	if err := dec.Decode(&e); err != nil {
		return Entry{}, errors.New("audit entry: not the JSON of an entry")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Entry{}, errors.New("audit entry: bytes after the end")
	}
	canonical, err := e.Encode()
	if err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(canonical, data) {
		return Entry{}, errors.New("audit entry: not in canonical form")
	}
	return e, nil
}

package detect

import (
	"time"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/signal"
)

// A Frame is one record of the topic frames.
type Frame struct {
	ID       string // unique to the frame; the same when the frame is sent again
	Stream   string
	Platform string
	Subject  signal.Subject // the streamer
	At       time.Time      // event time
	// ContentType says what Data is: JPEG, PNG, WebP or HashType; or EndType, where the
	// record is no frame.
	ContentType string
	Data        []byte
}

// EndType is the content type of a record that says that its stream is over: what of it
// matched up to the record's time is told whole. Its data are not read.
const EndType = "application/vnd.vigil.end"

// maxRef limits an id or name, in characters; signals carry no longer ones.
const maxRef = 256

// check refuses a frame whose attributes could not stand in a signal, and
// returns it with its time in UTC.
func (f Frame) check() (Frame, error) {
	for _, a := range []struct{ name, value string }{
		{"id", f.ID}, {"stream", f.Stream}, {"platform", f.Platform},
	} {
		switch {
		case a.value == "":
			return Frame{}, signal.Reject("missing-attribute", "%s is missing", a.name)
		case !utf8.ValidString(a.value):
			return Frame{}, signal.Reject("bad-attribute", "%s is not UTF-8", a.name)
		case utf8.RuneCountInString(a.value) > maxRef:
			return Frame{}, signal.Reject("bad-attribute", "%s has more than %d characters", a.name, maxRef)
		}
	}
	if !validSubject(f.Subject) {
		return Frame{}, signal.Reject("bad-attribute", "subject is not a subject token")
	}
	if f.At.IsZero() {
		return Frame{}, signal.Reject("missing-attribute", "time is missing")
	}
	at, err := utc("time", f.At)
	if err != nil {
		return Frame{}, err
	}
	f.At = at
	return f, nil
}

// validSubject tells a token ("sub_" and 32 hex digits) from an account name
// that a sender forgot to replace.
func validSubject(s signal.Subject) bool {
	const prefix, digits = "sub_", 32
	if len(s) != len(prefix)+digits || s[:len(prefix)] != prefix {
		return false
	}
	for _, c := range s[len(prefix):] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

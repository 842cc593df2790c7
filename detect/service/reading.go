package service

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/signal"
)

// maxText limits an id, a name or a reason, in characters; no signal carries more.
const maxText = 256

// The times that are taken: a platform's clock may be fast, and no stream is older than
// live video.
const maxAhead = 24 * time.Hour

var oldest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// timeForm is RFC 3339, of which package time takes more forms than there are.
var timeForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

const notAToken = "is not a subject token: sub_ and 32 hexadecimal digits in lower case"

// place says of which record a fault is.
type place int

const (
	alone      place = -1 // The body is the record.
	parameters place = -2 // The query and the header have it.
)

// pointer is the JSON pointer of a record's member, or of the record for an empty name.
func (p place) pointer(name string) string {
	at := "#"
	if p >= 0 {
		at += "/" + strconv.Itoa(int(p))
	}
	if name != "" {
		at += "/" + name
	}
	return at
}

// reading gathers the faults of one request.
type reading struct {
	v        *service
	platform string // Of the key.
	now      time.Time
	faults   api.Faults
	status   int // Of the first fault.
	// The last account and its token: a batch is mostly of one stream.
	account string
	subject signal.Subject
}

func (v *service) read(c *call) *reading {
	return &reading{v: v, platform: c.Key.Platform, now: c.Now}
}

// fault adds one. Its text holds nothing of what was sent.
func (r *reading) fault(status int, p place, name, format string, args ...any) {
	if r.status == 0 {
		r.status = status
	}
	if p == parameters && name != "" {
		r.faults.Parameter(name, format, args...)
	} else {
		r.faults.Add(p.pointer(name), format, args...)
	}
}

func (r *reading) bad(p place, name, format string, args ...any) {
	r.fault(http.StatusBadRequest, p, name, format, args...)
}

// err is the problem of the faults, nil when there are none.
func (r *reading) err() error {
	if !r.faults.Any() {
		return nil
	}
	if r.status == 0 { // Found while the JSON was read.
		r.status = http.StatusBadRequest
	}
	return r.faults.Problem(r.status)
}

// text checks a member of 1 to maxText characters.
func (r *reading) text(p place, name string, t text, required bool) string {
	switch {
	case !t.given && !required:
	case !t.given:
		r.bad(p, name, "is missing")
	case t.wrong:
		r.bad(p, name, "want a string")
	case t.value == "" || utf8.RuneCountInString(t.value) > maxText:
		r.bad(p, name, "want 1 to %d characters", maxText)
	case !utf8.ValidString(t.value):
		r.bad(p, name, "is not UTF-8")
	default:
		return t.value
	}
	return ""
}

// time checks an event time, and returns it in UTC.
func (r *reading) time(p place, name string, t text) time.Time {
	const want = "want a time with its zone, as in 2026-01-02T03:04:05.6Z (RFC 3339)"
	var at time.Time
	switch {
	case !t.given:
		r.bad(p, name, "is missing; "+want)
	case t.wrong || !timeForm.MatchString(t.value):
		r.bad(p, name, want)
	case at.UnmarshalText([]byte(t.value)) != nil:
		r.bad(p, name, "is no time that there is; "+want)
	case at.Before(oldest):
		r.bad(p, name, "is before the year %d", oldest.Year())
	case at.After(r.now.Add(maxAhead)):
		r.bad(p, name, "is more than %d hours ahead of the service's clock", int(maxAhead.Hours()))
	default:
		return at.UTC()
	}
	return time.Time{}
}

// origin is whose a record is: what all of them have.
type origin struct {
	Platform text `json:"platform"`
	Stream   text `json:"stream"`
	Account  text `json:"account"`
	Subject  text `json:"subject"`
}

// origin checks whose a record is, and puts the subject in the account's place.
func (r *reading) origin(p place, o origin) (stream string, subject signal.Subject) {
	if o.Platform.given && (o.Platform.wrong || o.Platform.value != r.platform) {
		r.fault(http.StatusForbidden, p, "platform", "is not the key's platform, for which alone it sends")
	}
	stream = r.text(p, "stream", o.Stream, true)
	account, token := "account", "subject"
	if p == parameters {
		account = accountHeader
	}
	switch {
	case o.Account.given == o.Subject.given:
		r.bad(p, "", "want either %s or %s", account, token)
	case o.Subject.given:
		subject = signal.Subject(o.Subject.value)
		if o.Subject.wrong || !detect.ValidSubject(subject) {
			r.bad(p, token, notAToken)
		}
	default:
		subject = r.token(p, account, o.Account)
	}
	return stream, subject
}

// token makes the token of an account.
func (r *reading) token(p place, name string, account text) signal.Subject {
	account.given = true
	value := r.text(p, name, account, true)
	switch {
	case value == "":
		return ""
	case strings.TrimSpace(value) == "":
		r.bad(p, name, "is blank")
		return ""
	case value != r.account:
		r.account, r.subject = value, r.v.Subject(r.platform, value)
	}
	return r.subject
}

package service

import (
	"context"

	"github.com/vigil-stream/vigil/detect"
)

// sessionRecord is a live stream's start, heartbeat or end.
type sessionRecord struct {
	origin
	State   text    `json:"state"`
	Private boolean `json:"private"`
	Started text    `json:"started_at"`
	Time    text    `json:"time"`
	Country text    `json:"country"`
	Reason  text    `json:"reason"`
}

// sessions is POST /v1/sessions.
func (v *service) sessions(c *call) error {
	return takeEvents(v, c, func(r *reading, p place, s sessionRecord) (Record, error) {
		session := r.session(p, s)
		if r.faults.Any() {
			return Record{}, nil
		}
		_, err := session.Encode()
		return Record{Session: &session}, err
	})
}

// session checks what is said of a session.
func (r *reading) session(p place, s sessionRecord) detect.SessionRecord {
	session := detect.SessionRecord{
		Platform: r.platform, State: s.State.value, Private: s.Private.value, Country: s.Country.value,
		StartedAt: r.time(p, "started_at", s.Started), At: r.time(p, "time", s.Time), Reason: r.text(p, "reason", s.Reason, false),
	}
	session.Stream, session.Subject = r.origin(p, s.origin)
	switch s.State.value {
	case detect.Started, detect.Live, detect.Ended:
	default:
		r.bad(p, "state", "want %s, %s or %s", detect.Started, detect.Live, detect.Ended)
	}
	if !s.Private.given || s.Private.wrong {
		r.bad(p, "private", "want true or false")
	}
	if s.Country.given && !isCountry(s.Country.value) {
		r.bad(p, "country", "want the two capital letters of ISO 3166-1")
	}
	if session.At.Before(session.StartedAt) && !session.At.IsZero() {
		r.bad(p, "time", "is before started_at")
	}
	return session
}

func isCountry(code string) bool {
	return len(code) == 2 && 'A' <= code[0] && code[0] <= 'Z' && 'A' <= code[1] && code[1] <= 'Z'
}

// flagRecord is what a user says of a stream.
type flagRecord struct {
	origin
	ID     text `json:"id"`
	Reason text `json:"reason"`
	Time   text `json:"time"`
}

// flags is POST /v1/flags.
func (v *service) flags(c *call) error {
	return takeEvents(v, c, func(r *reading, p place, s flagRecord) (Record, error) {
		flag := detect.FlagRecord{
			Platform: r.platform, ID: r.text(p, "id", s.ID, true), Reason: r.text(p, "reason", s.Reason, true), At: r.time(p, "time", s.Time),
		}
		flag.Stream, flag.Subject = r.origin(p, s.origin)
		if r.faults.Any() {
			return Record{}, nil
		}
		_, err := flag.Encode()
		return Record{Flag: &flag}, err
	})
}

// takeEvents reads records, checks each, and sends them. An error of check is one that
// checking should have found before: ours.
func takeEvents[T any](v *service, c *call, check func(*reading, place, T) (Record, error)) error {
	r := v.read(c)
	given, at, free, err := readJSON[T](c, r)
	if err != nil {
		return err
	}
	defer free()
	records := make([]Record, len(given))
	for i, g := range given {
		if records[i], err = check(r, at+place(i), g); err != nil {
			return err
		}
	}
	if err := r.err(); err != nil {
		return err
	}
	return v.take(c, records, nil, func(context.Context) error { return nil })
}

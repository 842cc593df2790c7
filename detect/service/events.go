package service

import (
	"context"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/signal"
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

	Audience number `json:"audience"`
	Guests   texts  `json:"guests"`
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
	session.Guests = r.guests(p, s)
	if a := s.Audience; a.given && (a.wrong || a.value < 1) {
		r.bad(p, "audience", "want a whole number, at least 1")
	} else {
		session.Audience = a.value
	}
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

// guests are the viewers of a private session, named as its streamer is: by account or
// by token.
func (r *reading) guests(p place, s sessionRecord) []signal.Subject {
	if !s.Guests.given {
		return nil
	}
	if s.Guests.wrong || len(s.Guests.value) == 0 || len(s.Guests.value) > signal.MaxGuests {
		r.bad(p, "guests", "want an array of 1 to %d strings", signal.MaxGuests)
		return nil
	}
	if !s.Private.value {
		r.bad(p, "guests", "are told of a private session alone")
		return nil
	}
	tokens := make([]signal.Subject, 0, len(s.Guests.value))
	for i, guest := range s.Guests.value {
		name := fmt.Sprintf("guests/%d", i)
		if !s.Subject.given {
			tokens = append(tokens, r.token(p, name, guest))
			continue
		}
		if guest.wrong || !detect.ValidSubject(signal.Subject(guest.value)) {
			r.bad(p, name, notAToken)
		}
		tokens = append(tokens, signal.Subject(guest.value))
	}
	slices.Sort(tokens)
	return slices.Compact(tokens) // Two spellings of one account.
}

func isCountry(code string) bool {
	return len(code) == 2 && 'A' <= code[0] && code[0] <= 'Z' && 'A' <= code[1] && code[1] <= 'Z'
}

// flagRecord is what a user says of a stream.
type flagRecord struct {
	origin
	ID     text `json:"id"`
	Reason text `json:"reason"`
	Source text `json:"source"`
	Time   text `json:"time"`
}

// flags is POST /v1/flags.
func (v *service) flags(c *call) error {
	return takeEvents(v, c, func(r *reading, p place, s flagRecord) (Record, error) {
		flag := detect.FlagRecord{
			Platform: r.platform, ID: r.text(p, "id", s.ID, true), Reason: r.text(p, "reason", s.Reason, true), At: r.time(p, "time", s.Time),
		}
		flag.Stream, flag.Subject = r.origin(p, s.origin)
		switch flag.Source = s.Source.value; {
		case !s.Source.given:
		case s.Source.wrong, flag.Source != detect.FromUser && flag.Source != detect.FromTrusted && flag.Source != detect.FromModerator:
			r.bad(p, "source", "want %s, %s or %s", detect.FromUser, detect.FromTrusted, detect.FromModerator)
		}
		if r.faults.Any() {
			return Record{}, nil
		}
		_, err := flag.Encode()
		return Record{Flag: &flag}, err
	})
}

// scoreRecord is what a platform's classifier says of a stream.
type scoreRecord struct {
	origin
	Classifier text  `json:"classifier"`
	Value      share `json:"value"`
	Time       text  `json:"time"`
}

// scores is POST /v1/scores.
func (v *service) scores(c *call) error {
	return takeEvents(v, c, func(r *reading, p place, s scoreRecord) (Record, error) {
		score := detect.ScoreRecord{
			Platform: r.platform, Classifier: r.text(p, "classifier", s.Classifier, true), Value: s.Value.value, At: r.time(p, "time", s.Time),
		}
		score.Stream, score.Subject = r.origin(p, s.origin)
		if !s.Value.given || s.Value.wrong {
			r.bad(p, "value", "want a number, 0 to 1")
		}
		if r.faults.Any() {
			return Record{}, nil
		}
		_, err := score.Encode()
		return Record{Score: &score}, err
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

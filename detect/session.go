package detect

import (
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// The states of a session.
const (
	Started = "started"
	Live    = "live" // a heartbeat: it goes on
	Ended   = "ended"
)

// A SessionRecord is a platform's word that a live stream began, goes on or ended:
// the value of the topic sessions, keyed by stream. All records of one session state
// the same start; another start is another session.
type SessionRecord struct {
	Stream    string         `json:"stream"`
	Platform  string         `json:"platform"`
	Subject   signal.Subject `json:"subject"`
	State     string         `json:"state"` // Started, Live or Ended
	Private   bool           `json:"private"`
	StartedAt time.Time      `json:"started_at"`
	At        time.Time      `json:"at"` // of the start, the heartbeat or the end
	// Country is where the streamer probably is, ISO 3166-1 alpha-2, if known.
	Country string `json:"country,omitempty"`
	Reason  string `json:"reason,omitempty"` // why it ended, if known
	// Audience is the most viewers at once so far, the streamer not among them, at least
	// 1; 0 is not known.
	Audience int `json:"audience,omitempty"`
	// Guests are the viewers of a private session so far, where the platform tells them:
	// the first signal.MaxGuests. Who watches what is public is nobody's business.
	Guests []signal.Subject `json:"guests,omitempty"`
}

// Encode returns the record as JSON that fits its schema.
func (r SessionRecord) Encode() ([]byte, error) {
	r.StartedAt, r.At = r.StartedAt.UTC(), r.At.UTC()
	data, err := encode(sessionSchema, r)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	return data, nil
}

// Session makes the signals of one sessions record: one about the streamer, and, of a
// private session, one about each guest that the platform tells, so that whoever pays is
// seen at what they pay for. All records of a session are revisions of the same signals:
// the later the record's time the higher, and the end above a heartbeat of its time, so
// that the newest stands whichever arrives last.
func Session(data []byte) ([]signal.Signal, error) {
	var r SessionRecord
	if err := sessionSchema.Decode(data, &r); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	start, err := utc("/started_at", r.StartedAt)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	at, err := utc("/at", r.At)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	if len(r.Guests) > 0 && !r.Private {
		return nil, fmt.Errorf("session: %w", signal.Reject("schema", "/guests: are told of a private session alone"))
	}
	slices.Sort(r.Guests)
	if at.Before(start) {
		return nil, fmt.Errorf("session: %w", signal.Reject("schema", "/at: is before started_at"))
	}

	what := "public"
	if r.Private {
		what = "private"
	}
	lasted := at.Sub(start)
	revision, says := uint64(1), fmt.Sprintf("a %s live stream on %s began", what, r.Platform)
	switch r.State {
	case Live:
		revision = 2*uint64(lasted.Milliseconds()) + 1
		says = fmt.Sprintf("a %s live stream on %s goes on after %s", what, r.Platform, lasted.Round(time.Second))
	case Ended:
		revision = 2*uint64(lasted.Milliseconds()) + 2
		says = fmt.Sprintf("a %s live stream on %s ended after %s", what, r.Platform, lasted.Round(time.Second))
	}
	all := make([]signal.Signal, 1, 1+len(r.Guests))
	all[0] = signal.Signal{
		ID:       signal.ID("session", r.Platform, r.Stream, string(r.Subject), start.Format(time.RFC3339Nano)),
		Revision: revision,
		Kind:     signal.KindSession,
		Subject:  r.Subject,
		Start:    start,
		End:      at,
		Says:     says,
		Session: &signal.Session{
			Stream: r.Stream, Platform: r.Platform, Private: r.Private,
			Ended: r.State == Ended, Country: r.Country, Audience: r.Audience, Guests: r.Guests,
		},
		Evidence: []signal.Evidence{{What: "session", Holder: r.Platform, Ref: r.Stream, At: at}},
	}
	for i, guest := range r.Guests {
		if guest == r.Subject || i > 0 && guest == r.Guests[i-1] {
			continue
		}
		s := all[0]
		s.ID = signal.ID("guest", r.Platform, r.Stream, string(r.Subject), string(guest), start.Format(time.RFC3339Nano))
		s.Subject, s.Says = guest, "was a guest where "+says
		s.Session = &signal.Session{
			Stream: r.Stream, Platform: r.Platform, Private: true, Ended: r.State == Ended, Audience: r.Audience, Host: r.Subject,
		}
		all = append(all, s)
	}
	return all, nil
}

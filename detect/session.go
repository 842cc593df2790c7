package detect

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// The states of a session.
const (
	Started = "started"
	Ended   = "ended"
)

// A SessionRecord is a platform's word that a live stream began or ended: the
// value of the topic sessions, keyed by stream.
type SessionRecord struct {
	Stream    string         `json:"stream"`
	Platform  string         `json:"platform"`
	Subject   signal.Subject `json:"subject"`
	State     string         `json:"state"` // Started or Ended
	Private   bool           `json:"private"`
	StartedAt time.Time      `json:"started_at"`
	At        time.Time      `json:"at"` // of the start, or of the end
	// Country is where the streamer probably is, ISO 3166-1 alpha-2, if known.
	Country string `json:"country,omitempty"`
	Reason  string `json:"reason,omitempty"` // why it ended, if known
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

// Session makes the signal of one sessions record. Start and end of a stream
// are revisions 1 and 2 of one signal, so that the end stands whichever of the
// two arrives last.
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
	if at.Before(start) {
		return nil, fmt.Errorf("session: %w", signal.Reject("schema", "/at: is before started_at"))
	}

	what := "public"
	if r.Private {
		what = "private"
	}
	revision, says := uint64(1), fmt.Sprintf("a %s live stream on %s began", what, r.Platform)
	if r.State == Ended {
		revision, says = 2, fmt.Sprintf("a %s live stream on %s ended after %s", what, r.Platform, at.Sub(start).Round(time.Second))
	}
	return []signal.Signal{{
		ID:       signal.ID("session", r.Platform, r.Stream, string(r.Subject)),
		Revision: revision,
		Kind:     signal.KindSession,
		Subject:  r.Subject,
		Start:    start,
		End:      at,
		Says:     says,
		Session: &signal.Session{
			Stream: r.Stream, Platform: r.Platform, Private: r.Private,
			Ended: r.State == Ended, Country: r.Country,
		},
		Evidence: []signal.Evidence{{What: "session", Holder: r.Platform, Ref: r.Stream, At: at}},
	}}, nil
}

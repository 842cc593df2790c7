package detect

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A FlagRecord is a user's word about a stream, as the platform passes it on:
// the value of the topic flags, keyed by stream. It does not name the user.
type FlagRecord struct {
	ID       string         `json:"id"` // the platform's own
	Stream   string         `json:"stream"`
	Platform string         `json:"platform"`
	Subject  signal.Subject `json:"subject"` // the streamer
	Reason   string         `json:"reason"`
	// Source is who flagged, where the platform tells: FromUser, FromTrusted or
	// FromModerator.
	Source string    `json:"source,omitempty"`
	At     time.Time `json:"at"`
}

// The sources of a flag.
const (
	FromUser      = "user"
	FromTrusted   = "trusted" // a trusted flagger, as the Digital Services Act has them, or the like
	FromModerator = "moderator"
)

// Encode returns the record as JSON that fits its schema.
func (r FlagRecord) Encode() ([]byte, error) {
	r.At = r.At.UTC()
	data, err := encode(flagSchema, r)
	if err != nil {
		return nil, fmt.Errorf("flag: %w", err)
	}
	return data, nil
}

// Flag makes the signal of one flags record. What the user wrote stays in the
// field meant for it: it may name a person, so the sentence does not quote it.
func Flag(data []byte) ([]signal.Signal, error) {
	var r FlagRecord
	if err := flagSchema.Decode(data, &r); err != nil {
		return nil, fmt.Errorf("flag: %w", err)
	}
	at, err := utc("/at", r.At)
	if err != nil {
		return nil, fmt.Errorf("flag: %w", err)
	}
	who := "a user"
	switch r.Source {
	case FromTrusted:
		who = "a trusted flagger"
	case FromModerator:
		who = "a moderator"
	}
	return []signal.Signal{{
		// With the platform: two platforms may both count their flags from 1.
		ID:       signal.ID("flag", r.Platform, r.ID),
		Revision: 1,
		Kind:     signal.KindFlag,
		Subject:  r.Subject,
		Start:    at,
		End:      at,
		Says:     who + " of " + r.Platform + " flagged a live stream",
		Flag:     &signal.Flag{Stream: r.Stream, Platform: r.Platform, Reason: r.Reason, Source: r.Source},
		Evidence: []signal.Evidence{{What: "flag", Holder: r.Platform, Ref: r.ID, At: at}},
	}}, nil
}

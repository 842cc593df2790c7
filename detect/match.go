package detect

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

// track is what is kept about one list entry in one stream.
type track struct {
	Frames   uint64 `json:"frames"`   // that matched
	Distance int    `json:"distance"` // the best
	Radius   int    `json:"radius"`   // the limit when the best was found
	Version  string `json:"version"`  // of the list, when the first frame matched
	// First and Last bound the matching frames in event time, UTC.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Evidence names the first signal.MaxEvidence of the frames.
	Evidence []signal.Evidence `json:"evidence"`
}

// track counts a match of a frame. It returns nil when the stream already
// matches maxTracked other entries.
func (st *stream) track(s State, f Frame, fp fingerprint, m hashdb.Match) (*track, error) {
	key := []byte("match/" + st.key + "/" + signal.ID(m.List, m.Entry))
	data, err := s.Get(key)
	if err != nil {
		return nil, fmt.Errorf("read state of match: %w", err)
	}
	t := &track{Distance: m.Distance, Radius: m.Radius, Version: m.Version, First: f.At, Last: f.At}
	switch {
	case data != nil:
		if err := json.Unmarshal(data, t); err != nil {
			return nil, fmt.Errorf("match in stream %s: %w: %w", st.key, errDamaged, err)
		}
	case st.tracked >= maxTracked:
		return nil, nil
	default:
		st.tracked++
	}

	t.Frames++
	if m.Distance < t.Distance {
		t.Distance, t.Radius = m.Distance, m.Radius
	}
	// Frames of a stream may come out of order.
	if f.At.Before(t.First) {
		t.First = f.At
	}
	if f.At.After(t.Last) {
		t.Last = f.At
	}
	if len(t.Evidence) < signal.MaxEvidence {
		t.Evidence = append(t.Evidence, signal.Evidence{
			What: "frame", Holder: f.Platform, Ref: f.ID, SHA256: fp.sha256, At: f.At,
		})
	}
	if data, err = json.Marshal(t); err != nil {
		return nil, fmt.Errorf("encode state of match: %w", err)
	}
	if err := s.Set(key, data); err != nil {
		return nil, fmt.Errorf("write state of match: %w", err)
	}
	return t, nil
}

// signal says what is known of a stream and a list entry.
func (t *track) signal(f Frame, m hashdb.Match, framesSeen uint64) signal.Signal {
	return signal.Signal{
		ID:       signal.ID("match", f.Platform, f.Stream, string(f.Subject), m.List, m.Entry),
		Revision: t.Frames,
		Kind:     signal.KindMatch,
		Subject:  f.Subject,
		Start:    t.First,
		End:      t.Last,
		Says: fmt.Sprintf("%d of %d frames match entry %s of list %s, best distance %d of %d bits (limit %d)",
			t.Frames, framesSeen, m.Entry, m.List, t.Distance, m.Kind.Bits(), t.Radius),
		Match: &signal.Match{
			Stream: f.Stream, Platform: f.Platform,
			HashKind: m.Kind.String(), List: m.List, ListVersion: t.Version, Entry: m.Entry,
			Distance: t.Distance, Radius: t.Radius,
			FramesMatched: t.Frames, FramesSeen: framesSeen,
		},
		Evidence: t.Evidence,
	}
}

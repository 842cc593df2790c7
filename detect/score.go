package detect

import (
	"fmt"
	"math"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A ScoreRecord is what a platform's own classifier says of a live stream: the value of
// the topic scores, keyed by stream. Vigil has no classifier. A platform sends one when
// its score of a stream rises, or at intervals; more often than once a minute tells no
// more.
type ScoreRecord struct {
	Stream     string         `json:"stream"`
	Platform   string         `json:"platform"`
	Subject    signal.Subject `json:"subject"`    // the streamer
	Classifier string         `json:"classifier"` // its name and version, as the weights name it
	Value      float64        `json:"value"`      // 0 to 1
	At         time.Time      `json:"at"`
}

// Encode returns the record as JSON that fits its schema.
func (r ScoreRecord) Encode() ([]byte, error) {
	r.At = r.At.UTC()
	data, err := encode(scoreSchema, r)
	if err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	return data, nil
}

// Score makes the signal of one scores record. The records of a stream, a classifier and
// a UTC day are revisions of one signal: the highest score stands, to a thousandth, and
// of equals the latest, to a second, in whatever order they come.
func Score(data []byte) ([]signal.Signal, error) {
	var r ScoreRecord
	if err := scoreSchema.Decode(data, &r); err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	at, err := utc("/at", r.At)
	if err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	at = at.Truncate(time.Second)
	thousandths := math.Round(r.Value * 1000)
	return []signal.Signal{{
		ID:       signal.ID("score", r.Platform, r.Stream, string(r.Subject), r.Classifier, at.Format(time.DateOnly)),
		Revision: uint64(thousandths)*secondsOfDay + uint64(at.Unix()-at.Truncate(24*time.Hour).Unix()) + 1,
		Kind:     signal.KindScore,
		Subject:  r.Subject,
		Start:    at,
		End:      at,
		Says:     fmt.Sprintf("a classifier of %s gave a live stream %.3f", r.Platform, thousandths/1000),
		Score:    &signal.Score{Stream: r.Stream, Platform: r.Platform, Classifier: r.Classifier, Value: thousandths / 1000},
		Evidence: []signal.Evidence{{What: "score", Holder: r.Platform, Ref: r.Stream, At: at}},
	}}, nil
}

const secondsOfDay = 24 * 60 * 60

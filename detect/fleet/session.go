package fleet

import (
	"context"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/intake"
)

// ReasonLost ends a session whose intake did not say why it was over.
const ReasonLost = "lost"

// endTimeout is how long the end of a session may take to tell after the fleet's own.
const endTimeout = 10 * time.Second

// A session is what is told of one live stream, from its first frame to its end. Many
// intakes may give its frames, one after another.
type session struct {
	sink   Sink
	record detect.SessionRecord // as it began
	frames int
	last   time.Time // event time of the last frame that was, or may have been, sent
	told   time.Time // that of the last record
}

// begin tells a session with its first frame; what never gave one was no session. Its
// start is cut to the millisecond, as times are on their way.
func begin(ctx context.Context, sink Sink, spec Spec, at time.Time) (*session, error) {
	at = at.UTC().Truncate(time.Millisecond)
	s := &session{sink: sink, last: at, told: at, record: detect.SessionRecord{
		Stream: spec.Stream, Platform: spec.Platform, Subject: spec.Subject,
		State: detect.Started, Private: spec.Private, Country: spec.Country,
		StartedAt: at, At: at,
	}}
	return s, s.tell(ctx, s.record)
}

func (s *session) tell(ctx context.Context, r detect.SessionRecord) error {
	if err := s.sink.Session(ctx, r); err != nil {
		return fmt.Errorf("tell that its session is %s: %w", r.State, err)
	}
	return nil
}

func (s *session) frame(ctx context.Context, sample intake.Sample, at time.Time, fps float64) error {
	sample.At = at
	// One that is cut off may have arrived all the same: what matches in it must not lie
	// behind the end of the session, or it would never be told whole.
	s.last = at
	if err := s.sink.Frame(ctx, Frame{Session: s.record, Index: s.frames, Sample: sample, FPS: fps}); err != nil {
		return fmt.Errorf("frame %d: %w", s.frames, err)
	}
	s.frames++
	return nil
}

// beat tells that the session goes on, if frames came since that was last told.
func (s *session) beat(ctx context.Context) error {
	if !s.last.After(s.told) {
		return nil
	}
	s.told = s.last
	r := s.record
	r.State, r.At = detect.Live, s.last
	return s.tell(ctx, r)
}

// end tells the end also where ctx is over.
func (s *session) end(ctx context.Context, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if reason == "" {
		reason = ReasonLost
	}
	r := s.record
	r.State, r.At, r.Reason = detect.Ended, s.last, reason
	return s.tell(ctx, r)
}

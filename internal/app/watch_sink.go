package app

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/detect/fleet"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// What `vigil watch` sends of a frame.
const (
	sendFrames = "frames"
	sendHashes = "hashes"
)

// A watchSink sends what the fleet sees: sessions, and of each frame its picture or
// only its hashes. It keeps the last minutes of each stream in an encrypted ring.
type watchSink struct {
	client  *stream.Client
	send    string
	hashers chan *detect.Hasher
	rings   *edge.Rings // nil where no public key is configured
	leaving *leaving
	log     *zap.Logger
	metrics watchMetrics

	mu       sync.Mutex
	sessions map[sessionKey]*watchedSession
	ended    []*watchedSession // whose rings wait for signals that come late
}

type sessionKey struct{ platform, stream string }

// watchedSession is what is kept of a session while it goes on.
type watchedSession struct {
	detect.SessionRecord
	ring *edge.Ring // nil where none could be made
	sent outgoingSession
	drop time.Time // when the ring of an ended session goes
}

// outgoingSession is what left the platform of one session, and why.
type outgoingSession struct {
	What     string    `json:"what"` // frames or hashes
	Why      string    `json:"why"`
	Session  string    `json:"session"` // id of the session's records
	Platform string    `json:"platform"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Frames   int       `json:"frames"`
	Bytes    int64     `json:"bytes"`
	Policy   string    `json:"policy"`
}

func keyOf(s detect.SessionRecord) sessionKey { return sessionKey{s.Platform, s.Stream} }

// sessionID names one session of a stream.
func sessionID(s detect.SessionRecord) string {
	return signal.ID("session", s.Platform, s.Stream, string(s.Subject), s.StartedAt.Format(time.RFC3339Nano))
}

// Session tells of a session in the topic and, at its end, in the audit log what of it
// left the platform.
func (w *watchSink) Session(ctx context.Context, s detect.SessionRecord) error {
	if s.State == detect.Started {
		if err := w.begin(s); err != nil {
			return err
		}
	}
	if err := produceSession(ctx, w.client, s); err != nil {
		return err
	}
	if s.State != detect.Ended {
		return nil
	}
	w.mu.Lock()
	kept := w.sessions[keyOf(s)]
	delete(w.sessions, keyOf(s))
	w.mu.Unlock()
	if kept == nil {
		return nil
	}
	if kept.ring != nil {
		w.mu.Lock()
		kept.drop = w.leaving.now().Add(ringKeep)
		w.ended = append(w.ended, kept)
		w.mu.Unlock()
	}
	kept.sent.To = s.At
	return w.leaving.session(kept.sent)
}

// keepsEnded reports whether rings of sessions that ended wait for signals.
func (w *watchSink) keepsEnded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ended) > 0
}

// closeRings ends the rings of sessions that ended long enough ago, or all of them.
func (w *watchSink) closeRings(all bool) {
	now := w.leaving.now()
	w.mu.Lock()
	var due, wait []*watchedSession
	for _, kept := range w.ended {
		if all || !kept.drop.After(now) {
			due = append(due, kept)
		} else {
			wait = append(wait, kept)
		}
	}
	w.ended = wait
	w.mu.Unlock()
	for _, kept := range due {
		if err := kept.ring.Close(); err != nil {
			w.log.Error("ring of a stream", zap.String("session", kept.sent.Session), zap.Error(err))
		}
	}
}

func (w *watchSink) begin(s detect.SessionRecord) error {
	kept := &watchedSession{SessionRecord: s, sent: outgoingSession{
		What: w.send, Why: "matching", Session: sessionID(s), Platform: s.Platform, From: s.StartedAt, Policy: w.leaving.policy,
	}}
	if w.rings != nil {
		ring, err := w.rings.Ring(s.Platform, s.Stream, s.StartedAt)
		if err != nil {
			w.log.Error("a stream is watched without a ring: nothing of it can be preserved", zap.String("session", kept.sent.Session), zap.Error(err))
		}
		kept.ring = ring
	}
	w.mu.Lock()
	w.sessions[keyOf(s)] = kept
	w.mu.Unlock()
	return w.leaving.session(kept.sent)
}

func (w *watchSink) session(s detect.SessionRecord) *watchedSession {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sessions[keyOf(s)]
}

// Frame keeps a frame in the ring and sends what is to be sent of it. A frame that
// cannot be hashed is counted and passed over: the stream goes on.
func (w *watchSink) Frame(ctx context.Context, f fleet.Frame) error {
	id := frameID(f.Session, f.Index)
	kept := w.session(f.Session)
	if kept != nil && kept.ring != nil {
		if _, err := kept.ring.Add(f.Sample.At, f.Index, id, f.Sample.JPEG); err != nil {
			w.metrics.ringFailures.Inc()
			w.log.Error("a frame is missing in the ring", zap.String("frame", id), zap.Error(err))
		}
	}
	contentType, data := detect.JPEG, f.Sample.JPEG
	if w.send == sendHashes {
		record, err := w.hash(ctx, f.Sample.JPEG)
		var rejected *signal.Rejection
		if errors.As(err, &rejected) {
			w.metrics.unhashed.Inc()
			w.log.Warn("a frame cannot be hashed", zap.String("frame", id), zap.Error(err))
			return nil
		}
		if err == nil {
			data, err = record.Encode()
		}
		if err != nil {
			return err
		}
		contentType = detect.HashType
	}
	if err := w.client.Produce(ctx, frameOutput(f.Session, f.Index, f.Sample.At, contentType, data)); err != nil {
		return err
	}
	w.metrics.frames.WithLabelValues(w.send).Inc()
	if kept != nil {
		w.mu.Lock()
		kept.sent.Frames++
		kept.sent.Bytes += int64(len(data))
		w.mu.Unlock()
	}
	return nil
}

// hash makes the record of a picture. A hasher is also the leave to decode.
func (w *watchSink) hash(ctx context.Context, jpeg []byte) (detect.HashRecord, error) {
	select {
	case h := <-w.hashers:
		defer func() { w.hashers <- h }()
		return h.Fingerprint(detect.JPEG, jpeg)
	case <-ctx.Done():
		return detect.HashRecord{}, ctx.Err()
	}
}

// preserve keeps a window of a stream that is, or lately was, watched here.
func (w *watchSink) preserve(win fleet.Window) {
	w.mu.Lock()
	var here []*watchedSession
	if kept := w.sessions[sessionKey{win.Platform, win.Stream}]; kept != nil && kept.ring != nil && !win.To.Before(kept.StartedAt) {
		here = append(here, kept)
	}
	for _, kept := range w.ended {
		if kept.Platform == win.Platform && kept.Stream == win.Stream && !win.To.Before(kept.StartedAt) && !win.From.After(kept.sent.To) {
			here = append(here, kept)
		}
	}
	w.mu.Unlock()
	for _, kept := range here {
		if err := kept.ring.Preserve(win.From, win.To, win.Why.Signal); err != nil {
			w.metrics.ringFailures.Inc()
			w.log.Error("a window of a stream is not preserved whole", zap.String("session", kept.sent.Session), zap.String("signal", win.Why.Signal), zap.Error(err))
		}
	}
}

// ringKeep is how much of a stream a ring holds, and for how long after its end.
const ringKeep = 5 * time.Minute

// deliver carries what was preserved to the evidence store until ctx ends.
func (w *watchSink) deliver(ctx context.Context) error {
	tick := time.NewTicker(deliverEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			w.closeRings(false)
			w.deliverNow(ctx)
		}
	}
}

// deliverEvery is how often it is looked whether there is something to deliver.
const deliverEvery = time.Second

// deliverNow delivers windows, and states what left.
func (w *watchSink) deliverNow(ctx context.Context) {
	if err := w.leaving.flush(ctx); err != nil && ctx.Err() == nil {
		w.log.Error("it is not stated yet what left the platform", zap.Error(err))
	}
	if w.rings == nil {
		return
	}
	done, err := w.rings.Deliver(ctx, w.leaving.put)
	w.metrics.preserved.Add(float64(len(done)))
	if err != nil && ctx.Err() == nil {
		w.log.Error("preserved windows are not delivered yet", zap.Error(err))
	}
}

func produceSession(ctx context.Context, client *stream.Client, s detect.SessionRecord) error {
	out, err := sessionOutput(s)
	if err != nil {
		return err
	}
	return client.Produce(ctx, out)
}

func sessionOutput(s detect.SessionRecord) (stream.Output, error) {
	data, err := s.Encode()
	if err != nil {
		return stream.Output{}, err
	}
	return stream.Output{Topic: topicSessions, Event: stream.Event{
		ID:     signal.ID("session-record", sessionID(s), s.State, s.At.Format(time.RFC3339Nano)),
		Source: "platform/" + s.Platform, Type: "vigil.session.v1", Subject: string(s.Subject),
		Time: s.At, Key: s.Stream, ContentType: typeJSON, Data: data,
	}}, nil
}

func flagOutput(f detect.FlagRecord) (stream.Output, error) {
	data, err := f.Encode()
	return stream.Output{Topic: topicFlags, Event: stream.Event{
		ID: signal.ID("flag-record", f.Platform, f.ID), Source: "platform/" + f.Platform, Type: "vigil.flag.v1",
		Subject: string(f.Subject), Time: f.At, Key: f.Stream, ContentType: typeJSON, Data: data,
	}}, err
}

func scoreOutput(s detect.ScoreRecord) (stream.Output, error) {
	data, err := s.Encode()
	return stream.Output{Topic: topicScores, Event: stream.Event{
		ID:     signal.ID("score-record", s.Platform, s.Stream, string(s.Subject), s.Classifier, strconv.FormatFloat(s.Value, 'g', -1, 64), s.At.Format(time.RFC3339Nano)),
		Source: "platform/" + s.Platform, Type: "vigil.score.v1",
		Subject: string(s.Subject), Time: s.At, Key: s.Stream, ContentType: typeJSON, Data: data,
	}}, err
}

func frameID(s detect.SessionRecord, index int) string {
	return signal.ID("frame", s.Platform, s.Stream, s.StartedAt.Format(time.RFC3339Nano), strconv.Itoa(index))
}

func frameOutput(s detect.SessionRecord, index int, at time.Time, contentType string, data []byte) stream.Output {
	return stream.Output{Topic: topicFrames, Event: stream.Event{
		ID: frameID(s, index), Source: "platform/" + s.Platform, Type: "vigil.frame.v1", Subject: string(s.Subject),
		Time: at, Key: s.Stream, ContentType: contentType, Data: data,
		Ext: map[string]string{"stream": s.Stream, "platform": s.Platform},
	}}
}

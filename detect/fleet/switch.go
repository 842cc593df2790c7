package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/signal"
)

// level returns the rate that is wanted now, and why if that is the raised one.
func (k *keeper) level(now time.Time) (fps float64, why signal.Kind) {
	fps = k.spec.FPS
	if fps == 0 {
		fps = k.f.o.Policy.BaseFPS
	}
	if until, why := k.slot.level(now); !until.IsZero() {
		return max(fps, k.f.o.Policy.RaisedFPS), why
	}
	return fps, ""
}

// source is the rate to ask of the intake. What cannot be opened twice is decoded at
// the highest from the start, so that a raise takes effect with the next frame.
func (k *keeper) source() float64 {
	if k.push {
		return max(k.fps, k.f.o.Policy.RaisedFPS)
	}
	return k.fps
}

// adjust follows the level.
func (k *keeper) adjust(ctx context.Context) {
	fps, why := k.level(k.f.o.Now())
	if fps == k.fps && why == k.why {
		return
	}
	before := k.fps
	k.fps, k.why = fps, why
	k.slot.show(func(s *Status) { s.FPS, s.Why, s.Raised = fps, why, why != "" })
	if fps == before {
		return
	}
	what := EventLowered
	if fps > before {
		what = EventRaised
	}
	k.report(Event{What: what, FPS: fps, Why: why})
	if k.push {
		k.thin.want(fps, k.tail.at)
		return
	}
	k.turnTo(ctx, fps > before)
}

// turnTo brings the feed to the rate that is wanted. The one that runs goes on until the
// next has a frame, so that nothing between is lost; only a file that is read at its
// fastest is stopped first, since it can be gone on with exactly where it was.
func (k *keeper) turnTo(ctx context.Context, urgent bool) {
	if k.cur == nil {
		return // What opens comes first; its first frame leads back here.
	}
	if k.next != nil && k.next.fps != k.fps {
		k.next.stop()
		k.next = nil
	}
	switch {
	case k.cur.fps == k.fps:
		k.openAt = time.Time{}
	case k.next != nil:
	case k.file:
		k.cur.turning = true
		k.cur.stop()
	case urgent:
		k.begin(ctx)
	default:
		k.openAt, k.turn = k.f.o.Now(), false
	}
}

// begin starts a feed that is to take over with its first frame.
func (k *keeper) begin(ctx context.Context) {
	now := k.f.o.Now()
	o := intake.Options{
		Input: k.spec.Input, Listen: k.spec.Listen, FPS: k.source(), FullDecode: k.push,
		Loop: k.spec.Loop, Realtime: k.spec.Loop, Start: now.UTC(), Now: k.f.o.Now,
		FFmpeg: k.f.o.FFmpeg, Stderr: k.f.o.Stderr,
	}
	switch {
	case !k.file:
	case k.tail.at.IsZero():
		k.start = o.Start
	default:
		o.Start, o.Seek = k.start, k.tail.pts+interval(o.FPS)
	}
	k.openAt = time.Time{}
	k.next = run(ctx, k.f.o.Watcher, o, k.over)
	k.open++
	if k.cur == nil {
		k.state(StateOpening)
	}
}

// sample takes one picture of a feed.
func (k *keeper) sample(ctx context.Context, fd *feed, s intake.Sample) error {
	now := k.f.o.Now()
	at, ok := fd.join(s, k.tail, now, k.file)
	if fd == k.next && fd.joined {
		if k.cur != nil {
			k.cur.stop()
		}
		k.cur, k.next = fd, nil
		k.graceAt, k.openAt = time.Time{}, time.Time{}
		k.slot.show(func(s *Status) { s.Err = nil })
		k.state(StateLive)
		k.report(Event{What: EventOpened, FPS: fd.fps})
		if !k.push && fd.fps != k.fps {
			k.turnTo(ctx, k.fps > fd.fps)
		}
	}
	if !ok {
		return nil
	}
	k.tail.pts, k.tail.fps = s.PTS, fd.fps
	if k.push && !k.thin.pass(at) {
		return nil
	}
	if k.ses == nil {
		if !k.file {
			at = afterLast(at, k.slot.shown().LastFrame)
		}
		ses, err := begin(ctx, k.f.o.Sink, k.spec, at)
		if err != nil {
			return err
		}
		k.ses, k.beatAt = ses, now.Add(k.f.o.Heartbeat)
		k.slot.show(func(s *Status) { s.Session = ses.record.StartedAt })
	}
	fps := fd.fps
	if k.push {
		fps = k.fps
	}
	if err := k.ses.frame(ctx, s, at, fps); err != nil {
		return err
	}
	k.tail.at = at
	k.slot.show(func(s *Status) { s.Frames++; s.LastFrame = at })
	return nil
}

// afterLast returns at, or the first time after last where that is later: a stream that is
// stopped and started at once begins its next session after the one before, by the
// millisecond to which starts are cut.
func afterLast(at, last time.Time) time.Time {
	if at.UTC().Truncate(time.Millisecond).After(last) {
		return at
	}
	return last.Add(time.Millisecond)
}

// closed takes the end of a feed. It returns a reason where the stream is done with it.
func (k *keeper) closed(c closing) (reason string, err error) {
	k.open--
	fd := c.feed
	mine := fd == k.cur || fd == k.next
	finished := k.file && c.Reason == intake.ReasonEnded
	restart := mine && !fd.turning && !finished
	k.slot.show(func(s *Status) {
		s.CPU += c.CPU
		if restart {
			s.Restarts++
			s.Err = c.err
		}
	})
	if !restart {
		c.err = nil // Its own interruption.
	}
	k.report(Event{What: EventClosed, FPS: fd.fps, Reason: c.Reason, Err: c.err, Frames: c.Frames, CPU: c.CPU, Restart: restart})
	switch {
	case !mine:
		return "", nil
	case errors.Is(c.err, intake.ErrNoFFmpeg):
		return intake.ReasonFailed, c.err
	}

	now := k.f.o.Now()
	switch fd {
	case k.cur:
		k.cur = nil
		k.broke, k.graceAt = c.Reason, now.Add(k.f.o.Grace)
	case k.next:
		k.next = nil
		if k.cur != nil { // Only the change of its rate failed: the stream goes on.
			k.openAt, k.turn = now.Add(k.wait.NextBackOff()), false
			return "", nil
		}
	}
	if finished {
		k.state(StateDone)
		return intake.ReasonEnded, nil
	}
	if fd.joined {
		k.tries = 0
		if now.Sub(fd.first) >= steady {
			k.wait.Reset()
		}
	} else if k.tries++; k.tries >= futile && (k.file || k.f.o.UntilDone && k.ses == nil) {
		k.state(StateFailed)
		k.report(Event{What: EventGivenUp, Reason: c.Reason, Err: c.err})
		return c.Reason, nil
	}
	if k.next == nil {
		pause := time.Duration(0)
		hungUp := k.spec.Listen && fd.joined && c.Reason == intake.ReasonEnded // and may call again
		if !fd.turning && !hungUp {
			pause = k.wait.NextBackOff()
		}
		k.openAt, k.turn = now.Add(pause), fd.turning
		k.state(StateWaiting)
	}
	return "", nil
}

func (k *keeper) endSession(ctx context.Context, reason string) error {
	ses := k.ses
	k.ses, k.beatAt, k.graceAt = nil, time.Time{}, time.Time{}
	k.slot.show(func(s *Status) { s.Session = time.Time{} })
	return ses.end(ctx, reason)
}

func (k *keeper) state(state string) {
	now := k.f.o.Now().UTC()
	k.slot.show(func(s *Status) {
		if s.State != state {
			s.State, s.Since = state, now
		}
	})
}

func (k *keeper) report(e Event) {
	e.Platform, e.Stream = k.spec.Platform, k.spec.Stream
	k.f.o.Report(e)
}

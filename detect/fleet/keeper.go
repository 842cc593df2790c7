package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/signal"
)

// steady is how long an intake must have given frames for the next failure to count as
// the first.
const steady = 10 * time.Second

// futile is how often an input may fail without a new frame before it is given up, where
// it is to be done at some time.
const futile = 5

// A keeper watches one stream as one spec has it. All of it belongs to the goroutine of
// run, save what the feeds do until they hand over.
type keeper struct {
	f    *Fleet
	slot *slot
	spec Spec
	// file: it is read at full speed and to its end, and can be sought. One that plays in
	// a loop stands for a live stream, and as with that its next intake does not go on
	// where the last one was. push: it cannot be opened a second time, so it is decoded at
	// the highest rate that may be wanted, and thinned here.
	file, push bool

	over  chan closing
	open  int   // feeds that have not closed
	cur   *feed // gives the frames
	next  *feed // is to take its place with its first frame
	ses   *session
	tail  tail    // of the frames of this session and earlier ones
	fps   float64 // wanted
	why   signal.Kind
	thin  thinner
	wait  backoff.ExponentialBackOff
	tries int // without progress

	start time.Time // of a file: the event time of its beginning
	broke string    // why the session's last intake was over

	openAt, graceAt, beatAt time.Time // zero: never
	turn                    bool      // openAt has its turn at the gate
}

func newKeeper(f *Fleet, s *slot, spec Spec) *keeper {
	k := &keeper{
		f: f, slot: s, spec: spec,
		push: intake.Push(spec.Input, spec.Listen),
		over: make(chan closing),
		wait: backoff.ExponentialBackOff{
			InitialInterval: f.o.BackoffMin, MaxInterval: f.o.BackoffMax,
			Multiplier: backoff.DefaultMultiplier, RandomizationFactor: backoff.DefaultRandomizationFactor,
		},
	}
	k.file = spec.file() && !spec.Loop && !k.push
	return k
}

// run returns nil when ctx ended or the stream is done, and otherwise what ends the fleet.
func (k *keeper) run(ctx context.Context) error {
	now := k.f.o.Now()
	k.fps, k.why = k.level(now)
	k.thin = thinner{source: k.source(), fps: k.fps} // of push alone
	k.slot.show(func(s *Status) {
		s.Subject, s.FPS, s.Why, s.Raised, s.Err = k.spec.Subject, k.fps, k.why, k.why != "", nil
		s.State, s.Since = StateWaiting, now.UTC()
	})
	k.openAt = now
	reason, err := k.loop(ctx)
	for _, fd := range []*feed{k.cur, k.next} {
		if fd != nil {
			fd.stop()
		}
	}
	k.cur, k.next = nil, nil
	for k.open > 0 {
		_, _ = k.closed(<-k.over) // Nothing is to be done about it any more.
	}
	if ctx.Err() != nil { // A Sink that failed was interrupted.
		reason, err = intake.ReasonStopped, nil
	}
	if k.ses != nil {
		if err != nil && reason == "" {
			reason = intake.ReasonFailed
		}
		err = errors.Join(err, k.endSession(ctx, reason))
	}
	return err
}

// loop returns why the stream is done, when it is.
func (k *keeper) loop(ctx context.Context) (reason string, err error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		k.set(timer)
		select {
		case <-ctx.Done():
			return intake.ReasonStopped, nil
		case s := <-samplesOf(k.cur):
			err = k.sample(ctx, k.cur, s)
		case s := <-samplesOf(k.next):
			err = k.sample(ctx, k.next, s)
		case c := <-k.over:
			reason, err = k.closed(c)
		case <-k.slot.poke:
			k.adjust(ctx)
		case <-timer.C:
			reason, err = k.tick(ctx)
		}
		if err != nil || reason != "" {
			return reason, err
		}
	}
}

// set makes the timer fire when the next thing is due.
func (k *keeper) set(timer *time.Timer) {
	until, _ := k.slot.level(k.f.o.Now())
	var first time.Time
	for _, t := range []time.Time{k.openAt, k.graceAt, k.beatAt, until} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if first.IsZero() {
		timer.Stop()
		return
	}
	timer.Reset(max(0, first.Sub(k.f.o.Now())))
}

// tick does what is due. It returns a reason where that ends the stream.
func (k *keeper) tick(ctx context.Context) (reason string, err error) {
	now := k.f.o.Now()
	due := func(t *time.Time) bool {
		if t.IsZero() || t.After(now) {
			return false
		}
		*t = time.Time{}
		return true
	}
	if due(&k.graceAt) && k.ses != nil && k.cur == nil {
		if err := k.endSession(ctx, k.broke); err != nil {
			return "", err
		}
		if k.f.o.UntilDone && k.broke == intake.ReasonEnded {
			k.state(StateDone)
			return k.broke, nil
		}
	}
	if due(&k.beatAt) && k.ses != nil {
		if err := k.ses.beat(ctx); err != nil {
			return "", err
		}
		k.beatAt = now.Add(k.f.o.Heartbeat)
	}
	if due(&k.openAt) && k.next == nil && (k.cur == nil || k.cur.fps != k.source()) {
		wait := time.Duration(0)
		if !k.turn {
			wait = k.f.gate.pass(now)
		}
		if k.turn = wait > 0; k.turn {
			k.openAt = now.Add(wait)
		} else {
			k.begin(ctx)
		}
	}
	k.adjust(ctx)
	return "", nil
}

package intake

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Sample is one picture.
type Sample struct {
	Index int // of the watch, from 0
	// At is the event time, UTC. In a file it is Options.Start and PTS. At an
	// address it follows the stream's own time from the first arrival on, never
	// later than a picture arrived, and never going back.
	At time.Time
	// PTS is the stream's own time, in whole milliseconds: in a file from its
	// beginning, growing on through a loop; of an address as its sender counts.
	PTS  time.Duration
	JPEG []byte // the receiver's to keep
}

// A Result says how a watch went.
type Result struct {
	Reason    string        // why it returned, one of those below
	Frames    int           // handed over
	CPU       time.Duration // user and system time of ffmpeg
	KeyFrames bool          // the last picture came of decoding key frames alone
}

// Why Watch returned.
const (
	ReasonEnded   = "ended"   // the input came to its end
	ReasonStopped = "stopped" // the context was cancelled
	ReasonFailed  = "failed"  // see the error
	ReasonStalled = "stalled" // no picture came for Options.Stall
)

// Watch runs ffmpeg and calls each with every picture in turn, until the input
// ends, ctx is cancelled, no picture comes for too long or each returns an error;
// ffmpeg is then gone and waited for. The error is nil for ReasonEnded and
// ReasonStopped; otherwise it is ErrNoFFmpeg, what is wrong with the options, the
// error of each, how long nothing came, or ffmpeg's fault with its last messages.
//
// Samples come no faster than each takes them: ffmpeg waits, and with it a file;
// a live sender may give up on a receiver that stays behind. Time spent in each
// is no stall.
//
// A low rate begins with key frames alone. Where they prove too rare for it, a
// second ffmpeg, which decodes all, takes the place of the first: a file goes on
// where it was, of a live stream a moment may be missing.
func Watch(ctx context.Context, o Options, each func(Sample) error) (Result, error) {
	failed := Result{Reason: ReasonFailed}
	o, err := o.withDefaults()
	if err != nil {
		return failed, fmt.Errorf("watch: %w", err)
	}
	program, err := o.program()
	if err != nil {
		return failed, fmt.Errorf("watch: %w", err)
	}
	w := &watch{o: o, program: program, each: each, keys: newKeyFrames(o), next: o.Seek, base: o.Seek}
	w.result.Reason, err = w.run(ctx)
	if err != nil {
		err = fmt.Errorf("watch: %w", err)
	}
	return w.result, err
}

// A watch is the state of one Watch over its ffmpegs.
type watch struct {
	o       Options
	program string
	each    func(Sample) error
	keys    *keyFrames // nil once all frames are decoded
	result  Result
	anchor  anchor
	last    time.Duration // PTS of the last picture handed over
	next    time.Duration // files: PTS at which the next picture is due
	base    time.Duration // files: PTS at which this ffmpeg counts 0
	second  bool          // this is not the first ffmpeg
}

// run goes from one ffmpeg to the next until there is a reason to return.
func (w *watch) run(ctx context.Context) (string, error) {
	for from := w.o.Seek; ; w.second = true {
		err := w.round(ctx, decoding{w.keys != nil, from})
		switch {
		case errors.As(err, new(receiverError)):
			return ReasonFailed, err
		case ctx.Err() != nil:
			return ReasonStopped, nil
		case errors.Is(err, errRare):
			w.keys = nil
			from, w.base = w.next, w.next
		case errors.Is(err, errStalled):
			return ReasonStalled, fmt.Errorf("%w: none for %s, after %d frames", err, w.o.Stall, w.result.Frames)
		case err != nil:
			return ReasonFailed, err
		case w.o.file() && w.keys != nil:
			// What lies behind the last key frame may be due as well.
			w.keys = nil
			from, w.base = w.next, w.next
		default:
			return ReasonEnded, nil
		}
	}
}

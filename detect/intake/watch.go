package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// A Sample is one frame.
type Sample struct {
	Index int
	// At is the event time, UTC: Options.Start and Index/FPS seconds. ffmpeg
	// gives a steady rate, repeating or leaving out frames of the stream, so
	// this is the place in the stream; it does not follow a live stream's
	// sender through a pause.
	At   time.Time
	JPEG []byte // the receiver's to keep
}

// Why Watch returned.
const (
	ReasonEnded   = "ended"   // the input came to its end
	ReasonStopped = "stopped" // the context was cancelled
	ReasonFailed  = "failed"  // see the error
)

// killDelay is how long after ffmpeg is gone its pipes may stay open, held by a
// process it left behind.
const killDelay = 2 * time.Second

// Watch runs ffmpeg and calls each with every frame in turn, until the input
// ends, ctx is cancelled or each returns an error; ffmpeg is then gone and
// waited for. It returns one of the reasons above. The error is nil for
// ReasonEnded and ReasonStopped; otherwise it is ErrNoFFmpeg, what is wrong with
// the options, the error of each, or ffmpeg's fault with its last messages.
//
// Samples come no faster than each takes them: ffmpeg waits, and with it a file;
// a live sender may give up on a receiver that stays behind.
func Watch(ctx context.Context, o Options, each func(Sample) error) (reason string, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return ReasonFailed, fmt.Errorf("watch: %w", err)
	}
	program, err := o.program()
	if err != nil {
		return ReasonFailed, fmt.Errorf("watch: %w", err)
	}
	// Its own context, so that ffmpeg also ends when each fails.
	running, stop := context.WithCancel(ctx)
	defer stop()
	said := &messages{to: o.Stderr}
	cmd := exec.CommandContext(running, program, o.arguments()...)
	cmd.Stderr = said
	cmd.WaitDelay = killDelay
	ownGroup(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return ReasonFailed, fmt.Errorf("watch: pipe to ffmpeg: %w", err)
	}
	if err := cmd.Start(); err != nil {
		if ctx.Err() != nil {
			return ReasonStopped, nil
		}
		return ReasonFailed, fmt.Errorf("watch: start ffmpeg: %w", err)
	}

	count, readErr, eachErr := sample(out, o, each)
	if readErr != nil || eachErr != nil {
		stop()
	}
	waitErr := cmd.Wait()
	switch {
	case eachErr != nil:
		return ReasonFailed, fmt.Errorf("watch: frame %d: %w", count, eachErr)
	case ctx.Err() != nil:
		return ReasonStopped, nil
	case errors.Is(readErr, errStream) || errors.Is(readErr, errTooLong):
		return ReasonFailed, fmt.Errorf("watch: frame %d: %w", count, readErr)
	case waitErr != nil || readErr != nil:
		return ReasonFailed, fmt.Errorf("watch: ffmpeg failed after %d frames: %w: %s", count, errors.Join(waitErr, readErr), said)
	case count == 0:
		return ReasonFailed, fmt.Errorf("watch: the input holds no picture: %s", said)
	}
	return ReasonEnded, nil
}

// sample hands over the pictures in r. It tells the fault of the stream from
// that of the receiver; both nil is a stream that ended between two pictures.
func sample(r io.Reader, o Options, each func(Sample) error) (count int, readErr, eachErr error) {
	for s := newSplitter(r, o.MaxFrame); ; count++ {
		picture, err := s.next()
		if errors.Is(err, io.EOF) {
			return count, nil, nil
		}
		if err != nil {
			return count, err, nil
		}
		after := time.Duration(float64(count) / o.FPS * float64(time.Second))
		if err := each(Sample{Index: count, At: o.Start.Add(after).UTC(), JPEG: picture}); err != nil {
			return count, nil, err
		}
	}
}

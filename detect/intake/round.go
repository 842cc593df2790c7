package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

var (
	errStalled = errors.New("no picture came in time")
	errRare    = errors.New("key frames are too rare")
	errSender  = errors.New("the sender stated another app or stream key than the listener's")
	errLingers = errors.New("ffmpeg closed its output and did not end")
)

// A receiverError is what the receiver of the pictures returned.
type receiverError struct {
	frame int
	err   error
}

func (e receiverError) Error() string { return fmt.Sprintf("frame %d: %v", e.frame, e.err) }
func (e receiverError) Unwrap() error { return e.err }

// round runs one ffmpeg to its end and returns why it ended: nil is the end of the
// input.
func (w *watch) round(ctx context.Context, d decoding) error {
	// Its own context, so that ffmpeg also ends where the watch wants it.
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	said := newMessages(w.o.Stderr, w.o.Input)
	if w.o.Listen {
		said.stranger = func() { stop(errSender) }
	}
	p, err := launch(running, w.program, w.o.arguments(d), said)
	if err != nil {
		return err
	}
	before := w.result.Frames
	if fault := w.read(p.out, stop); fault != nil {
		stop(fault)
	} else {
		defer time.AfterFunc(endDelay, func() { stop(errLingers) }).Stop()
	}
	cpu, err := p.wait()
	w.result.CPU += cpu
	cause := context.Cause(running) // the first of all that went wrong
	switch {
	case errors.As(cause, new(receiverError)), errors.Is(cause, errRare), errors.Is(cause, errStalled), errors.Is(cause, errSender):
		return cause
	case errors.Is(cause, errStream), errors.Is(cause, errTooLong):
		return fmt.Errorf("frame %d: %w", w.result.Frames, cause)
	case cause != nil || err != nil:
		return fmt.Errorf("ffmpeg failed after %d frames: %w: %s", w.result.Frames-before, errors.Join(cause, err), said)
	case w.result.Frames == 0 && w.o.Seek == 0 && w.keys == nil:
		return fmt.Errorf("the input holds no picture: %s", said)
	}
	return nil
}

// read hands over the pictures in out. Nil is a stream that ended between two.
func (w *watch) read(out io.Reader, stop context.CancelCauseFunc) error {
	r := newReader(out, w.o.MaxFrame)
	for n := 0; ; n++ {
		unguard := w.guard(n, stop)
		pts, picture, err := r.next()
		unguard()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if w.o.file() {
			pts += w.base
		}
		rare := w.keys != nil && w.keys.rare(pts)
		if rare && w.o.file() {
			return errRare // this picture and those before it come again
		}
		if w.repeated(pts) {
			continue
		}
		if err := w.deliver(pts, picture); err != nil {
			return err
		}
		if rare {
			return errRare
		}
	}
}

func (w *watch) deliver(pts time.Duration, picture []byte) error {
	s := Sample{Index: w.result.Frames, PTS: pts, JPEG: picture}
	if w.o.file() {
		s.At = w.o.Start.Add(pts).UTC()
	} else {
		s.At = w.anchor.at(pts, w.o.Now())
	}
	if err := w.each(s); err != nil {
		return receiverError{s.Index, err}
	}
	w.result.Frames++
	w.result.KeyFrames = w.keys != nil
	w.last, w.next = pts, pts+w.o.period()
	return nil
}

// overlap is how far back a playlist may begin when it is opened anew.
const overlap = time.Minute

// repeated reports whether a second reading of a playlist gives what the first one
// gave. Other addresses begin where their sender is.
func (w *watch) repeated(pts time.Duration) bool {
	if s := schemeOf(w.o.Input); s != "http" && s != "https" {
		return false
	}
	return w.second && w.result.Frames > 0 && pts <= w.last && pts > w.last-overlap
}

// guard ends the round when the picture number n of an ffmpeg does not come in
// time; the returned function calls it off.
func (w *watch) guard(n int, stop context.CancelCauseFunc) (unguard func()) {
	if w.o.Listen && w.result.Frames == 0 {
		return func() {} // no sender yet
	}
	limit, cause := w.o.Stall, errStalled
	switch {
	case n == 0 && w.result.Frames == 0 && w.keys != nil:
		limit, cause = w.o.Stall/2, errRare // half of the time is left for all frames
	case n == 0 && w.result.Frames == 0 && w.second:
		limit = w.o.Stall / 2
	case n == 1 && w.keys != nil && (!w.o.file() || w.o.Realtime):
		if wait := w.keys.wait(); wait < limit {
			limit, cause = wait, errRare
		}
	}
	t := time.AfterFunc(limit, func() { stop(cause) })
	return func() { t.Stop() }
}

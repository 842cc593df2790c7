package edge

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// ErrClosed is the error of a ring that is used after its session ended.
var ErrClosed = errors.New("the ring is closed")

// A Ring holds the newest frames of one session. It may be used from several
// goroutines.
type Ring struct {
	rings   *Rings
	session Session
	prints  []string // fingerprints of the keys that open its files
	local   string   // names the ring's files; random

	mu       sync.Mutex
	closed   bool
	newest   time.Time // event time; zero before the first frame
	open     *segment  // being written, else nil
	writer   *segmentWriter
	held     []*segment // ended, by number
	next     int        // number of the next segment
	windows  []Window   // by time, apart from each other
	gaps     []Gap
	dirty    bool // the record on disk is not what it should be
	recorded bool // there is a record on disk
}

// A segment is one encrypted file.
type segment struct {
	number   int
	from, to time.Time // of its frames
	frames   int
	size     int64
	sum      string
	wanted   bool // by a window
	durable  bool // will outlive a crash, once the record names it
	gone     bool // delivered
}

func (s *segment) span() span { return span{s.from, s.to} }

func (r *Ring) file(number int) string { return segmentName(r.local, number) }

// Add keeps a frame, a JPEG of at most MaxFrame bytes, and returns the SHA-256 of its
// bytes in lower-case hex, also beside an error. An error says that this frame or the
// segment before it is not kept, which the window it lies in will tell as a gap, or that
// something preserved is not safe from a crash yet. The ring is ready for the next frame
// all the same. The picture is not held on to.
func (r *Ring) Add(at time.Time, index int, id string, jpeg []byte) (string, error) {
	f := Frame{At: at.UTC(), Index: index, ID: id, JPEG: jpeg, SHA256: sha256.Sum256(jpeg)}
	sum := hex.EncodeToString(f.SHA256[:])
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return sum, fmt.Errorf("edge: add: %w", ErrClosed)
	}
	if err := checkTime("frame time", f.At); err != nil {
		return sum, fmt.Errorf("edge: add: %w", err)
	}
	if err := r.add(f); err != nil {
		return sum, fmt.Errorf("edge: add: %w", err)
	}
	return sum, nil
}

func (r *Ring) add(f Frame) (err error) {
	if err := f.check(); err != nil {
		r.lose(span{f.At, f.At}, 1, whyBad)
		return err
	}
	r.advance(f.At)
	if r.ends(f) {
		err = r.seal()
	}
	if r.dirty {
		err = errors.Join(err, r.save())
	}
	// Room is made first, and also when nothing can be written: that may be why.
	err = errors.Join(err, r.expire(int64(len(f.JPEG))))
	if failed := r.write(f); failed != nil {
		return errors.Join(err, failed)
	}
	r.rings.counts.Added.Add(1)
	return err
}

// advance moves the newest time, forwards, or back where time itself was set back: one
// false time in the future must not make all that follows too old to keep. The first
// frame shows how much of the windows that were asked for before it the ring came too
// late for.
func (r *Ring) advance(at time.Time) {
	if r.newest.IsZero() {
		for i, w := range r.windows {
			r.windows[i].MissingMS += overlap(w.span(), span{r.session.Started, at}).Milliseconds()
		}
	}
	if at.After(r.newest) || r.newest.Sub(at) > r.rings.o.Keep {
		r.newest = at
	}
}

// ends reports whether the open segment ends before f. Frames outside of the windows do
// not share a segment with later ones inside, so that little more leaves than was asked
// for.
func (r *Ring) ends(f Frame) bool {
	s := r.open
	if s == nil {
		return false
	}
	return f.At.Sub(s.from).Abs() >= r.rings.o.Segment ||
		s.frames >= maxSegmentFrames ||
		s.frames > 0 && r.writer.size+int64(len(f.JPEG)) > r.rings.o.segmentBytes() ||
		wanted(r.windows, s.span()) != wanted(r.windows, span{f.At, f.At})
}

func (r *Ring) write(f Frame) (err error) {
	if r.open == nil {
		s := &segment{number: r.next, from: f.At, to: f.At}
		r.next++
		h := Header{Session: r.session, Number: s.number}
		if r.writer, err = newSegmentWriter(r.rings.disk, r.file(s.number), h, r.rings.o.Recipients); err != nil {
			r.lose(span{f.At, f.At}, 1, whyOf(err))
			return err
		}
		r.open = s
	}
	s := r.open
	old := s.span()
	grown := old.around(span{f.At, f.At})
	s.from, s.to, s.frames = grown.from, grown.to, s.frames+1
	if err := r.writer.add(f); err != nil {
		r.lose(grown, s.frames, whyOf(err))
		err = errors.Join(fmt.Errorf("segment %d of %d frames is lost: %w", s.number, s.frames, err), r.writer.abandon())
		r.open, r.writer = nil, nil
		return err
	}
	return nil
}

// seal ends the open segment. If a window wants it, the record is to be saved.
func (r *Ring) seal() error {
	s, w := r.open, r.writer
	r.open, r.writer = nil, nil
	var err error
	if s.sum, s.size, err = w.seal(); err != nil {
		r.lose(s.span(), s.frames, whyOf(err))
		return fmt.Errorf("segment %d of %d frames is lost: %w", s.number, s.frames, err)
	}
	r.held = append(r.held, s)
	if wanted(r.windows, s.span()) {
		r.want(s)
	}
	return nil
}

func (r *Ring) want(s *segment) {
	s.wanted, r.dirty = true, true
	r.rings.counts.Preserved.Add(int64(s.frames))
}

// The reasons that a Gap gives. The error itself would carry paths of this machine.
const (
	whyBad   = "bad frame"
	whyFull  = "disk full"
	whyWrite = "write failed"
)

func whyOf(err error) string {
	if errors.Is(err, syscall.ENOSPC) {
		return whyFull
	}
	return whyWrite
}

// lose remembers frames that are not kept.
func (r *Ring) lose(s span, frames int, why string) {
	r.rings.counts.Lost.Add(int64(frames))
	r.gaps = addGap(r.gaps, Gap{From: s.from, To: s.to, Frames: frames, Why: why}, r.rings.o.Segment)
}

// expire drops what is too old, or too much once room bytes more are held, and forgets
// the windows and gaps that lie behind.
func (r *Ring) expire(room int64) error {
	horizon, ahead := r.newest.Add(-r.rings.o.Keep), r.newest.Add(r.rings.o.Keep)
	bytes, count := room, 0
	if r.open != nil {
		bytes += r.writer.size
	}
	for _, s := range r.held {
		if !s.wanted {
			bytes += s.size
			count++
		}
	}
	err := r.drop(func(s *segment) bool {
		if !s.to.Before(horizon) && !s.from.After(ahead) && bytes <= r.rings.o.MaxBytes && count <= maxSegments {
			return false
		}
		bytes -= s.size
		count--
		return true
	})
	oldest := horizon
	for _, s := range r.held {
		if s.from.Before(oldest) {
			oldest = s.from
		}
	}
	r.windows = keepFrom(r.windows, oldest)
	r.gaps = keepFrom(r.gaps, oldest)
	return err
}

// drop removes, oldest first, the segments that nobody asked for and that are due, and
// forgets those that were delivered and lie behind.
func (r *Ring) drop(due func(*segment) bool) error {
	var errs []error
	kept := r.held[:0]
	for _, s := range r.held {
		switch {
		case s.wanted && !s.gone:
		case s.gone && s.to.Before(r.newest.Add(-r.rings.o.Keep)):
			continue
		case !s.wanted && due(s):
			if err := r.rings.disk.Remove(r.file(s.number)); err != nil {
				errs = append(errs, err)
				break // and is tried again
			}
			r.rings.counts.Dropped.Add(int64(s.frames))
			continue
		}
		kept = append(kept, s)
	}
	clear(r.held[len(kept):])
	r.held = kept
	return errors.Join(errs...)
}

// Close ends the session. What is preserved stays until it was delivered, the rest is
// dropped: let a stream that has ended wait a moment for the signals about its last
// frames. Close may be called again after an error.
func (r *Ring) Close() error {
	r.mu.Lock()
	var errs []error
	if s := r.open; s != nil && wanted(r.windows, s.span()) {
		errs = append(errs, r.seal())
	} else if s != nil {
		errs = append(errs, r.writer.abandon())
		r.open, r.writer = nil, nil
		r.rings.counts.Dropped.Add(int64(s.frames))
	}
	r.closed = true
	errs = append(errs, r.drop(func(*segment) bool { return true }))
	if r.dirty {
		errs = append(errs, r.save())
	}
	r.mu.Unlock()
	r.rings.settle(r)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("edge: close: %w", err)
	}
	return nil
}

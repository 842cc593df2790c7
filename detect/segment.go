package detect

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// close ends the segments that no frame of the stream has matched for as long as
// Options.SegmentGap, seen from a frame's event time, and gives the last signal of those
// that grew since the one before. A frame that comes late ends none.
func (d *Detector) close(s State, st *stream, f Frame) (due []signal.Signal, err error) {
	kept := st.open[:0]
	for _, o := range st.open {
		if f.At.Sub(o.last) <= d.options.SegmentGap {
			kept = append(kept, o)
			continue
		}
		last, err := d.end(s, st, o, f)
		if err != nil {
			return nil, err
		}
		due = append(due, last...)
	}
	st.open = kept
	return due, nil
}

// over ends the segments of a stream that is over, but those that go on after the time at
// which it is said to be.
func (d *Detector) over(s State, f Frame) (Result, error) {
	st, err := loadStream(s, f)
	if err != nil || len(st.open) == 0 {
		return Result{}, err
	}
	var r Result
	var kept []openSegment
	for _, o := range st.open {
		if o.last.After(f.At) {
			kept = append(kept, o)
			continue
		}
		last, err := d.end(s, st, o, f)
		if err != nil {
			return Result{}, err
		}
		r.Signals = append(r.Signals, last...)
	}
	st.open = kept
	d.count.signals.Add(uint64(len(r.Signals)))
	return r, st.save(s)
}

// end forgets a segment and gives its last signal, if it grew since the one before.
func (d *Detector) end(s State, st *stream, o openSegment, f Frame) ([]signal.Signal, error) {
	key := segmentKey(st.key, o.key)
	g, err := loadSegment(s, key)
	if err != nil {
		return nil, err
	}
	var due []signal.Signal
	if g.frames > g.told {
		evidence, err := loadEvidence(s, key)
		if err != nil {
			return nil, err
		}
		due = append(due, g.signal(d.options, f, evidence))
	}
	gone := []string{key, key + "/evidence"}
	for n := range clipChunks {
		if g.clip.chunks&(1<<n) != 0 {
			gone = append(gone, chunkKey(key, n))
		}
	}
	for _, k := range gone {
		if err := s.Delete([]byte(k)); err != nil {
			return nil, fmt.Errorf("end segment: %w", err)
		}
	}
	return due, nil
}

// tellEvery is how much of a segment, in event time, may lie behind the signal that told
// of it last. What is kept of a stream at its edge is asked for by the signals' times, and
// lies there for five minutes.
const tellEvery = 3 * time.Minute

// match counts a frame for the segment of a target, which it may begin, and gives the
// signal if one is due: with each power of two of different pictures and each power of
// four of frames, so that what begins is told at once, when a video's limits are reached
// first, and every tellEvery.
func (d *Detector) match(s State, st *stream, f Frame, fp *fingerprint, h *hit) (due []signal.Signal, err error) {
	target := keyOf(h.target)
	key := segmentKey(st.key, target)
	at := slices.IndexFunc(st.open, func(o openSegment) bool { return o.key == target })
	if at >= 0 && st.open[at].far(f.At) > d.options.SegmentGap {
		// A clock was set, or a frame is very late: that is another segment.
		if due, err = d.end(s, st, st.open[at], f); err != nil {
			return nil, err
		}
		st.open = slices.Delete(st.open, at, at+1)
		at = -1
	}
	var g *segment
	switch {
	case at >= 0:
		if g, err = loadSegment(s, key); err != nil {
			return nil, err
		}
	case len(st.open) >= maxTracked:
		d.count.untold.Add(1)
		return due, nil
	default:
		g = begin(f, st, h)
		st.open = append(st.open, openSegment{key: target})
		at = len(st.open) - 1
	}

	another := g.add(f, st, h)
	st.open[at].first, st.open[at].last = g.first, g.last
	if h.clip {
		g.clip.total = max(g.clip.total, h.total)
		if err := g.clip.mark(s, key, h.frames); err != nil {
			return nil, err
		}
	}
	name := another && g.evidence < signal.MaxEvidence
	tell := another && powerOf(1, g.pictures) || powerOf(2, g.frames) || g.last.Sub(g.toldTo) >= tellEvery
	if g.target.clip && !g.toldReached {
		limits, _ := d.options.clipLimits(g)
		g.toldReached = limits.Reached
		tell = tell || limits.Reached
	}
	var evidence []signal.Evidence
	if g.evidence > 0 && (name || tell) {
		if evidence, err = loadEvidence(s, key); err != nil {
			return nil, err
		}
	}
	if name {
		evidence = append(evidence, signal.Evidence{
			What: "frame", Holder: f.Platform, Ref: f.ID, SHA256: fp.sha256, At: f.At,
		})
		g.evidence = len(evidence)
		if err := saveEvidence(s, key, evidence); err != nil {
			return nil, err
		}
	}
	if tell {
		g.told, g.toldTo = g.frames, g.last
		due = append(due, g.signal(d.options, f, evidence))
	}
	if err := s.Set([]byte(key), g.encode()); err != nil {
		return nil, fmt.Errorf("write state of match: %w", err)
	}
	return due, nil
}

// far is how far outside the segment a time is.
func (o openSegment) far(t time.Time) time.Duration {
	return max(o.first.Sub(t), t.Sub(o.last), 0)
}

func loadSegment(s State, key string) (*segment, error) {
	data, err := s.Get([]byte(key))
	if err != nil {
		return nil, fmt.Errorf("read state of match: %w", err)
	}
	g, ok := decodeSegment(data)
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, errDamaged)
	}
	return g, nil
}

// mark takes note of the frames of the video, ascending, that were matched.
func (c *clip) mark(s State, key string, frames []int) error {
	for len(frames) > 0 && frames[0] < maxClipFrames {
		n := frames[0] / chunkFrames
		chunk := make([]byte, chunkFrames/8)
		if c.chunks&(1<<n) != 0 {
			data, err := s.Get([]byte(chunkKey(key, n)))
			if err != nil {
				return fmt.Errorf("read frames of video: %w", err)
			}
			if len(data) != len(chunk) {
				return fmt.Errorf("%s: %w", chunkKey(key, n), errDamaged)
			}
			chunk = data
		}
		before := c.matched
		for ; len(frames) > 0 && frames[0]/chunkFrames == n && frames[0] < maxClipFrames; frames = frames[1:] {
			at := frames[0] % chunkFrames
			if bit := byte(1) << (at % 8); chunk[at/8]&bit == 0 {
				chunk[at/8] |= bit
				c.matched++
			}
		}
		if c.matched == before {
			continue
		}
		c.chunks |= 1 << n
		if err := s.Set([]byte(chunkKey(key, n)), chunk); err != nil {
			return fmt.Errorf("write frames of video: %w", err)
		}
	}
	return nil
}

func chunkKey(key string, n int) string { return fmt.Sprintf("%s/frames/%d", key, n) }

// powerOf reports whether n is a power of 2^each.
func powerOf(each int, n uint64) bool {
	return n > 0 && n&(n-1) == 0 && bits.TrailingZeros64(n)%each == 0
}

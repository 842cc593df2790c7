package detect

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

const (
	// maxRecent is how many frame ids of a stream are remembered to drop
	// repeats. Upstream repeats what was in flight when it stopped, which is
	// less; a frame that comes again after more others is counted twice.
	maxRecent = 64
	// maxTracked is how many segments of one stream are open at a time. A stream
	// that matches more than that has been found; others are left out until one ends.
	maxTracked = 64
	// heldBits is up to how many bits a frame's hash may differ from the picture before
	// for the frame to show that picture still: an encoder's noise on a still changes none
	// or two of PDQ's bits, which come in pairs since half of them are set.
	heldBits = 2
)

// stream is what is kept about the frames of one stream: a record of at most 2,500
// bytes, 600 where nothing matches, written with every frame. What it matched lies
// beside it.
type stream struct {
	key  string // of the stream, in hex
	seen uint64 // frames
	good uint64 // of them, those of MinQuality and above
	// pictures counts those that differ from the one before, and last is the newest.
	pictures uint64
	last     hashdb.Hash
	open     []openSegment
	recent   []byte // prefixes of the digests of the last frames' ids, oldest first
}

// openSegment says where a segment is kept and when it would end.
type openSegment struct {
	key         [16]byte // of the target
	first, last time.Time
}

const (
	streamVersion = 2 // 1 had neither pictures nor segments
	streamHead    = 1 + 3*8 + 1 + 32 + 1
	openSize      = 16 + 2*timeSize
	timeSize      = 8 + 4
	prefixSize    = 8
)

var errDamaged = errors.New("state is damaged")

// streamKey names a stream. The same account may stream under one id at two
// platforms, and a record may name another account for an id it used before:
// these are different streams.
func streamKey(f Frame) string { return signal.ID("stream", f.Platform, f.Stream, string(f.Subject)) }

// loadStream reads what is known of a frame's stream. What version 1 knew is dropped: its
// counts were not of segments, so the stream begins anew.
func loadStream(s State, f Frame) (*stream, error) {
	st := &stream{key: streamKey(f)}
	data, err := s.Get([]byte("stream/" + st.key))
	if err != nil {
		return nil, fmt.Errorf("read state of stream: %w", err)
	}
	if data == nil || len(data) > 0 && data[0] == 1 {
		return st, nil
	}
	if len(data) < streamHead || data[0] != streamVersion {
		return nil, fmt.Errorf("stream %s: %w", st.key, errDamaged)
	}
	for i, n := range []*uint64{&st.seen, &st.good, &st.pictures} {
		*n = binary.BigEndian.Uint64(data[1+8*i:])
	}
	st.last.Kind = hashdb.Kind(data[25])
	copy(st.last.Bits[:], data[26:])
	n := int(data[streamHead-1])
	data = data[streamHead:]
	if n > maxTracked || len(data) < n*openSize || (len(data)-n*openSize)%prefixSize != 0 {
		return nil, fmt.Errorf("stream %s: %w", st.key, errDamaged)
	}
	st.open = make([]openSegment, n, n+1)
	for i := range st.open {
		o := &st.open[i]
		copy(o.key[:], data)
		o.first, o.last = readTime(data[16:]), readTime(data[16+timeSize:])
		data = data[openSize:]
	}
	st.recent = slices.Clip(data) // It will grow, and what lies behind it is the store's.
	return st, nil
}

func (st *stream) save(s State) error {
	data := make([]byte, 0, streamHead+len(st.open)*openSize+len(st.recent))
	data = append(data, streamVersion)
	for _, n := range []uint64{st.seen, st.good, st.pictures} {
		data = binary.BigEndian.AppendUint64(data, n)
	}
	data = append(data, byte(st.last.Kind))
	data = append(data, st.last.Bits[:]...)
	data = append(data, byte(len(st.open)))
	for _, o := range st.open {
		data = append(data, o.key[:]...)
		data = appendTime(appendTime(data, o.first), o.last)
	}
	data = append(data, st.recent...)
	if err := s.Set([]byte("stream/"+st.key), data); err != nil {
		return fmt.Errorf("write state of stream: %w", err)
	}
	return nil
}

// appendTime writes a time of any year; the calendar ends behind what nanoseconds in 64
// bits can say.
func appendTime(data []byte, t time.Time) []byte {
	data = binary.BigEndian.AppendUint64(data, uint64(t.Unix()))
	return binary.BigEndian.AppendUint32(data, uint32(t.Nanosecond()))
}

func readTime(data []byte) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(data)), int64(binary.BigEndian.Uint32(data[8:]))).UTC()
}

// add counts a frame and reports whether it is new. Eight bytes of SHA-256 take
// two of 65 ids for one with a chance of 2^-53.
func (st *stream) add(id string) bool {
	sum := sha256.Sum256([]byte(id))
	prefix := sum[:prefixSize]
	for i := 0; i < len(st.recent); i += prefixSize {
		if bytes.Equal(st.recent[i:i+prefixSize], prefix) {
			return false
		}
	}
	st.seen++
	st.recent = append(st.recent, prefix...)
	st.recent = st.recent[max(0, len(st.recent)-maxRecent*prefixSize):]
	return true
}

// show counts a frame's picture and reports whether it holds the one before. That one
// stays, or a picture that changes slowly would never have changed.
func (st *stream) show(h hashdb.Hash) (held bool) {
	st.good++
	if d, ok := h.Distance(st.last); ok && d <= heldBits {
		return true
	}
	st.pictures++
	st.last = h
	return false
}

// follows reports whether a segment of a target is open.
func (st *stream) follows(t target) bool {
	key := keyOf(t)
	return slices.ContainsFunc(st.open, func(o openSegment) bool { return o.key == key })
}

// keyOf names a target within a stream.
func keyOf(t target) (key [16]byte) {
	what := "entry"
	if t.clip {
		what = "clip"
	}
	id := signal.ID(what, t.list, t.kind.String(), t.name)
	_, _ = hex.Decode(key[:], []byte(id)) // An id is 32 hexadecimal digits.
	return key
}

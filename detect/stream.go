package detect

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/signal"
)

const (
	// maxRecent is how many frame ids of a stream are remembered to drop
	// repeats. Upstream repeats what was in flight when it stopped, which is
	// less; a frame that comes again after more others is counted twice.
	maxRecent = 256
	// maxTracked is how many list entries are followed in one stream. A stream
	// that matches more than that has been found; further entries are not added.
	maxTracked = 64
)

// stream is what is kept about the frames of one stream: a record of at most
// 2,059 bytes, written with every frame. What it matched lies beside it.
type stream struct {
	key     string // of the stream, in hex
	frames  uint64 // seen
	tracked uint16 // list entries that matched
	recent  []byte // prefixes of the digests of the last frames' ids, oldest first
}

const (
	streamVersion = 1
	streamHead    = 1 + 8 + 2
	prefixSize    = 8
)

var errDamaged = errors.New("state is damaged")

// streamKey names a stream. The same account may stream under one id at two
// platforms, and a record may name another account for an id it used before:
// these are different streams.
func streamKey(f Frame) string { return signal.ID("stream", f.Platform, f.Stream, string(f.Subject)) }

// loadStream reads what is known of a frame's stream.
func loadStream(s State, f Frame) (*stream, error) {
	st := &stream{key: streamKey(f)}
	data, err := s.Get([]byte("stream/" + st.key))
	if err != nil {
		return nil, fmt.Errorf("read state of stream: %w", err)
	}
	if data == nil {
		return st, nil
	}
	if len(data) < streamHead || data[0] != streamVersion || (len(data)-streamHead)%prefixSize != 0 {
		return nil, fmt.Errorf("stream %s: %w", st.key, errDamaged)
	}
	st.frames = binary.BigEndian.Uint64(data[1:])
	st.tracked = binary.BigEndian.Uint16(data[9:])
	st.recent = bytes.Clone(data[streamHead:])
	return st, nil
}

func (st *stream) save(s State) error {
	data := make([]byte, 0, streamHead+len(st.recent))
	data = append(data, streamVersion)
	data = binary.BigEndian.AppendUint64(data, st.frames)
	data = binary.BigEndian.AppendUint16(data, st.tracked)
	data = append(data, st.recent...)
	if err := s.Set([]byte("stream/"+st.key), data); err != nil {
		return fmt.Errorf("write state of stream: %w", err)
	}
	return nil
}

// add counts a frame and reports whether it is new. Eight bytes of SHA-256 take
// two of 257 ids for one with a chance of 2^-49.
func (st *stream) add(id string) bool {
	sum := sha256.Sum256([]byte(id))
	prefix := sum[:prefixSize]
	for i := 0; i < len(st.recent); i += prefixSize {
		if bytes.Equal(st.recent[i:i+prefixSize], prefix) {
			return false
		}
	}
	st.frames++
	st.recent = append(st.recent, prefix...)
	st.recent = st.recent[max(0, len(st.recent)-maxRecent*prefixSize):]
	return true
}

package flood

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// streamID names a stream of a platform.
type streamID [16]byte

func streamOf(m *signal.Match) streamID {
	var id streamID
	_, _ = hex.Decode(id[:], []byte(signal.ID("stream", m.Platform, m.Stream))) // 32 hex digits
	return id
}

// streams are the last distinct streams in which an entry matched, in the order in
// which they were last heard of, each with the end of its newest match in Unix
// nanoseconds.
//
// They go by arrival and not by event time, since one platform whose clock is ahead
// would make everything from the others look old.
type streams []struct {
	id streamID
	at int64
}

// keepStreams is how many streams are kept for a limit. Records in order of time need
// one more than the limit; what is beyond is for those that are not.
func keepStreams(limit int) int { return limit + 1 + min(3*(limit+1), 256) }

// see puts a stream last.
func (s streams) see(id streamID, at time.Time, limit int) streams {
	n := at.UnixNano()
	if i := s.find(id); i >= 0 {
		n = max(n, s[i].at)
		s = slices.Delete(s, i, i+1)
	}
	s = append(s, struct {
		id streamID
		at int64
	}{id, n})
	return slices.Delete(s, 0, max(0, len(s)-keepStreams(limit)))
}

func (s streams) find(id streamID) int {
	for i := range s {
		if s[i].id == id {
			return i
		}
	}
	return -1
}

// crowded reports whether more than limit streams matched in less than within, and the
// time after which they did. The stream seen last is always one of them, or it would
// have been so before.
func (s streams) crowded(limit int, within time.Duration) (after time.Time, yes bool) {
	if len(s) <= limit {
		return time.Time{}, false
	}
	last := s[len(s)-1].at
	var near []int64
	for _, e := range s {
		if e.at > last-int64(within) && e.at < last+int64(within) {
			near = append(near, e.at)
		}
	}
	slices.Sort(near)
	for i := limit; i < len(near); i++ {
		if near[i]-near[i-limit] < int64(within) {
			return time.Unix(0, near[i]-int64(within)).UTC(), true
		}
	}
	return time.Time{}, false
}

const streamSize = 16 + 8

func (s streams) encode() []byte {
	data := make([]byte, 0, len(s)*streamSize)
	for _, e := range s {
		data = append(data, e.id[:]...)
		data = binary.BigEndian.AppendUint64(data, uint64(e.at))
	}
	return data
}

func decodeStreams(data []byte) (streams, error) {
	if len(data)%streamSize != 0 {
		return nil, fmt.Errorf("streams: %w", errDamaged)
	}
	s := make(streams, len(data)/streamSize, len(data)/streamSize+1)
	for i := range s {
		at := data[i*streamSize:]
		s[i].id, s[i].at = streamID(at[:16]), int64(binary.BigEndian.Uint64(at[16:]))
	}
	return s, nil
}

package archive

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

var errDamaged = errors.New("state is damaged")

// kept is a picture of a stream and how long it stood.
type kept struct {
	from, to int64 // event time, milliseconds since 1970
	frames   uint64
	n        int // of hashes
	hashes   [2]pdq.Hash
}

const (
	dayMillis = int64(24 * time.Hour / time.Millisecond)
	// maxRef limits a name, in characters; signals carry no longer ones.
	maxRef = 256
)

// dayOf returns the day of a time: days since 1970, UTC.
func dayOf(ms int64) int32 {
	d := ms / dayMillis
	if ms%dayMillis < 0 {
		d--
	}
	return int32(d)
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// keptOf checks a print, whose names will stand in signals.
func keptOf(p detect.Print) (kept, error) {
	for _, a := range []struct{ name, value string }{
		{"stream", p.Stream}, {"platform", p.Platform}, {"subject", string(p.Subject)},
	} {
		switch {
		case a.value == "":
			return kept{}, signal.Reject("missing-attribute", "%s is missing", a.name)
		case !utf8.ValidString(a.value):
			return kept{}, signal.Reject("bad-attribute", "%s is not UTF-8", a.name)
		case utf8.RuneCountInString(a.value) > maxRef:
			return kept{}, signal.Reject("bad-attribute", "%s has more than %d characters", a.name, maxRef)
		}
	}
	if p.At.IsZero() {
		return kept{}, signal.Reject("missing-attribute", "time is missing")
	}
	if y := p.At.UTC().Year(); y < 1 || y > 9999 {
		return kept{}, signal.Reject("bad-attribute", "time is outside the years 1 to 9999")
	}
	k := kept{from: p.At.UnixMilli(), to: p.At.UnixMilli(), frames: 1, n: len(p.Hashes)}
	if k.n < 1 || k.n > len(k.hashes) {
		return kept{}, signal.Reject("print", "%d hashes, want 1 to %d", k.n, len(k.hashes))
	}
	copy(k.hashes[:], p.Hashes)
	return k, nil
}

// like reports whether two pictures differ by at most so many bits in every hash.
func (k *kept) like(o *kept, distinct int) bool {
	if k.n != o.n {
		return false
	}
	for i := range k.n {
		if distance(&k.hashes[i], &o.hashes[i]) > distinct {
			return false
		}
	}
	return true
}

// A chunk is pictures of one stream and day in the order of their arrival. A picture is
//
//	head    uvarint: how long after the end of the one before it, or after the day's
//	        beginning, it began, in milliseconds, zigzag, and two flags below
//	stood   uvarint milliseconds, and
//	frames  uvarint, less one: where the first flag is set
//	hash    32 bytes, and 32 more where the second is set
//
// At a frame a second these are 34 bytes for a picture without bars.
const (
	flagStood   = 1
	flagTrimmed = 2
)

// appendKept appends a picture that follows one that ended at prev.
func appendKept(b []byte, prev int64, k *kept) []byte {
	delta := k.from - prev
	head := uint64(delta<<1^delta>>63) << 2
	if k.frames > 1 || k.to != k.from {
		head |= flagStood
	}
	if k.n == 2 {
		head |= flagTrimmed
	}
	b = binary.AppendUvarint(b, head)
	if head&flagStood != 0 {
		b = binary.AppendUvarint(b, uint64(k.to-k.from))
		b = binary.AppendUvarint(b, k.frames-1)
	}
	for i := range k.n {
		b = append(b, k.hashes[i][:]...)
	}
	return b
}

// appendChunk appends the pictures of a chunk of a day to all.
func appendChunk(all []kept, day int32, data []byte) ([]kept, error) {
	begin := int64(day) * dayMillis
	prev := begin
	for len(data) > 0 {
		all = append(all, kept{})
		k := &all[len(all)-1]
		n, err := k.read(data, prev)
		if err != nil || k.from < begin || k.to >= begin+dayMillis {
			return nil, errDamaged
		}
		data, prev = data[n:], k.to
	}
	return all, nil
}

// read reads what appendKept appended, and returns its length.
func (k *kept) read(data []byte, prev int64) (int, error) {
	head, at := binary.Uvarint(data)
	if at <= 0 {
		return 0, errDamaged
	}
	zigzag := head >> 2
	delta := int64(zigzag>>1) ^ -int64(zigzag&1)
	if delta < -dayMillis || delta > dayMillis {
		return 0, errDamaged
	}
	k.from = prev + delta
	k.to, k.frames, k.n = k.from, 1, 1
	if head&flagStood != 0 {
		stood, n := binary.Uvarint(data[at:])
		if n <= 0 || stood > uint64(dayMillis) {
			return 0, errDamaged
		}
		more, m := binary.Uvarint(data[at+n:])
		if m <= 0 || more > math.MaxUint32 {
			return 0, errDamaged
		}
		k.to, k.frames = k.from+int64(stood), more+1
		at += n + m
	}
	if head&flagTrimmed != 0 {
		k.n = 2
	}
	for i := range k.n {
		if len(data)-at < len(pdq.Hash{}) {
			return 0, errDamaged
		}
		at += copy(k.hashes[i][:], data[at:])
	}
	return at, nil
}

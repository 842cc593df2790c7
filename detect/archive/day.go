package archive

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/vigil-stream/vigil/signal"
)

// Keys of what is kept of a stream and day: one range a day, to be deleted, and within
// it one a stream.
//
//	p day stream            its head
//	p day stream 1 number   its chunks
//	p day stream 2 match    what late prints go on with: see late.go
//	p day stream 3 match    when live detection told of it: see told.go
//
// A day is four bytes that sort as days do, a stream the 16 bytes of its id, the number
// of a chunk four bytes, and a match the 16 bytes of its id.
const (
	printPrefix = 'p'
	chunkPart   = 1
	matchPart   = 2

	idSize     = 16
	dayKeySize = 1 + 4
	headSize   = dayKeySize + idSize // Of a head's key.
	chunkSize  = headSize + 1 + 4    // Of a chunk's.
)

const (
	// maxChunk limits a chunk, in bytes: it is read and written with every print.
	maxChunk = 1 << 10
	// maxStreamDay limits what is kept of one stream and day, which a search holds in
	// memory at once, some 24 MB: three different pictures a second around the clock.
	maxStreamDay = 250_000
	// lookBehind is how many chunks before the open one are looked through for a
	// picture that comes again: some 240, as many as may be in flight upstream.
	lookBehind = 8
)

type id [idSize]byte

// idOf returns the bytes of a signal.ID.
func idOf(text string) (b id) {
	_, _ = hex.Decode(b[:], []byte(text)) // A signal.ID is hexadecimal.
	return b
}

// streamID names a stream as package detect does: the same account may stream under one
// id at two platforms, and a record may name another account for an id it used before.
func streamID(platform, stream string, subject signal.Subject) id {
	return idOf(signal.ID("stream", platform, stream, string(subject)))
}

func dayKey(day int32) []byte {
	return binary.BigEndian.AppendUint32([]byte{printPrefix}, uint32(day)^1<<31)
}

// dayOfKey returns the day of a key of at least dayKeySize bytes.
func dayOfKey(key []byte) int32 { return int32(binary.BigEndian.Uint32(key[1:]) ^ 1<<31) }

func headKey(day int32, stream id) []byte { return append(dayKey(day), stream[:]...) }

func chunkKey(head []byte, number uint32) []byte {
	key := append(make([]byte, 0, chunkSize), head...)
	return binary.BigEndian.AppendUint32(append(key, chunkPart), number)
}

// names are those of a stream.
type names struct {
	Platform, Stream string
	Subject          signal.Subject
}

// head is what is kept about a stream and day beside its chunks. It is written when a
// chunk is begun.
type head struct {
	names
	chunks uint32 // Before the open one.
	kept   uint32 // In them.
	frames uint64 // That these stand for.
	latest int64  // The latest end of them.
}

const headVersion = 1

func (h *head) encode() []byte {
	b := []byte{headVersion}
	for _, v := range []uint64{uint64(h.chunks), uint64(h.kept), h.frames} {
		b = binary.AppendUvarint(b, v)
	}
	b = binary.AppendVarint(b, h.latest)
	for _, s := range []string{h.Platform, h.Stream, string(h.Subject)} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

func decodeHead(data []byte) (head, error) {
	r := reader{rest: data}
	r.want(r.byte() == headVersion)
	h := head{chunks: r.uint32(), kept: r.uint32(), frames: r.uvarint(), latest: r.varint()}
	h.Platform, h.Stream, h.Subject = r.text(), r.text(), signal.Subject(r.text())
	if r.bad || len(r.rest) > 0 {
		return head{}, errDamaged
	}
	return h, nil
}

// streamDay is what is kept of a stream and day.
type streamDay struct {
	head
	stream id
	day    int32
	key    []byte // Of the head.
	open   []kept // The last chunk.
	begun  bool   // The head is to be written.
}

func loadStreamDay(s State, stream id, day int32) (*streamDay, error) {
	st := &streamDay{stream: stream, day: day, key: headKey(day, stream)}
	data, err := s.Get(st.key)
	if err != nil {
		return nil, fmt.Errorf("read stream: %w", err)
	}
	if data == nil {
		st.begun = true
		return st, nil
	}
	if st.head, err = decodeHead(data); err != nil {
		return nil, fmt.Errorf("read stream: %w", err)
	}
	if st.open, err = st.chunk(s, st.chunks); err != nil {
		return nil, err
	}
	return st, nil
}

func (st *streamDay) chunk(s State, number uint32) ([]kept, error) {
	data, err := s.Get(chunkKey(st.key, number))
	if err != nil {
		return nil, fmt.Errorf("read prints: %w", err)
	}
	all, err := appendChunk(nil, st.day, data)
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("read prints: chunk %d: %w", number, errDamaged)
	}
	return all, nil
}

// put is what became of a print.
type put int

const (
	added    put = iota
	extended     // It is like the last kept one.
	repeated     // It is there already.
	full
)

// add takes a picture in.
func (st *streamDay) add(s State, k kept, o Options) (put, error) {
	if len(st.open) == 0 {
		st.open = []kept{k}
		return added, nil
	}
	latest := st.latest
	for i := range st.open {
		latest = max(latest, st.open[i].to)
	}
	if k.from <= latest {
		if again, err := st.has(s, k, o.Distinct); err != nil || again {
			return repeated, err
		}
	}
	last := &st.open[len(st.open)-1]
	if k.from > last.to && k.from-last.to <= o.Gap.Milliseconds() && last.like(&k, o.Distinct) {
		last.to = k.from
		last.frames++
		return extended, nil
	}
	if int(st.kept)+len(st.open) >= maxStreamDay {
		return full, nil
	}
	if len(st.encode())+len(appendKept(nil, last.to, &k)) > maxChunk {
		st.chunks++
		st.kept += uint32(len(st.open))
		st.frames += framesOf(st.open)
		st.latest, st.open, st.begun = latest, nil, true
	}
	st.open = append(st.open, k)
	return added, nil
}

// has reports whether a picture like k at its time was kept lately.
func (st *streamDay) has(s State, k kept, distinct int) (bool, error) {
	chunk := st.open
	for number := st.chunks; ; number-- {
		for i := range chunk {
			if c := &chunk[i]; c.from <= k.from && k.from <= c.to && c.like(&k, distinct) {
				return true, nil
			}
		}
		if number == 0 || st.chunks-number == lookBehind {
			return false, nil
		}
		var err error
		if chunk, err = st.chunk(s, number-1); err != nil {
			return false, err
		}
	}
}

func framesOf(all []kept) (frames uint64) {
	for i := range all {
		frames += all[i].frames
	}
	return frames
}

// seen is how many frames what is kept of the day stands for.
func (st *streamDay) seen() uint64 { return st.frames + framesOf(st.open) }

func (st *streamDay) encode() []byte {
	b, prev := make([]byte, 0, maxChunk), int64(st.day)*dayMillis
	for i := range st.open {
		b = appendKept(b, prev, &st.open[i])
		prev = st.open[i].to
	}
	return b
}

func (st *streamDay) save(s State) error {
	if st.begun {
		if err := s.Set(st.key, st.head.encode()); err != nil {
			return fmt.Errorf("write stream: %w", err)
		}
	}
	if err := s.Set(chunkKey(st.key, st.chunks), st.encode()); err != nil {
		return fmt.Errorf("write prints: %w", err)
	}
	return nil
}

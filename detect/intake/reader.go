package intake

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

var (
	errStream  = errors.New("not a stream of timed JPEG pictures")
	errTooLong = errors.New("frame is too large")
)

// maxChunks and maxChunk bound what stands before the first picture.
const (
	maxChunks = 16
	maxChunk  = 4 << 10 // bytes
)

// A reader reads what ffmpeg's smjpeg muxer writes (Loki SDL MJPEG: big-endian
// numbers, magic, chunks of a header up to HEND, then for each picture vidD, its
// time in milliseconds, its length, the JPEG; DONE at the end). It goes by the
// length and never searches a picture for marks.
type reader struct {
	r     *bufio.Reader
	max   int // bytes of a picture
	begun bool
	first bool // a picture was read
	raw   uint32
	pts   time.Duration
}

func newReader(r io.Reader, maxFrame int) *reader {
	return &reader{r: bufio.NewReaderSize(r, 64<<10), max: maxFrame}
}

// next returns the next picture and its time, or io.EOF where the stream ends
// between two. A stream that ends within one gives io.ErrUnexpectedEOF.
func (p *reader) next() (time.Duration, []byte, error) {
	if !p.begun {
		if err := p.header(); err != nil {
			return 0, nil, err
		}
		p.begun = true
	}
	var head [12]byte
	if _, err := io.ReadFull(p.r, head[:4]); err != nil {
		return 0, nil, err // io.EOF where nothing follows
	}
	switch string(head[:4]) {
	case "vidD":
	case "DONE":
		return 0, nil, io.EOF
	default:
		return 0, nil, fmt.Errorf("%w: an unknown mark before a picture", errStream)
	}
	if _, err := io.ReadFull(p.r, head[4:]); err != nil {
		return 0, nil, unexpected(err)
	}
	length := binary.BigEndian.Uint32(head[8:])
	if uint64(length) > uint64(p.max) {
		return 0, nil, fmt.Errorf("%w: %d bytes, and the limit is %d", errTooLong, length, p.max)
	}
	picture := make([]byte, length)
	if _, err := io.ReadFull(p.r, picture); err != nil {
		return 0, nil, unexpected(err)
	}
	if length < 4 || picture[0] != 0xff || picture[1] != 0xd8 {
		return 0, nil, fmt.Errorf("%w: a picture is no JPEG", errStream)
	}
	return p.time(binary.BigEndian.Uint32(head[4:])), picture, nil
}

// time makes a growing time of one that begins again every 49.7 days.
func (p *reader) time(raw uint32) time.Duration {
	if !p.first {
		p.first, p.pts = true, time.Duration(raw)*time.Millisecond
	} else {
		p.pts += time.Duration(int32(raw-p.raw)) * time.Millisecond
	}
	p.raw = raw
	return p.pts
}

// header reads up to and with HEND. No byte at all is io.EOF: ffmpeg found nothing
// to write.
func (p *reader) header() error {
	var magic [16]byte // with a version and a duration
	if _, err := io.ReadFull(p.r, magic[:]); err != nil {
		return err // io.EOF or io.ErrUnexpectedEOF
	}
	if string(magic[:8]) != "\x00\nSMJPEG" || binary.BigEndian.Uint32(magic[8:]) != 0 {
		return fmt.Errorf("%w: it begins otherwise", errStream)
	}
	for range maxChunks {
		var head [8]byte
		if _, err := io.ReadFull(p.r, head[:4]); err != nil {
			return unexpected(err)
		}
		switch string(head[:4]) {
		case "HEND":
			return nil
		case "_TXT", "_VID":
		default:
			return fmt.Errorf("%w: an unknown mark in its header", errStream)
		}
		if _, err := io.ReadFull(p.r, head[4:]); err != nil {
			return unexpected(err)
		}
		length := binary.BigEndian.Uint32(head[4:])
		if length > maxChunk {
			return fmt.Errorf("%w: a chunk of %d bytes in its header", errStream, length)
		}
		if _, err := p.r.Discard(int(length)); err != nil {
			return unexpected(err)
		}
	}
	return fmt.Errorf("%w: more than %d chunks in its header", errStream, maxChunks)
}

// unexpected names an end of input that comes too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

package edge

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"time"
)

// ReadSegment reads a segment that age has decrypted (age.Decrypt, or age -d). The
// header is checked at once, each frame as it comes; the first thing that does not fit,
// a picture that is not the one its SHA-256 was taken of or an end that is missing, is
// told with the number of the frame, from 1, and ends the frames. A frame's picture is
// valid until the next one. No length is believed: memory is bounded by MaxFrame.
func ReadSegment(r io.Reader) (Header, iter.Seq2[Frame, error], error) {
	s := &segmentReader{r: bufio.NewReaderSize(r, 1<<16)}
	h := s.header()
	if s.err != nil {
		return Header{}, nil, fmt.Errorf("segment: header: %w", s.err)
	}
	return h, func(yield func(Frame, error) bool) {
		if s.begun {
			yield(Frame{}, errors.New("segment: its frames can be read once only"))
			return
		}
		s.begun = true
		for n := 1; ; n++ {
			f, more := s.frame(n)
			if s.err != nil {
				yield(Frame{}, fmt.Errorf("segment: frame %d: %w", n, s.err))
				return
			}
			if !more || !yield(f, nil) {
				return
			}
		}
	}, nil
}

// segmentReader remembers the first error, after which it reads zeros.
type segmentReader struct {
	r       *bufio.Reader
	small   [40]byte
	picture bytes.Buffer
	begun   bool
	err     error
}

func (s *segmentReader) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *segmentReader) bytes(n int) []byte {
	b := s.small[:n]
	clear(b)
	if s.err != nil {
		return b
	}
	if _, err := io.ReadFull(s.r, b); err != nil {
		clear(b)
		s.fail(cut(err))
	}
	return b
}

// cut says what an early end is: in the middle of a segment none is expected.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the segment is cut off: %w", io.ErrUnexpectedEOF)
	}
	return err
}

func (s *segmentReader) text(what string) string {
	n := int(binary.BigEndian.Uint16(s.bytes(2)))
	if s.err != nil {
		return ""
	}
	if n > maxText {
		s.fail(fmt.Errorf("%s has %d bytes, and the limit is %d", what, n, maxText))
		return ""
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(s.r, b); err != nil {
		s.fail(cut(err))
		return ""
	}
	return string(b)
}

func (s *segmentReader) time() time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(s.bytes(8)))).UTC()
}

func (s *segmentReader) header() Header {
	if magic := s.bytes(len(segmentMagic)); s.err == nil && string(magic) != segmentMagic {
		s.fail(fmt.Errorf("this is no segment of version 1: it begins with %q", magic))
	}
	var h Header
	h.Platform = s.text("platform")
	h.Stream = s.text("stream")
	h.Started = s.time()
	number := binary.BigEndian.Uint32(s.bytes(4))
	if number > math.MaxInt32 {
		s.fail(fmt.Errorf("number %d is too large", number))
	}
	h.Number = int(number)
	if s.err == nil {
		s.err = h.check()
	}
	return h
}

// frame reads the n-th frame, or the end.
func (s *segmentReader) frame(n int) (f Frame, more bool) {
	switch mark := s.bytes(1)[0]; {
	case s.err != nil:
		return Frame{}, false
	case mark == markEnd:
		s.end(n - 1)
		return Frame{}, false
	case mark != markFrame:
		s.fail(fmt.Errorf("it begins with %d, and must with 0 or 1", mark))
		return Frame{}, false
	case n > maxSegmentFrames:
		s.fail(fmt.Errorf("more than %d frames", maxSegmentFrames))
		return Frame{}, false
	}
	f.At = s.time()
	index := binary.BigEndian.Uint64(s.bytes(8))
	if index > math.MaxInt64 {
		s.fail(errors.New("index is too large"))
	}
	f.Index = int(index)
	f.ID = s.text("frame id")
	copy(f.SHA256[:], s.bytes(sha256.Size))
	size := binary.BigEndian.Uint32(s.bytes(4))
	if s.err == nil && size > MaxFrame {
		s.fail(fmt.Errorf("picture has %d bytes, and the limit is %d", size, MaxFrame))
	}
	if s.err != nil {
		return Frame{}, false
	}
	// Copied rather than made at full size, so that a false length costs nothing.
	s.picture.Reset()
	if _, err := io.CopyN(&s.picture, s.r, int64(size)); err != nil {
		s.fail(cut(err))
		return Frame{}, false
	}
	f.JPEG = s.picture.Bytes()
	if err := f.check(); err != nil {
		s.fail(err)
		return Frame{}, false
	}
	if sha256.Sum256(f.JPEG) != f.SHA256 {
		s.fail(fmt.Errorf("the picture of index %d is not the one its SHA-256 was taken of", f.Index))
		return Frame{}, false
	}
	return f, true
}

func (s *segmentReader) end(frames int) {
	if told := binary.BigEndian.Uint32(s.bytes(4)); s.err == nil && int64(told) != int64(frames) {
		s.fail(fmt.Errorf("the segment tells of %d frames and holds %d", told, frames))
	}
	if s.err != nil {
		return
	}
	if _, err := s.r.ReadByte(); err == nil {
		s.fail(errors.New("bytes after the end"))
	} else if !errors.Is(err, io.EOF) {
		s.fail(err) // age tells here that the file was cut
	}
}

package intake

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// boundary is the tag between the parts that ffmpeg writes.
const boundary = "vigil"

// maxHeaderLine and maxHeaderLines bound what stands before a part.
const (
	maxHeaderLine  = 256
	maxHeaderLines = 16
)

var (
	errStream  = errors.New("not a stream of JPEG parts")
	errTooLong = errors.New("frame is too large")
)

// A splitter reads the multipart stream of ffmpeg's mpjpeg muxer: a boundary,
// header lines with the picture's length, an empty line, the picture. It goes
// by the length and never searches the picture for markers or boundaries, which
// may occur in it.
type splitter struct {
	r   *bufio.Reader
	max int // bytes of a picture
}

func newSplitter(r io.Reader, maxFrame int) *splitter {
	return &splitter{r: bufio.NewReaderSize(r, 64<<10), max: maxFrame}
}

// next returns the next picture, or io.EOF where the stream ends between two. A
// stream that ends within one gives io.ErrUnexpectedEOF.
func (s *splitter) next() ([]byte, error) {
	length, err := s.header()
	if err != nil {
		return nil, err
	}
	picture := make([]byte, length)
	if _, err := io.ReadFull(s.r, picture); err != nil {
		return nil, unexpected(err)
	}
	if length < 4 || picture[0] != 0xff || picture[1] != 0xd8 {
		return nil, fmt.Errorf("%w: a part is no JPEG", errStream)
	}
	return picture, nil
}

// header reads up to and with the empty line before a picture. ffmpeg writes the
// boundary once at the start and then behind each picture, so that its stream
// ends with one.
func (s *splitter) header() (length int, err error) {
	length = -1
	begun, fields := false, 0
	for range maxHeaderLines {
		line, err := s.line()
		switch {
		case errors.Is(err, io.EOF) && line == "" && fields == 0:
			return 0, io.EOF
		case err != nil:
			return 0, unexpected(err)
		case line == "" && !begun: // behind a picture
			continue
		case line == "--"+boundary && !begun:
			begun = true
			continue
		case !begun:
			return 0, fmt.Errorf("%w: no boundary before a part", errStream)
		case line == "" && length < 0:
			return 0, fmt.Errorf("%w: a part without its length", errStream)
		case line == "":
			return length, nil
		}
		fields++
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(name, "Content-Length") {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
		if err != nil {
			return 0, fmt.Errorf("%w: a part's length is no number", errStream)
		}
		if n > uint64(s.max) {
			return 0, fmt.Errorf("%w: %d bytes, and the limit is %d", errTooLong, n, s.max)
		}
		length = int(n)
	}
	return 0, fmt.Errorf("%w: more than %d header lines", errStream, maxHeaderLines)
}

// line reads a line without its end.
func (s *splitter) line() (string, error) {
	var b strings.Builder
	for b.Len() <= maxHeaderLine {
		c, err := s.r.ReadByte()
		if err != nil {
			return b.String(), err
		}
		if c == '\n' {
			return strings.TrimSuffix(b.String(), "\r"), nil
		}
		b.WriteByte(c)
	}
	return "", fmt.Errorf("%w: a header line of more than %d bytes", errStream, maxHeaderLine)
}

// unexpected names an end of input that comes too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

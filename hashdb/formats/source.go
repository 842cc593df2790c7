package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/vigil-stream/vigil/hashdb"
)

const (
	// maxLine is the longest line of text, in bytes.
	maxLine = 4096
	// maxRow is the longest row of a table, in bytes.
	maxRow = 64 << 10
	// maxElement is the longest record of JSON or XML, in bytes. A VICS medium with
	// many files and their Exif is the longest that occurs.
	maxElement = 4 << 20
)

// buffered returns r behind a buffer, after a byte order mark if it begins with one.
func buffered(r io.Reader) *bufio.Reader {
	in := bufio.NewReaderSize(&sticky{r: r}, peekSize)
	if head, _ := in.Peek(3); string(head) == "\ufeff" {
		_, _ = in.Discard(3)
	}
	return in
}

// sticky repeats what ended the input, since bufio's Peek tells it only once. A body or
// an archive that breaks off says io.ErrUnexpectedEOF: that is an input that just ends.
type sticky struct {
	r   io.Reader
	err error
}

func (s *sticky) Read(p []byte) (n int, err error) {
	if s.err == nil {
		n, s.err = s.r.Read(p)
		if errors.Is(s.err, io.ErrUnexpectedEOF) {
			s.err = fmt.Errorf("%w: %w", hashdb.ErrTruncated, s.err)
		}
	}
	return n, s.err
}

// meter lets a parser that bounds nothing itself read only so much between two
// refills, and remembers how the input ended.
type meter struct {
	r    io.Reader
	size int // What a refill allows, in bytes.
	left int
	last byte  // The last byte that was read.
	err  error // What ended the input: io.EOF or a failure to read.
}

func newMeter(r io.Reader, size int) *meter { return &meter{r: r, size: size, left: size} }

func (m *meter) refill() { m.left = m.size }

func (m *meter) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if m.left == 0 {
		m.err = fmt.Errorf("one record is longer than %d bytes", m.size)
		return 0, m.err
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	if n > 0 {
		m.last = p[n-1]
	}
	m.err = err
	return n, err
}

// failed returns the failure that ended the input, and nil while it goes on or when
// it came to its end.
func (m *meter) failed() error {
	if m.err == nil || errors.Is(m.err, io.EOF) {
		return nil
	}
	return m.err
}

// ended reports whether the input was read to its end.
func (m *meter) ended() bool { return errors.Is(m.err, io.EOF) }

// truncated is the error of an input that ends within what.
func truncated(what string) error { return fmt.Errorf("%s: %w", what, hashdb.ErrTruncated) }

// shown returns a name from an input for an error, unless it may hold a hash.
func shown(name string) string {
	hexes := 0
	for i := range len(name) {
		if hexes++; !allHex([]byte{name[i]}) {
			hexes = 0
		}
		if hexes == 12 || i == 40 {
			return fmt.Sprintf("something of %d characters", len(name))
		}
	}
	return strconv.Quote(name)
}

// textLines reads lines.
type textLines struct {
	in    *bufio.Reader
	count counter // The number of the line.
}

var errLongLine = fmt.Errorf("line is longer than %d bytes", maxLine)

// next returns the next line without its end and the blanks around it, until the
// next call, and whether it had an end. It passes over empty lines and those that
// begin with '#'. Of a line that is too long it returns errLongLine.
func (t *textLines) next() (text []byte, whole bool, err error) {
	for {
		line, err := t.in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil, false, io.EOF
		}
		if cerr := t.count.next(); cerr != nil {
			return nil, false, cerr
		}
		long := len(line) > maxLine
		comment := len(line) > 0 && line[0] == '#'
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = t.in.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, fmt.Errorf("line %d: %w", t.count.n, err)
		}
		if long && !comment {
			return nil, err == nil, errLongLine
		}
		if text = bytes.TrimSpace(line); comment || len(text) == 0 || text[0] == '#' {
			continue
		}
		return text, err == nil, nil
	}
}

package segment

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// columnBuffer is how many bytes of a section are gathered before they are written.
const columnBuffer = 256 << 10

// column writes one section. Rows come one after another but sections lie one after
// another, and how long they are is known only after the last row. So each is written
// at a place that the ones before it cannot reach, into a file with holes, and moved
// down to where it belongs in the end. This costs no memory, and reading and writing
// again six bytes a row and the blob. A section that fits its buffer is not moved.
type column struct {
	f    *os.File
	at   int64 // Where it begins.
	size int64 // Bytes so far, without padding.
	done int64 // Bytes in the file.
	buf  []byte
	sum  blockSum
}

func newColumn(f *os.File, at int64) *column {
	return &column{f: f, at: at, buf: make([]byte, 0, columnBuffer)}
}

// next returns the next n bytes of the section, at most a page, to be filled in before
// anything else is called.
func (c *column) next(n int) ([]byte, error) {
	if len(c.buf)+n > cap(c.buf) {
		if err := c.flush(); err != nil {
			return nil, err
		}
	}
	have := len(c.buf)
	c.buf = c.buf[:have+n]
	c.size += int64(n)
	return c.buf[have:], nil
}

// add appends p.
func (c *column) add(p []byte) error {
	_, err := c.Write(p)
	return err
}

// Write appends p. It is for the index's tables.
func (c *column) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if len(c.buf) == cap(c.buf) {
			if err := c.flush(); err != nil {
				return 0, err
			}
		}
		n := min(len(rest), cap(c.buf)-len(c.buf))
		c.buf = append(c.buf, rest[:n]...)
		c.size += int64(n)
		rest = rest[n:]
	}
	return len(p), nil
}

func (c *column) flush() error {
	if len(c.buf) == 0 {
		return nil
	}
	if _, err := c.f.WriteAt(c.buf, c.at+c.done); err != nil {
		return err
	}
	c.sum.add(c.buf)
	c.done += int64(len(c.buf))
	c.buf = c.buf[:0]
	return nil
}

// finish ends the section, pads it, and brings it to where it belongs, which may not be
// after where it is. It returns where the next section begins.
func (c *column) finish(at int64) (int64, error) {
	var zeros [page]byte
	size := c.size
	if _, err := c.Write(zeros[:padded(size)-size]); err != nil {
		return 0, err
	}
	c.size = size
	if c.done == 0 {
		c.at = at
	}
	if err := c.flush(); err != nil {
		return 0, err
	}
	if err := c.move(at); err != nil {
		return 0, err
	}
	c.buf = nil
	return at + c.done, nil
}

func (c *column) move(to int64) error {
	if c.at == to {
		return nil
	}
	if to > c.at {
		return fmt.Errorf("section at %d cannot be moved up to %d", c.at, to)
	}
	buf := make([]byte, min(c.done, 4*columnBuffer))
	for moved := int64(0); moved < c.done; {
		b := buf[:min(int64(len(buf)), c.done-moved)]
		if _, err := c.f.ReadAt(b, c.at+moved); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		if _, err := c.f.WriteAt(b, to+moved); err != nil {
			return err
		}
		moved += int64(len(b))
	}
	c.at = to
	return nil
}

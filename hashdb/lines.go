package hashdb

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// BadLine is a line of an import that was skipped. Its error does not quote it.
type BadLine struct {
	Line int // Counted from 1.
	Err  error
}

const (
	// maxLine is the length in bytes at which a line is given up. The longest hash
	// has 64, and the rest is room for a long comment.
	maxLine = 4096
	// maxBadLines is how many bad lines are kept: enough to see what is wrong.
	maxBadLines = 20
)

var errLongLine = fmt.Errorf("line is longer than %d bytes", maxLine)

// linesRead is what an input of lines held.
type linesRead struct {
	hashes   []words // In the input's order, with repetitions.
	bad      []BadLine
	badCount int
}

// readLines reads hashes of kind k, one a line. It holds no more of the input than
// one line of maxLine bytes, and notices that ctx is done between lines.
func readLines(ctx context.Context, k Kind, r io.Reader) (linesRead, error) {
	var out linesRead
	in := bufio.NewReaderSize(r, maxLine)
	for number := 1; ; number++ {
		if number%1024 == 1 && ctx.Err() != nil {
			return linesRead{}, ctx.Err()
		}
		line, err := nextLine(in)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil && !errors.Is(err, errLongLine) {
			return linesRead{}, fmt.Errorf("line %d: %w", number, err)
		}
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] == '#' || len(line) == 0 && err == nil {
			continue
		}
		var h Hash
		if err == nil {
			h, err = ParseHash(k, string(line))
		}
		if err != nil {
			out.badCount++
			if len(out.bad) < maxBadLines {
				out.bad = append(out.bad, BadLine{number, err})
			}
			continue
		}
		if len(out.hashes) == maxEntries {
			return linesRead{}, fmt.Errorf("line %d: more than %d hashes at once", number, maxEntries)
		}
		out.hashes = append(out.hashes, h.words())
	}
}

// nextLine returns the next line, with its end, until the next call. A line longer
// than the buffer is skipped, and its beginning returned with errLongLine. io.EOF
// means that there is no further line; the last may lack its end.
func nextLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line = bytes.Clone(line[:64])
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if err == nil || errors.Is(err, io.EOF) {
			err = errLongLine
		}
		return line, err
	}
	if errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	return line, err
}

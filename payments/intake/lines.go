package intake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/jsonlines"
	"github.com/vigil-stream/vigil/signal"
)

func parseJSON(data []byte) ([]payments.Record, error) {
	record, err := jsonlines.Parse(data)
	if err != nil {
		return nil, err
	}
	return []payments.Record{record}, nil
}

// skipBlank reads up to the first byte that is neither a blank nor of a byte order
// mark, and leaves that and what follows to be read. What it returns is the beginning.
func skipBlank(in *bufio.Reader) ([]byte, error) {
	for {
		head, err := in.Peek(1)
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read transactions: %w", err)
		}
		if !bytes.ContainsAny(head, " \t\r\n") && !bytes.Contains([]byte("\xef\xbb\xbf"), head) {
			head, _ = in.Peek(512) // what there is, be it less
			return head, nil
		}
		_, _ = in.ReadByte() // it was just peeked
	}
}

// lines gives every line that is not blank as an item. Of a line longer than a record
// only the beginning is given.
type lines struct {
	in     *bufio.Reader
	n      int
	offset int64
}

// Next implements payments.Reader.
func (l *lines) Next() (payments.Item, error) {
	for {
		begin := l.offset
		line, length, err := readLine(l.in)
		l.offset += int64(length)
		if err != nil && !errors.Is(err, io.EOF) {
			return payments.Item{}, fmt.Errorf("read transactions: %w", err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			l.n++
			item := payments.Item{ContentType: payments.ContentJSON, Data: line, Number: l.n, Offset: begin}
			if length > payments.MaxRecord {
				item.Err = signal.Reject("record-too-large", "a line of %d bytes, and the limit is %d", length, payments.MaxRecord)
				return item, nil
			}
			if item.Record, item.Err = jsonlines.Parse(line); item.Err != nil {
				item.Ref = jsonlines.Ref(line)
			}
			return item, nil
		}
		if err != nil {
			return payments.Item{}, io.EOF
		}
	}
}

// readLine returns a copy of the next line, and its length. A line longer than
// MaxRecord is read to its end, and only its beginning is returned.
func readLine(in *bufio.Reader) (line []byte, length int, err error) {
	for {
		part, err := in.ReadSlice('\n')
		length += len(part)
		if length <= payments.MaxRecord {
			line = append(line, part...)
		} else if len(line) > payments.MaxBroken {
			line = line[:payments.MaxBroken]
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, length, err
		}
	}
}

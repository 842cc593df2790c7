package payments

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/vigil-stream/vigil/signal"
)

// A Format is how a file holds transactions.
type Format int

// The formats of a file.
const (
	Auto      Format = iota // XML where the first character is <, else JSON lines
	XML                     // pacs.008, in any wrapper, of any length
	JSONLines               // one JSON transaction a line
)

// An Item is one record for the transactions topic.
type Item struct {
	ContentType string
	Data        []byte // the item's own; at most MaxRecord
	// Key is the transaction's ID, or where it cannot be read one of the bytes:
	// the same item has the same key.
	Key    string
	Number int // in the file, the first is 1
	// Err says why the record will be refused, and is nil for a good one.
	Err error
}

// maxBroken limits how much of what cannot be framed is shown, in bytes.
const maxBroken = 4 << 10

// Frames cuts a file of any size into records of one transaction, in memory
// that does not grow with the file. A pacs.008 becomes one document for each
// CdtTrfTxInf, with the header and the bytes of the transaction as they were.
// Records that will be refused are given too, with Err set, so that whoever
// holds the file is told of each. Where XML breaks, the rest of the file cannot
// be cut: its beginning is the last item. Frames returns an error only where r
// or each does.
func Frames(r io.Reader, format Format, each func(Item) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	first, err := skipBlank(in)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return fmt.Errorf("read transactions: %w", err)
	}
	if format == XML || format == Auto && first == '<' {
		return frameXML(in, each)
	}
	return frameLines(in, each)
}

// skipBlank reads up to the first byte that is neither a blank nor of a byte
// order mark, and leaves that to be read.
func skipBlank(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if !bytes.ContainsRune([]byte(" \t\r\n"), rune(b)) && !bytes.Contains([]byte("\xef\xbb\xbf"), []byte{b}) {
			return b, in.UnreadByte()
		}
	}
}

// newItem reads the record as the room will, to tell what it will say of it.
func newItem(contentType string, data []byte, number int) Item {
	item := Item{ContentType: contentType, Data: data, Number: number}
	good, err := Parse(contentType, data)
	if item.Err = err; len(good) == 1 {
		item.Key = good[0].ID()
	} else {
		item.Key = signal.ID("unreadable transaction", string(data))
	}
	return item
}

// frameLines gives every line that is not blank. Of a line longer than a record
// only the beginning is given.
func frameLines(in *bufio.Reader, each func(Item) error) error {
	for number := 0; ; {
		line, length, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read transactions: %w", err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			number++
			item := newItem(ContentJSON, line, number)
			if length > MaxRecord {
				item.Err = signal.Reject("record-too-large", "a line of %d bytes, and the limit is %d", length, MaxRecord)
			}
			if err := each(item); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// readLine returns a copy of the next line, and its length. A line longer than
// MaxRecord is read to its end, and only its beginning is returned.
func readLine(in *bufio.Reader) (line []byte, length int, err error) {
	for {
		part, err := in.ReadSlice('\n')
		length += len(part)
		if length <= MaxRecord {
			line = append(line, part...)
		} else if len(line) > maxBroken {
			line = line[:maxBroken]
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, length, err
		}
	}
}

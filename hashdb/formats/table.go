package formats

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
)

// maxColumns is how many columns a table may have.
const maxColumns = 256

// table reads rows under a header, as csv and icse have them.
type table struct {
	meter  *meter
	in     *bufio.Reader // Over meter, and read by csv without another buffer.
	csv    *csv.Reader
	header []string // In lower case.
	count  counter
	err    error // What ended the input.
}

// newTable reads the header. Its cells are separated by semicolons when the first
// line has more of them than of commas.
func newTable(in *bufio.Reader) (*table, error) {
	t := &table{meter: newMeter(in, maxRow), count: counter{max: maxRecords}}
	t.in = bufio.NewReader(t.meter)
	t.csv = csv.NewReader(t.in)
	t.csv.ReuseRecord = true
	head, _ := in.Peek(maxLine)
	line, _, _ := strings.Cut(string(head), "\n")
	if strings.Count(line, ";") > strings.Count(line, ",") {
		t.csv.Comma = ';'
	}
	cells, err := t.csv.Read()
	switch {
	case t.meter.failed() != nil:
		return nil, fmt.Errorf("header row: %w", t.meter.failed())
	case errors.Is(err, io.EOF):
		return nil, truncated("header row")
	case err != nil:
		return nil, errors.New("header row: a quotation mark is missing or out of place")
	case len(cells) > maxColumns:
		return nil, fmt.Errorf("header row has %d columns, want at most %d", len(cells), maxColumns)
	}
	t.header = make([]string, len(cells))
	for i, c := range cells {
		t.header[i] = strings.ToLower(strings.TrimSpace(c))
	}
	return t, nil
}

// column returns the number of the first column of one of the given names, or -1.
func (t *table) column(names ...string) int {
	for i, h := range t.header {
		for _, n := range names {
			if h == n {
				return i
			}
		}
	}
	return -1
}

// row returns the cells of the next row until the next call, and its line.
func (t *table) row() (cells []string, line int, err error) {
	if t.err != nil {
		return nil, 0, t.err
	}
	if t.err = t.count.next(); t.err != nil {
		return nil, 0, t.err
	}
	t.meter.refill()
	cells, err = t.csv.Read()
	if t.meter.failed() != nil {
		t.err = fmt.Errorf("after row %d: %w", t.count.n-1, t.meter.failed())
		return nil, 0, t.err
	}
	var bad *csv.ParseError
	switch {
	case errors.As(err, &bad):
		switch {
		case !errors.Is(bad.Err, csv.ErrFieldCount):
			err = fmt.Errorf("a quotation mark is missing or out of place in lines %d to %d", bad.StartLine, bad.Line)
			if t.atEnd() {
				// A quotation that was cut and one that was never closed look alike.
				t.err = truncated(fmt.Sprintf("line %d: %v", bad.StartLine, err))
				return nil, 0, t.err
			}
		default:
			err = fmt.Errorf("row has %d cells, the header %d", len(cells), len(t.header))
		}
		return nil, bad.StartLine, t.fault(bad.StartLine, err)
	case err != nil:
		t.err = err // io.EOF, since what else ends the input is the meter's.
		return nil, 0, err
	}
	line, _ = t.csv.FieldPos(0)
	if cells[len(cells)-1] == "" && t.cut() {
		// What was to be in it, as that an entry is retracted, may be what is missing.
		return nil, line, t.fault(line, errors.New("the last cell is empty"))
	}
	return cells, line, nil
}

// fault is the error of a bad row. When it is the last and has no end, it was cut.
func (t *table) fault(line int, err error) error {
	if t.cut() {
		t.err = truncated(fmt.Sprintf("line %d: the last line has no end, and: %v", line, err))
		return t.err
	}
	return &hashdb.RecordError{Number: line, Err: err}
}

// cut reports whether the row that was read is the last and has no end.
func (t *table) cut() bool { return t.atEnd() && t.meter.last != '\n' }

// atEnd reports whether nothing follows the row that was read.
func (t *table) atEnd() bool {
	_, err := t.in.Peek(1)
	return errors.Is(err, io.EOF)
}

// record makes a row's record.
func (t *table) record(d *draft, line int) (hashdb.Record, error) {
	rec, err := d.record(line)
	var bad *hashdb.RecordError
	if errors.As(err, &bad) {
		err = t.fault(line, bad.Err)
	}
	return rec, err
}

// splitTags splits words at ';' and '|'. A backslash before either, or before another
// backslash, makes it part of the word.
func splitTags(cell string) []string {
	var words []string
	var word strings.Builder
	for i := 0; i < len(cell); i++ {
		c := cell[i]
		switch {
		case c == '\\' && i+1 < len(cell) && strings.IndexByte(`;|\`, cell[i+1]) >= 0:
			i++
			word.WriteByte(cell[i])
		case c == ';' || c == '|':
			words = append(words, word.String())
			word.Reset()
		default:
			word.WriteByte(c)
		}
	}
	return append(words, word.String())
}

package columns

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/jsonlines"
	"github.com/vigil-stream/vigil/signal"
)

// MaxRow limits a row, in bytes. A quote that is never closed would make a row of all
// the rest of a file.
const MaxRow = 256 << 10

// reader implements payments.Reader.
type reader struct {
	in     *limited
	csv    *csv.Reader
	row    row
	before int64 // bytes before those that csv reads
	lines  int   // lines before those that csv reads
	n      int
	last   int // line of the row before
	done   bool
}

// NewReader reads a file by a map. An error is r's, or says that the map does not fit
// the file's header.
func NewReader(r io.Reader, m *Map) (payments.Reader, error) {
	in := bufio.NewReader(r)
	out := &reader{row: row{m: m, columns: m.columns, statement: m.statement}}
	if m.charset != nil {
		out.row.decoder = m.charset.NewDecoder()
	}
	if mark, err := in.Peek(3); err == nil && string(mark) == "\ufeff" {
		out.before, _ = discard(in, 3)
	}
	for range m.skip {
		n, err := skipLine(in)
		out.before += n
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read transactions: %w", err)
		}
		out.lines++
	}
	out.in = &limited{r: in}
	out.csv = csv.NewReader(out.in)
	out.csv.Comma, out.csv.FieldsPerRecord, out.csv.ReuseRecord = m.delimiter, -1, true
	if !m.header {
		return out, nil
	}
	header, err := out.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file has no header")
	}
	if err != nil {
		return nil, out.fault(err)
	}
	names := make([]string, len(header))
	for i, name := range header {
		if m.charset != nil {
			if name, err = out.row.decoder.String(name); err != nil {
				return nil, errors.New("the file's header is not in the map's encoding")
			}
		}
		if !utf8.ValidString(name) {
			return nil, errors.New("the file's header is not UTF-8; the map's encoding may be another")
		}
		names[i] = strings.TrimSpace(name)
	}
	out.row.columns, err = m.fit(names)
	return out, err
}

func discard(in *bufio.Reader, n int) (int64, error) {
	done, err := in.Discard(n)
	return int64(done), err
}

// skipLine reads a line of any length.
func skipLine(in *bufio.Reader) (n int64, err error) {
	for {
		part, err := in.ReadSlice('\n')
		n += int64(len(part))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return n, err
		}
	}
}

// Next implements payments.Reader.
func (r *reader) Next() (payments.Item, error) {
	if r.done {
		return payments.Item{}, io.EOF
	}
	r.in.begin(r.csv.InputOffset())
	begin := r.before + r.in.start
	cells, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		r.done = true
		return payments.Item{}, io.EOF
	}
	r.n++
	item := payments.Item{Number: r.n, Offset: begin}
	if err != nil {
		item.Err, item.Raw = r.fault(err), r.raw()
		var rejection *signal.Rejection
		if !errors.As(item.Err, &rejection) {
			r.done = true
			return payments.Item{}, fmt.Errorf("read transactions: %w", item.Err)
		}
		return item, nil
	}
	line, _ := r.csv.FieldPos(0)
	r.last = line
	if err := r.read(cells, &item); err != nil {
		item.Record, item.Ref, item.Raw = payments.Record{}, r.row.v.id, r.raw()
		item.Err = payments.At(fmt.Sprintf("line %d", r.lines+line), err)
	}
	return item, nil
}

func (r *reader) read(cells []string, item *payments.Item) (err error) {
	if err := r.row.read(cells); err != nil {
		return err
	}
	record, err := r.row.record()
	if err != nil {
		return err
	}
	item.ContentType = payments.ContentJSON
	item.Data, item.Record, err = jsonlines.Line(record)
	return err
}

// raw returns a copy of the row's bytes; of one that does not end, of its beginning.
func (r *reader) raw() []byte {
	row := r.in.kept[min(r.in.start-r.in.first, int64(len(r.in.kept))):]
	if r.done {
		return bytes.Clone(row[:min(len(row), payments.MaxBroken)])
	}
	return bytes.Clone(row[:min(r.csv.InputOffset()-r.in.start, int64(len(row)))])
}

// fault turns an error of package csv into a Rejection, and leaves one of the source.
func (r *reader) fault(err error) error {
	if r.in.err != nil {
		err = r.in.err // Package csv takes it for the end of the file.
	}
	var parse *csv.ParseError
	switch {
	case errors.Is(err, errLong):
		r.done = true // Where the row ends nobody knows.
		return signal.Reject("csv-row", "behind line %d: a row of more than %d bytes; a quote may not be closed, and the rest of the file is not read", r.lines+r.last, MaxRow)
	case errors.As(err, &parse):
		return signal.Reject("csv", "line %d: a quote is in the wrong place or not closed", r.lines+parse.StartLine)
	}
	return err
}

var errLong = errors.New("a row is too long")

// limited stops a row that does not end.
type limited struct {
	r     io.Reader
	given int64
	start int64 // where the row that is read begins
	err   error // but for io.EOF
	// kept are the bytes given since first, which is start or before it.
	kept  []byte
	first int64
}

// begin says where the next row begins. What was kept before it goes once it is much.
func (l *limited) begin(start int64) {
	l.start = start
	if done := start - l.first; done > keptBehind {
		l.kept = append(l.kept[:0], l.kept[done:]...)
		l.first = start
	}
}

// keptBehind is how many bytes of rows that were read are kept, at most about.
const keptBehind = 64 << 10

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	if l.given-l.start > MaxRow {
		l.err = errLong
		return 0, errLong
	}
	n, err := l.r.Read(p)
	l.given += int64(n)
	l.kept = append(l.kept, p[:n]...)
	if err != nil && !errors.Is(err, io.EOF) {
		l.err = err
	}
	return n, err
}

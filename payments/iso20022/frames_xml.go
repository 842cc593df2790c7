package iso20022

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// Limits of what a record is put together of, in bytes; together they are below
// payments.MaxRecord.
const (
	maxSpan   = payments.MaxRecord / 2 // one transaction, or one foreign part
	maxHeader = payments.MaxRecord / 8
	maxTags   = payments.MaxRecord / 8 // the start tags
)

// A recorder keeps the bytes that have been read since the last discard, so that
// a part of the message can be passed on as it was written. It reads byte by
// byte: the XML decoder then reads no further than its newest token.
type recorder struct {
	in   *bufio.Reader
	buf  []byte
	base int64 // offset of buf[0]
	err  error // of the source, other than its end
}

func (r *recorder) ReadByte() (byte, error) {
	b, err := r.in.ReadByte()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		return 0, err
	}
	if len(r.buf) == maxSpan {
		return 0, signal.Reject("record-too-large", "one part of the message has more than %d bytes", maxSpan)
	}
	r.buf = append(r.buf, b)
	return b, nil
}

// Read makes a recorder an io.Reader, which the decoder asks for and does not use.
func (r *recorder) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// discard forgets the bytes before an offset.
func (r *recorder) discard(offset int64) {
	r.buf = append(r.buf[:0], r.buf[offset-r.base:]...)
	r.base = offset
}

// span returns the bytes between two offsets, the recorder's own.
func (r *recorder) span(from, to int64) []byte { return r.buf[from-r.base : to-r.base] }

// Frames cuts pacs.008 messages into documents of one transaction. What cannot be cut
// is the last item, by its beginning.
func Frames(in *bufio.Reader, each func(payments.Item) error) error {
	rec := &recorder{in: in}
	f := &framer{x: newXMLReader(rec), rec: rec, each: each}
	f.x.tokens.forget = rec.discard
	err := f.x.walk(f)
	var stop stopped
	switch {
	case err == nil:
		return nil
	case errors.As(err, &stop):
		return stop.err
	case rec.err != nil:
		return fmt.Errorf("read transactions: %w", rec.err)
	}
	rest := bytes.Clone(rec.buf[:min(len(rec.buf), payments.MaxBroken)])
	return each(payments.Item{
		ContentType: payments.ContentXML, Data: rest, Number: f.n + 1, Offset: rec.base,
		Err: fmt.Errorf("the file cannot be read beyond byte %d: %w", rec.base, err),
	})
}

// stopped carries an error of the caller's function out of a walk.
type stopped struct{ err error }

func (s stopped) Error() string { return s.err.Error() }

// A framer is the visitor that cuts.
type framer struct {
	x      *xmlReader
	rec    *recorder
	open   []byte // the start tags of Document and message
	head   []byte // the header as it was
	closed []byte // the end tags
	each   func(payments.Item) error
	n      int
}

// message writes the start tags anew, with every prefix that is in scope:
// wrappers around the Document may have declared some that the parts use.
func (f *framer) message(document xml.StartElement, scope map[string]string) {
	name := func(n xml.Name) string {
		if n.Space == "" {
			return n.Local
		}
		return n.Space + ":" + n.Local
	}
	outer, inner := name(document.Name), name(f.x.tokens.start.Name)
	var b bytes.Buffer
	b.WriteString("<" + outer)
	for _, prefix := range slices.Sorted(maps.Keys(scope)) {
		b.WriteString(" xmlns")
		if prefix != "" {
			b.WriteString(":" + prefix)
		}
		b.WriteString(`="`)
		// A buffer does not fail, and EscapeText fails only where its writer does.
		_ = xml.EscapeText(&b, []byte(scope[prefix]))
		b.WriteString(`"`)
	}
	b.WriteString("><" + inner + ">")
	f.open, f.head = b.Bytes(), nil
	f.closed = []byte("</" + inner + "></" + outer + ">")
}

func (f *framer) header(xml.StartElement) error {
	raw, err := f.raw()
	if err != nil {
		return err
	}
	if len(raw) > maxHeader || len(f.open) > maxTags {
		return signal.Reject("record-too-large", "GrpHdr: with the tags before it has more than %d bytes", maxHeader)
	}
	f.head = bytes.Clone(raw)
	return nil
}

func (f *framer) transaction(xml.StartElement) error {
	from := f.x.tokens.begin
	raw, err := f.raw()
	if err != nil {
		return err
	}
	f.n++
	data := slices.Concat([]byte(xml.Header), f.open, f.head, raw, f.closed)
	if err := f.each(newItem(data, f.n, from)); err != nil {
		return stopped{err}
	}
	return nil
}

// raw reads to the end of the element whose start tag was the newest token and
// returns its bytes.
func (f *framer) raw() ([]byte, error) {
	from := f.x.tokens.begin
	f.x.tokens.forget = nil
	defer func() { f.x.tokens.forget = f.rec.discard }()
	if err := f.x.skip(); err != nil {
		return nil, err
	}
	return f.rec.span(from, f.x.tokens.in.InputOffset()), nil
}

// newItem reads the document as the room will, to tell what it will say of it.
func newItem(data []byte, number int, offset int64) payments.Item {
	item := payments.Item{ContentType: payments.ContentXML, Data: data, Number: number, Offset: offset}
	good, err := Parse(data)
	if item.Err = err; err == nil {
		item.Record = good[0]
	}
	return item
}

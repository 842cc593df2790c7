package card

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/jsonlines"
	"github.com/vigil-stream/vigil/signal"
)

// MaxMessage limits a message, in bytes: more than four digits of a length can say.
const MaxMessage = 9999

// minMessage is a type and a bitmap.
const minMessage = 10

// Options say how a file is read.
type Options struct {
	// Institution is who sends the file: the cards' issuer. Required.
	Institution string
	// AsOf is when the file was made; years follow from it. Required.
	AsOf time.Time
	// Token makes a token of a card's number. Required.
	Token func(number string) string

	Encoding Encoding
	Header   int // bytes of each length, 2 or 4; 0 tells by the file's beginning
	Names    Names
}

// framing is how the messages of a file come.
type framing struct {
	encoding Encoding
	header   int
	text     bool // lengths are digits
}

type reader struct {
	o      Options
	in     *bufio.Reader
	form   framing
	n      int
	offset int64
	done   bool
}

// NewReader reads a file. An error is r's, or says what is wrong with the options, or
// that the beginning does not tell what the file is.
func NewReader(r io.Reader, o Options) (payments.Reader, error) {
	var faults []error
	if o.Institution == "" || payments.CheckLength(o.Institution, payments.MaxName) != nil {
		faults = append(faults, errors.New("the institution that sends the file must be named"))
	}
	if payments.CheckTime(o.AsOf) != nil {
		faults = append(faults, errors.New("the time at which the file was made must be given: field 7 has no year"))
	}
	if o.Token == nil || o.Header != 0 && o.Header != 2 && o.Header != 4 {
		faults = append(faults, errors.New("want Token, and Header 0, 2 or 4"))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("iso8583: %w", errors.Join(faults...))
	}
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(16)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read transactions: %w", err)
	}
	out := &reader{o: o, in: in, done: len(head) == 0}
	if out.done {
		return out, nil
	}
	var possible []framing
	for _, f := range detect(head) {
		if (o.Encoding == Auto || o.Encoding == f.encoding) && (o.Header == 0 || o.Header == f.header) {
			possible = append(possible, f)
		}
	}
	if len(possible) != 1 {
		return nil, signal.Reject("iso8583", "the file begins with no length of 2 or 4 bytes and a message of ISO 8583:1987 behind it")
	}
	out.form = possible[0]
	return out, nil
}

// Is reports whether a file begins as one of ISO 8583 does.
func Is(head []byte) bool { return len(detect(head)) == 1 }

// detect returns the framings that a file's beginning fits.
func detect(head []byte) (fits []framing) {
	for _, f := range []framing{{ASCII, 4, true}, {Binary, 4, true}, {ASCII, 4, false}, {Binary, 4, false}, {ASCII, 2, false}, {Binary, 2, false}} {
		if len(head) < f.header+4 {
			continue
		}
		n, ok := f.length(head)
		kind := newKind(f.encoding == Binary)
		_, err := kind.Unpack(head[f.header:])
		// Version 1987, a class and a function that there are, and an originator.
		if k := kind.Value(); ok && n >= minMessage && err == nil && k[1] >= '1' && k[1] <= '8' && k[2] <= '4' && k[3] <= '5' {
			fits = append(fits, f)
		}
	}
	return fits
}

// length reads the length of a message.
func (f framing) length(head []byte) (n int, ok bool) {
	switch {
	case f.header == 2:
		n = int(binary.BigEndian.Uint16(head))
	case f.text:
		for _, c := range head[:4] {
			if c < '0' || c > '9' {
				return 0, false
			}
		}
		n, _ = strconv.Atoi(string(head[:4]))
	default:
		long := binary.BigEndian.Uint32(head)
		if long > MaxMessage {
			return 0, false
		}
		n = int(long)
	}
	return n, n <= MaxMessage
}

// Next implements payments.Reader.
func (r *reader) Next() (payments.Item, error) {
	for !r.done {
		begin := r.offset
		data, err := r.message()
		var rejection *signal.Rejection
		switch {
		case errors.Is(err, io.EOF):
			r.done = true
			return payments.Item{}, io.EOF
		case errors.As(err, &rejection):
			r.done = true // Where the next message begins nobody knows.
			r.n++
			return payments.Item{Number: r.n, Offset: begin, Err: err}, nil
		case err != nil:
			return payments.Item{}, fmt.Errorf("read transactions: %w", err)
		}
		r.n++
		item := payments.Item{Number: r.n, Offset: begin}
		item.Ref, item.Err = r.read(data, &item)
		clear(data)
		if errors.Is(item.Err, errNoPayment) {
			continue
		}
		if item.Err == nil {
			item.Ref = ""
		}
		return item, nil
	}
	return payments.Item{}, io.EOF
}

func (r *reader) read(data []byte, item *payments.Item) (ref string, err error) {
	m, err := parse(data, r.form.encoding)
	if err != nil {
		return "", err
	}
	record, ref, err := r.o.record(m)
	if err != nil {
		return ref, err
	}
	item.ContentType = payments.ContentJSON
	item.Data, item.Record, err = jsonlines.Line(record)
	return ref, err
}

// message reads the next one.
func (r *reader) message() ([]byte, error) {
	head := make([]byte, r.form.header)
	n, err := io.ReadFull(r.in, head)
	r.offset += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, signal.Reject("iso8583", "the file ends within the length of a message")
	}
	if err != nil {
		return nil, err
	}
	length, ok := r.form.length(head)
	if !ok || length < minMessage {
		return nil, signal.Reject("iso8583", "a length is not one of a message, and the rest of the file is not read")
	}
	data := make([]byte, length)
	n, err = io.ReadFull(r.in, data)
	r.offset += int64(n)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, signal.Reject("iso8583", "the file ends within a message")
	}
	return data, err
}

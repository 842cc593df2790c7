package service

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/card"
	"github.com/vigil-stream/vigil/payments/columns"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/jsonlines"
	"github.com/vigil-stream/vigil/signal"
)

// The content types of a body.
const (
	typeXML   = payments.ContentXML
	typeXML2  = "text/xml"
	typeJSON  = payments.ContentJSON
	typeLines = "application/x-ndjson"
	typeCSV   = "text/csv"
	typeCards = "application/x-iso8583"
)

// parameters of a request.
type parameters struct {
	after int
	asOf  time.Time
	names card.Names
}

// open returns the reader of a request's body.
func (v *service) open(c *call, kind string, p parameters, body io.Reader) (payments.Reader, error) {
	switch kind {
	case typeJSON:
		return newValues(body), nil
	case typeLines:
		return intake.Open(body, "jsonl")
	case typeXML, typeXML2:
		return intake.Open(body, "iso20022")
	case typeCSV:
		m, err := v.Columns(c.Key.Columns)
		if err != nil {
			return nil, fmt.Errorf("column map of key %s: %w", c.Key.Name, err)
		}
		r, err := columns.NewReader(body, m)
		return r, bad(err)
	}
	r, err := card.NewReader(body, card.Options{Institution: c.Key.Institution, AsOf: p.asOf, Token: v.Token, Names: p.names})
	return r, bad(err)
}

// bad is the problem of a body that does not begin as it should. What the readers say of
// that holds nothing of the body.
func bad(err error) error {
	var rejection *signal.Rejection
	switch {
	case err == nil, isBodyError(err):
		return err
	case errors.As(err, &rejection):
		return api.Problemf(http.StatusBadRequest, "%v", rejection)
	}
	return api.Problemf(http.StatusBadRequest, "%v", err)
}

// isBodyError reports whether an error is of the connection.
func isBodyError(err error) bool {
	var over *http.MaxBytesError
	var broken *brokenError
	return errors.As(err, &over) || errors.As(err, &broken)
}

// brokenError says that a body ended too soon.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return "the body ends too soon or does not come" }
func (e *brokenError) Unwrap() error { return e.err }

// patient reads a body as long as it brings something within the time given. The server's
// own limit, which is of a whole request, is put off with each read.
type patient struct {
	body     io.ReadCloser
	control  *http.ResponseController
	now      func() time.Time
	patience time.Duration
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	until := p.now().Add(p.patience)
	// Not every connection can: then the server's limit stands.
	_ = p.control.SetReadDeadline(until)
	_ = p.control.SetWriteDeadline(until.Add(2 * p.patience))
	n, err := p.body.Read(b)
	var over *http.MaxBytesError
	if err != nil && !errors.Is(err, io.EOF) && !errors.As(err, &over) {
		err = &brokenError{err}
	}
	return n, err
}

// values reads JSON objects: one, several one after the other, or an array of them.
type values struct {
	body  *limited
	in    *json.Decoder
	begun bool
	array bool
	n     int
	done  bool
}

func newValues(body io.Reader) *values {
	l := &limited{in: bufio.NewReader(body)}
	return &values{body: l, in: json.NewDecoder(l)}
}

// Next implements payments.Reader.
func (j *values) Next() (payments.Item, error) {
	if j.done {
		return payments.Item{}, io.EOF
	}
	if !j.begun {
		j.begun = true
		var err error
		if j.array, err = j.body.isArray(); err == nil && j.array {
			_, err = j.in.Token() // The bracket.
		}
		if err != nil {
			return j.end(err)
		}
	}
	j.body.start = j.in.InputOffset()
	if j.array && !j.in.More() {
		if _, err := j.in.Token(); err != nil {
			return j.end(cut(err))
		}
		if _, err := j.in.Token(); !errors.Is(err, io.EOF) {
			return j.end(signal.Reject("json", "something follows the array"))
		}
		return j.end(io.EOF)
	}
	var raw json.RawMessage
	begin := j.in.InputOffset()
	if err := j.in.Decode(&raw); err != nil {
		if j.array {
			err = cut(err)
		}
		return j.end(err)
	}
	j.n++
	item := payments.Item{Number: j.n, Offset: begin, ContentType: payments.ContentJSON, Data: bytes.Clone(raw)}
	if item.Record, item.Err = jsonlines.Parse(item.Data); item.Err != nil {
		item.Ref = jsonlines.Ref(item.Data)
	}
	return item, nil
}

// cut is an end that came within an array.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// limited stops a JSON value that does not end: it is read only while a value is wanting.
type limited struct {
	in    *bufio.Reader
	given int64
	start int64 // where the value begins
}

// isArray reports whether the first byte that is no blank is a bracket.
func (l *limited) isArray() (bool, error) {
	for {
		first, err := l.in.Peek(1)
		if err != nil {
			return false, err
		}
		if !bytes.ContainsAny(first, " \t\r\n") {
			return first[0] == '[', nil
		}
		_, _ = l.in.ReadByte() // It was just peeked.
	}
}

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	if l.given-l.start > payments.MaxRecord {
		return 0, signal.Reject("record-too-large", "more than %d bytes, and what follows is not read", payments.MaxRecord)
	}
	n, err := l.in.Read(p)
	l.given += int64(n)
	return n, err
}

// end makes of an error the last item, or the end.
func (j *values) end(err error) (payments.Item, error) {
	j.done = true
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return payments.Item{}, io.EOF
	case isBodyError(err):
		return payments.Item{}, err
	}
	j.n++
	var rejection *signal.Rejection
	if !errors.As(err, &rejection) {
		rejection = signal.Reject("json", "not JSON at byte %d, and what follows is not read", j.in.InputOffset())
	}
	return payments.Item{Number: j.n, Offset: j.in.InputOffset(), Err: rejection}, nil
}

package formats

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
)

// jsonInput reads JSON piece by piece. encoding/json bounds nesting at 10,000; the
// meter bounds the length of a piece.
type jsonInput struct {
	meter *meter
	dec   *json.Decoder
	count counter
	err   error // What ended the input.
}

func newJSONInput(in *bufio.Reader) *jsonInput {
	m := newMeter(in, maxElement)
	return &jsonInput{meter: m, dec: json.NewDecoder(m), count: counter{max: maxRecords}}
}

// fail keeps what ended the input. io.EOF here comes in the middle.
func (j *jsonInput) fail(err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	place := fmt.Sprintf("after record %d, near byte %d", j.count.n, j.dec.InputOffset())
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		j.err = truncated(place)
	case errors.As(err, &syntax):
		j.err = fmt.Errorf("%s: not JSON: %w", place, err)
	case errors.As(err, &wrong): // Whose text would repeat a number.
		j.err = fmt.Errorf("%s: a value of another type than wanted", place)
	default:
		j.err = fmt.Errorf("%s: %w", place, err)
	}
	return j.err
}

// end returns io.EOF when nothing follows.
func (j *jsonInput) end() error {
	j.meter.refill()
	_, err := j.dec.Token()
	switch {
	case err == nil:
		return j.fail(errors.New("something follows the end"))
	case errors.Is(err, io.EOF) && j.meter.ended():
		j.err = io.EOF
		return io.EOF
	}
	return j.fail(err)
}

// open reads a delimiter.
func (j *jsonInput) open(want json.Delim) error {
	j.meter.refill()
	t, err := j.dec.Token()
	if err != nil {
		return j.fail(err)
	}
	if t != want {
		return j.fail(fmt.Errorf("want %q", want.String()))
	}
	return nil
}

// key reads an object's next key. It returns false after reading its end.
func (j *jsonInput) key() (string, bool, error) {
	j.meter.refill()
	t, err := j.dec.Token()
	if err != nil {
		return "", false, j.fail(err)
	}
	key, ok := t.(string)
	return key, ok, nil // Within an object, what is no key is its end.
}

// value reads a value that is no record into v.
func (j *jsonInput) value(v any) error {
	j.meter.refill()
	if err := j.dec.Decode(v); err != nil {
		return j.fail(err)
	}
	return nil
}

// element reads the next record of an array or of the top level into v. A record of
// the wrong shape is a *hashdb.RecordError; the other errors end the input.
func (j *jsonInput) element(v any) error {
	if err := j.count.next(); err != nil {
		j.err = err
		return err
	}
	j.meter.refill()
	err := j.dec.Decode(v)
	if err == nil {
		return nil
	}
	if !j.spoilt(err) {
		j.count.n-- // It was not read.
		return j.fail(err)
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		what, _, _ := strings.Cut(wrong.Value, " ") // A number would be repeated after its type.
		err = fmt.Errorf("the record is a %s", what)
		if wrong.Field != "" {
			err = fmt.Errorf("field %.100q is a %s", wrong.Field, what)
		}
	}
	return j.bad(err)
}

// spoilt reports whether a value was read whole and did not fit, so that what comes
// after it can be read.
func (j *jsonInput) spoilt(err error) bool {
	var wrong *json.UnmarshalTypeError
	return errors.As(err, &wrong) || errors.Is(err, errNotText) || errors.Is(err, errNotTags)
}

// bad is the error of the record just read.
func (j *jsonInput) bad(err error) error {
	return &hashdb.RecordError{Number: j.count.n, Err: err}
}

// jsonText is a text that some write as a number or a truth value.
type jsonText string

var errNotText = errors.New("a field that should be a text is an object or an array")

func (t *jsonText) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		if bytes.IndexByte(b, '\\') < 0 { // As nearly all are; json.Unmarshal would take ten times as long.
			*t = jsonText(bytes.ToValidUTF8(b[1:len(b)-1], []byte("\ufffd")))
			return nil
		}
		return json.Unmarshal(b, (*string)(t))
	case '{', '[':
		return errNotText
	case 'n':
		*t = ""
	default:
		*t = jsonText(b)
	}
	return nil
}

// jsonTags are words: an array of texts or of objects with a text, or such an array
// under "data". A single text is kept whole.
type jsonTags []string

var errNotTags = errors.New("tags are neither texts nor objects with a text")

func (t *jsonTags) UnmarshalJSON(b []byte) error {
	*t = nil
	var under struct {
		Data []json.RawMessage `json:"data"`
	}
	switch b[0] {
	case 'n':
		return nil
	case '"':
		var text jsonText
		if text.UnmarshalJSON(b) != nil {
			return errNotTags
		}
		*t = jsonTags{string(text)}
		return nil
	case '{':
		if json.Unmarshal(b, &under) != nil {
			return errNotTags
		}
	default:
		if json.Unmarshal(b, &under.Data) != nil {
			return errNotTags
		}
	}
	for _, raw := range under.Data {
		var text string
		var object struct {
			Text string `json:"text"`
		}
		switch {
		case json.Unmarshal(raw, &text) == nil:
		case json.Unmarshal(raw, &object) == nil:
			text = object.Text
		default:
			return errNotTags
		}
		*t = append(*t, text)
	}
	return nil
}

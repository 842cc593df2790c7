package card

import (
	"errors"
	"strings"

	"github.com/moov-io/iso8583"
	iso8583errors "github.com/moov-io/iso8583/errors"
	"github.com/moov-io/iso8583/field"

	"github.com/vigil-stream/vigil/signal"
)

// An Encoding says how messages are written.
type Encoding int

// The encodings.
const (
	Auto   Encoding = iota // by the beginning of the file
	ASCII                  // digits as ASCII
	Binary                 // digits as BCD
)

// A message has the fields that are read of one.
type message struct {
	kind   string         // four digits
	fields map[int]string // those of wanted, blanks at their ends cut
}

// parse reads a message. Errors name the field, and none wraps the library's, which holds
// the whole message.
func parse(data []byte, e Encoding) (message, error) {
	spec, bitmap := rawSpec, 8
	switch {
	case e == Binary:
		spec = packedSpec
	case len(data) >= 20 && isHex(data[4:20]):
		spec, bitmap = hexSpec, 16
	}
	in := iso8583.NewMessage(spec)
	err := in.Unpack(data)
	fields := in.GetFields()
	m, rest := take(fields, len(data))
	if err != nil {
		return message{}, reject(err)
	}
	if len(fields) == 2 { // The type and the bitmap, which is no element.
		rest -= bitmap * in.Bitmap().Len() / 64
	}
	if rest != 0 {
		return message{}, signal.Reject("iso8583", "%d bytes follow the last field", rest)
	}
	return m, nil
}

// take keeps what is wanted of a message's fields, wipes them, and returns how many of its
// bytes follow the last of them, the bitmap not counted.
func take(fields map[int]field.Field, length int) (m message, rest int) {
	m.fields, rest = map[int]string{}, length
	for id, f := range fields {
		e, ok := f.(*element)
		if !ok {
			continue // The bitmap.
		}
		if rest = min(rest, e.rest); wanted[id] {
			m.fields[id] = strings.TrimRight(string(e.Value()), " ")
		} else if id == 0 {
			m.kind = string(e.Value())
		}
		clear(e.Value()) // The library's copy: of a card's number, it may be.
	}
	return m, rest
}

// reject says what the library found wrong without its words, which may quote a value.
func reject(err error) error {
	where := "message"
	if at, ok := errors.AsType[*iso8583errors.UnpackError](err); ok {
		switch at.FieldID {
		case "0":
			where = "message type"
		case "1":
			return signal.Reject("iso8583", "bitmap: the message ends too soon")
		default:
			where = "field " + at.FieldID
		}
	}
	what, ok := errors.AsType[fault](err)
	if !ok {
		what = "is in no message that is read" // Of a field without a spec, which is all that is left.
	}
	return signal.Reject("iso8583", "%s: %s", where, what)
}

func isHex(data []byte) bool {
	for _, c := range data {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

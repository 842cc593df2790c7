package card

import (
	"strconv"
	"strings"

	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
)

// A fault says what is wrong with a field, and quotes nothing of it.
type fault string

func (f fault) Error() string { return string(f) }

// An element is a field of the library that knows how many bytes of the message follow
// it: the library does not say whether any follow the last.
type element struct {
	*field.Binary // Its bytes can be wiped, those of field.String cannot.
	rest          int
}

// NewInstance implements field.Instantiator.
func (e *element) NewInstance() field.Field {
	return &element{Binary: field.NewBinary(e.Spec())}
}

// Unpack implements field.Field.
func (e *element) Unpack(data []byte) (int, error) {
	n, err := e.Binary.Unpack(data)
	e.rest = len(data) - n
	return n, err
}

// unpacker reads a field as the library's own does, with faults that can be told apart,
// and without a copy of what is not kept. If half, two digits are a byte.
func unpacker(c class, half, keep bool) field.UnpackerFunc {
	return func(data []byte, s *field.Spec) ([]byte, int, error) {
		n, at, err := length(data, s)
		if err != nil {
			return nil, 0, err
		}
		size := n
		if half {
			size = (n + 1) / 2
		}
		data = data[at:]
		switch {
		case size <= len(data):
		case c == digits:
			return nil, 0, fault("is not as many digits as it must be")
		default:
			return nil, 0, fault("the message ends too soon")
		}
		if c != digits && !keep {
			return nil, at + size, nil
		}
		value, _, err := s.Enc.Decode(data[:size], n)
		switch {
		case c == digits && (err != nil || strings.Trim(string(value), "0123456789") != ""):
			clear(value)
			return nil, 0, fault("is not as many digits as it must be")
		case err != nil || !printable(value):
			clear(value)
			return nil, 0, fault("has a character that is not printable ASCII")
		}
		if !keep {
			clear(value)
			value = nil
		}
		return value, at + size, nil
	}
}

// length reads the length of a field, and how many bytes say it.
func length(data []byte, s *field.Spec) (n, read int, err error) {
	n, read, err = s.Pref.DecodeLength(s.Length, data)
	if err != nil {
		if _, _, err = s.Pref.DecodeLength(MaxMessage, data); err == nil {
			return 0, 0, fault("is longer than it may be")
		}
		return 0, 0, fault("its length is no number")
	}
	if read > 0 && (data[0] == '+' || data[0] == '-') { // To the library, +5 is a number.
		return 0, 0, fault("its length is no number")
	}
	return n, read, nil
}

func printable(value []byte) bool {
	for _, c := range value {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// packed has two digits, or a track's separator, in a byte. Of an odd number the first
// half byte is 0, or the last one is filler: the library has an encoder for each, and
// files have both.
type packed struct{ encoding.Encoder }

// Decode implements encoding.Encoder.
func (packed) Decode(data []byte, n int) ([]byte, int, error) {
	text, read, err := encoding.ASCIIHexToBytes.Decode(data, (n+1)/2)
	switch {
	case err != nil:
		return nil, 0, err
	case n%2 == 0:
	case text[0] == '0' && text[n] != 'F':
		text = text[1:]
	default:
		text = text[:n]
	}
	return text, read, nil
}

// packedLength is a length in BCD. The library's makes a decoder's tables for each field,
// which is most of the time that a message takes, and passes over the first half byte.
type packedLength struct {
	prefix.Prefixer
	bytes int
}

// DecodeLength implements prefix.Prefixer.
func (p packedLength) DecodeLength(most int, data []byte) (n, read int, err error) {
	text, read, err := packed{}.Decode(data, 2*p.bytes)
	if err != nil {
		return 0, 0, err
	}
	if n, err = strconv.Atoi(string(text)); err == nil && n > most {
		err = fault("is longer than it may be")
	}
	return n, read, err
}

// bitmaps reads the first bitmap and, if that says so, the second. Size is that of one.
type bitmaps struct {
	encoding.Encoder
	size int
}

// Decode implements encoding.Encoder. It shows the library's no more than it is to read:
// encoding.Binary copies all that it is shown, and a card's number comes next.
func (b bitmaps) Decode(data []byte, n int) ([]byte, int, error) {
	first, read, err := b.Encoder.Decode(data[:min(len(data), b.size)], n)
	if err != nil || first[0]&0x80 == 0 {
		return first, read, err
	}
	return b.Encoder.Decode(data[:min(len(data), 2*b.size)], 2*n)
}

package card

import (
	"encoding/hex"
	"strings"

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

// wanted are the fields that are kept. No other is: some hold PINs and tracks.
var wanted = [129]bool{2: true, 3: true, 4: true, 7: true, 11: true, 18: true, 32: true, 35: true, 37: true, 39: true, 41: true, 42: true, 43: true, 49: true, 90: true, 95: true}

// A scanner reads a message from left to right.
type scanner struct {
	data   []byte
	at     int
	binary bool
	hex    bool // the bitmap is hexadecimal, and so are fields of bits
}

// take returns the next n bytes.
func (s *scanner) take(n int) ([]byte, bool) {
	if n < 0 || n > len(s.data)-s.at {
		return nil, false
	}
	s.at += n
	return s.data[s.at-n : s.at], true
}

// parse reads a message. Errors name the field.
func parse(data []byte, e Encoding) (message, error) {
	s := &scanner{data: data, binary: e == Binary}
	m := message{fields: map[int]string{}}
	short := func(what string) error { return signal.Reject("iso8583", "%s: the message ends too soon", what) }
	kind, ok := s.digits(4)
	if !ok {
		return m, signal.Reject("iso8583", "message type: is not four digits")
	}
	if m.kind = kind; kind[0] != '0' {
		return m, signal.Reject("iso8583", "message type: of another version than 1987")
	}
	s.hex = !s.binary && s.at+16 <= len(data) && isHex(data[s.at:s.at+16])
	present, ok := s.bitmap(nil)
	if ok && len(present) > 0 && present[0] == 1 {
		present, ok = s.bitmap(present[1:])
	}
	if !ok {
		return m, short("bitmap")
	}
	for _, field := range present {
		if specs[field].most == 0 {
			return m, signal.Reject("iso8583", "field %d: is in no message that is read", field)
		}
		text, fault := s.field(specs[field], wanted[field])
		if fault != "" {
			return m, signal.Reject("iso8583", "field %d: %s", field, fault)
		}
		if wanted[field] {
			m.fields[field] = text
		}
	}
	if s.at != len(data) {
		return m, signal.Reject("iso8583", "%d bytes follow the last field", len(data)-s.at)
	}
	return m, nil
}

// bitmap adds the fields of the next bitmap to those of the first.
func (s *scanner) bitmap(first []int) ([]int, bool) {
	n, from := 8, 1
	if s.hex {
		n = 16
	}
	if first != nil {
		from = 65
	}
	raw, ok := s.take(n)
	if ok && s.hex {
		var b [8]byte
		_, err := hex.Decode(b[:], raw)
		raw, ok = b[:], err == nil
	}
	if !ok {
		return nil, false
	}
	if first == nil {
		first = []int{}
	}
	for i := range 64 {
		if raw[i/8]&(0x80>>(i%8)) != 0 {
			first = append(first, from+i)
		}
	}
	return first, true
}

// field reads one field, and returns its text if that is wanted.
func (s *scanner) field(f spec, wanted bool) (text, fault string) {
	const short = "the message ends too soon"
	n := f.most
	if f.prefix > 0 {
		length, ok := s.length(f.prefix)
		if !ok {
			return "", "its length is no number"
		}
		if n = length; n > f.most {
			return "", "is longer than it may be"
		}
	}
	switch {
	case f.class == bits && s.hex:
		n *= 2
	case f.class == digits:
		text, ok := s.digits(n)
		if !ok {
			return "", "is not as many digits as it must be"
		}
		return text, ""
	case f.class == track && s.binary:
		text, ok := s.nibbles(n)
		if !ok {
			return "", short
		}
		return text, ""
	case f.class == signed && s.binary:
		n = 1 + (n-1+1)/2
	}
	raw, ok := s.take(n)
	if !ok {
		return "", short
	}
	if !wanted {
		return "", ""
	}
	for _, c := range raw {
		if c < ' ' || c > '~' {
			return "", "has a character that is not printable ASCII"
		}
	}
	return strings.TrimRight(string(raw), " "), ""
}

// length reads the length of a field, which in binary messages is BCD too.
func (s *scanner) length(prefix int) (n int, ok bool) {
	text, ok := s.digits(prefix)
	for _, c := range text {
		n = n*10 + int(c-'0')
	}
	return n, ok
}

// digits reads n digits.
func (s *scanner) digits(n int) (string, bool) {
	var text string
	if s.binary {
		var ok bool
		if text, ok = s.nibbles(n); !ok {
			return "", false
		}
	} else {
		raw, ok := s.take(n)
		if !ok {
			return "", false
		}
		text = string(raw)
	}
	return text, strings.Trim(text, "0123456789") == ""
}

// nibbles reads n half bytes as hexadecimal digits. Of an odd number the first half byte
// is 0, or the last one is filler.
func (s *scanner) nibbles(n int) (string, bool) {
	raw, ok := s.take((n + 1) / 2)
	if !ok {
		return "", false
	}
	text := hex.EncodeToString(raw)
	switch {
	case n%2 == 0:
	case text[0] == '0' && text[len(text)-1] != 'f':
		text = text[1:]
	default:
		text = text[:len(text)-1]
	}
	return text, true
}

func isHex(data []byte) bool {
	for _, c := range data {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

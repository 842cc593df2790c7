package card

import (
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
)

// The table of fields as the library wants it, for each way to write a message.
var (
	hexSpec    = layout(false, 16) // ASCII, and the bitmap as hexadecimal digits
	rawSpec    = layout(false, 8)  // ASCII, and the bitmap as bytes
	packedSpec = layout(true, 8)   // BCD
)

// wanted are the fields that are kept. No other is: some hold PINs and tracks.
var wanted = [129]bool{2: true, 3: true, 4: true, 7: true, 11: true, 18: true, 32: true, 35: true, 37: true, 39: true, 41: true, 42: true, 43: true, 49: true, 90: true, 95: true}

func layout(binary bool, bitmap int) *iso8583.MessageSpec {
	enc := bitmaps{Encoder: encoding.Binary, size: bitmap}
	if bitmap == 16 {
		enc.Encoder = encoding.BytesToASCIIHex
	}
	kind := newKind(binary)
	m := &iso8583.MessageSpec{Name: "ISO 8583:1987", Fields: map[int]field.Field{
		0: kind,
		// The library would read a third bitmap, which the version of 1987 has not.
		1: field.NewBitmap(&field.Spec{Length: 8, Enc: enc, Pref: prefix.Binary.Fixed, DisableAutoExpand: true}),
	}}
	for id, s := range specs {
		if s.most == 0 {
			continue
		}
		m.Fields[id] = newElement(s, binary, bitmap == 16, wanted[id])
	}
	return m
}

// newKind is the message's type.
func newKind(binary bool) *element {
	e := newElement(spec{digits, 0, 4}, binary, false, true)
	four := e.Spec().Unpacker
	e.Spec().Unpacker = field.UnpackerFunc(func(data []byte, s *field.Spec) ([]byte, int, error) {
		value, n, err := four.Unpack(data, s)
		if err != nil {
			return nil, 0, fault("is not four digits")
		}
		if value[0] != '0' {
			return nil, 0, fault("of another version than 1987")
		}
		return value, n, nil
	})
	return e
}

// newElement makes the library's spec of a field.
func newElement(s spec, binary, hex, keep bool) *element {
	length := s.most
	switch {
	case s.class == bits && hex:
		length *= 2
	case s.class == signed && binary:
		length = 1 + s.most/2
	}
	// Characters are checked by the unpacker: encoding.ASCII leaves copies as it grows.
	f := &field.Spec{Length: length, Enc: encoding.Binary, Pref: prefix.ASCII.Fixed}
	half := binary && (s.class == digits || s.class == track)
	if half {
		f.Enc = packed{}
	}
	switch {
	case s.prefix > 0 && binary:
		f.Pref = packedLength{bytes: (s.prefix + 1) / 2}
	case s.prefix == 2:
		f.Pref = prefix.ASCII.LL
	case s.prefix == 3:
		f.Pref = prefix.ASCII.LLL
	}
	f.Unpacker = unpacker(s.class, half, keep)
	return &element{Binary: field.NewBinary(f)}
}

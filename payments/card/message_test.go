package card

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/moov-io/iso8583"
	iso8583errors "github.com/moov-io/iso8583/errors"

	"github.com/vigil-stream/vigil/signal"
)

// TestNoErrorQuotesAMessage cuts messages off at each byte, and puts a byte that is in no
// number at each: the library's errors hold the message, and ours must not.
func TestNoErrorQuotesAMessage(t *testing.T) {
	ascii, packed := file(t, "ascii-2"), file(t, "binary-4")
	ascii = ascii[2 : 2+int(binary.BigEndian.Uint16(ascii))]
	n, _ := framing{Binary, 4, true}.length(packed)
	packed = packed[4 : 4+n]
	refused := 0
	for e, whole := range map[Encoding][]byte{ASCII: ascii, Binary: packed} {
		for i := range whole {
			bad := append([]byte{}, whole...)
			bad[i] = 0xfe
			for _, data := range [][]byte{whole[:i], bad} {
				_, err := parse(data, e)
				if err == nil {
					continue
				}
				refused++
				rejection, ok := errors.AsType[*signal.Rejection](err)
				if _, held := errors.AsType[*iso8583errors.UnpackError](err); held || !ok || strings.Contains(err.Error(), "111") || strings.ContainsRune(err.Error(), '\xfe') {
					t.Fatalf("byte %d: %v, %+v", i, err, rejection)
				}
			}
		}
	}
	if refused < len(ascii)+len(packed) {
		t.Errorf("%d refused", refused)
	}
}

// TestTheLibrarysCopiesAreWiped when a message's fields have been taken.
func TestTheLibrarysCopiesAreWiped(t *testing.T) {
	data := file(t, "ascii-2")
	in := iso8583.NewMessage(hexSpec)
	if err := in.Unpack(data[2 : 2+int(binary.BigEndian.Uint16(data))]); err != nil {
		t.Fatal(err)
	}
	number, track := in.GetField(2).(*element).Value(), in.GetField(35).(*element).Value()
	if string(number) != "4111111111111111" || in.GetField(52).(*element).Value() != nil {
		t.Errorf("%q, and field 52, which is not wanted, has %q", number, in.GetField(52).(*element).Value())
	}
	m, _ := take(in.GetFields(), len(data))
	if m.fields[2] != "4111111111111111" || strings.Trim(string(number)+string(track), "\x00") != "" {
		t.Errorf("%q, and %q and %q are still there", m.fields[2], number, track)
	}
}

// TestLengthsAreDigits: the library takes +5 for 5.
func TestLengthsAreDigits(t *testing.T) {
	for _, c := range []struct {
		data string
		e    Encoding
		want string
	}{
		{"02004000000000000000" + "+84111111", ASCII, "field 2: its length is no number"},
		{"02004000000000000000" + "-0", ASCII, "field 2: its length is no number"},
		{"\x02\x00\x00\x00\x00\x00\x00\x01\x00\x00" + "\x90\x01x", Binary, "field 48: is longer than it may be"},
		{"\x02\x00\x00\x00\x00\x00\x00\x01\x00\x00" + "\x00\x0fx", Binary, "field 48: its length is no number"},
		{"\x02\x00\x00\x00\x00\x00\x00\x01\x00\x00" + "\x00\x01x", Binary, ""},
	} {
		_, err := parse([]byte(c.data), c.e)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.data, err, c.want)
		}
	}
}

// TestBytesBehindAMessageWithoutFieldsAreSeen in each way to write a bitmap.
func TestBytesBehindAMessageWithoutFieldsAreSeen(t *testing.T) {
	for _, c := range []struct {
		data string
		e    Encoding
	}{
		{"0800" + strings.Repeat("0", 16), ASCII},
		{"08008" + strings.Repeat("0", 31), ASCII},
		{"0800" + strings.Repeat("\x00", 8), ASCII},
		{"0800\x80" + strings.Repeat("\x00", 15), ASCII},
		{"\x08\x00" + strings.Repeat("\x00", 8), Binary},
		{"\x08\x00\x80" + strings.Repeat("\x00", 15), Binary},
	} {
		if _, err := parse([]byte(c.data), c.e); err != nil {
			t.Errorf("%q: %v", c.data, err)
		}
		if _, err := parse([]byte(c.data+"xy"), c.e); err == nil || !strings.Contains(err.Error(), "2 bytes follow") {
			t.Errorf("%q and two bytes: %v", c.data, err)
		}
	}
}

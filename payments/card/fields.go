package card

// How a field is written.
type class byte

const (
	digits class = iota // n: BCD in binary messages
	track               // z: digits and a separator, likewise
	chars               // a, an, ans
	signed              // x+n: C or D, and digits
	bits                // b: bytes, or twice as many hexadecimal digits
)

// A spec says where a field ends.
type spec struct {
	class  class
	prefix int // digits of its length; 0 is fixed
	most   int // digits, characters or bytes
}

// specs are the fields of ISO 8583:1987. That a table, and not only the fields that are
// read, is here: a field ends where its spec says, and the next begins there.
// Source: ISO 8583:1987 as the public specifications of jPOS and pyiso8583 have it; the
// files of the tests were made with the latter.
var specs = table()

func table() (t [129]spec) {
	set := func(s spec, from, to int) {
		for i := from; i <= to; i++ {
			t[i] = s
		}
	}
	fixed := func(c class, most int, fields ...int) {
		for _, i := range fields {
			t[i] = spec{c, 0, most}
		}
	}
	fixed(digits, 6, 3, 11, 12, 73)
	fixed(digits, 12, 4, 5, 6, 82, 83, 84, 85)
	fixed(digits, 10, 7, 74, 75, 76, 77, 78, 79, 80, 81)
	fixed(digits, 8, 8, 9, 10)
	fixed(digits, 4, 13, 14, 15, 16, 17, 18, 71, 72)
	fixed(digits, 3, 19, 20, 21, 22, 23, 24, 68, 69, 70)
	fixed(digits, 2, 25, 26, 67)
	fixed(digits, 1, 27, 66)
	fixed(digits, 16, 53, 86, 87, 88, 89)
	fixed(digits, 42, 90)
	fixed(signed, 9, 28, 29, 30, 31)
	fixed(signed, 17, 97)
	fixed(chars, 12, 37)
	fixed(chars, 6, 38)
	fixed(chars, 2, 39, 92)
	fixed(chars, 3, 40, 49, 50, 51)
	fixed(chars, 8, 41)
	fixed(chars, 15, 42)
	fixed(chars, 40, 43)
	fixed(chars, 1, 91)
	fixed(chars, 5, 93)
	fixed(chars, 7, 94)
	fixed(chars, 42, 95)
	fixed(chars, 25, 98)
	fixed(bits, 8, 52, 64, 96, 128)
	t[2] = spec{digits, 2, 19}
	t[32], t[33] = spec{digits, 2, 11}, spec{digits, 2, 11}
	t[34] = spec{chars, 2, 28}
	t[35] = spec{track, 2, 37}
	t[36] = spec{chars, 3, 104}
	t[44] = spec{chars, 2, 25}
	t[45] = spec{chars, 2, 76}
	set(spec{chars, 3, 999}, 46, 48)
	t[54] = spec{chars, 3, 240}
	t[55] = spec{chars, 3, 510}
	set(spec{chars, 3, 999}, 56, 63)
	t[99], t[100] = spec{digits, 2, 11}, spec{digits, 2, 11}
	t[101] = spec{chars, 2, 17}
	t[102], t[103] = spec{chars, 2, 28}, spec{chars, 2, 28}
	t[104] = spec{chars, 3, 100}
	set(spec{chars, 3, 999}, 105, 127)
	return t // 65, a third bitmap, is in no message of 1987 that is read.
}

// Package quickjson reads JSON of a known shape from left to right, ten to twenty times as
// fast as a schema does. It is for records of which there are many and that are nearly all
// well formed: a room reads what its own Encode and most writers of JSON write, and gives
// everything else to its schema, which reads it or says what is wrong. So a Reader says
// only that something is not as it expects, and never what.
//
// What it takes must be what the schema would take, and mean the same; each room has a
// fuzz target that holds its reader to that.
package quickjson

import (
	"strings"
	"unicode/utf8"
	"unsafe"
)

// A Reader reads one text. What it does not know is bad, and stays so: after that all it
// returns is to be dropped.
type Reader struct {
	data string // of which the strings it returns are parts
	at   int
	bad  bool
}

// New returns a reader of a text, which is bad where it has more than so many bytes.
func New(data []byte, most int) Reader {
	if len(data) > most {
		return Reader{bad: true}
	}
	return Reader{data: string(data)}
}

// Borrow is New without a copy: the strings that are read are parts of data, which may not
// change, and stays in memory, as long as one of them is in use.
func Borrow(data []byte, most int) Reader {
	if len(data) > most {
		return Reader{bad: true}
	}
	return Reader{data: unsafe.String(unsafe.SliceData(data), len(data))}
}

// Check makes the text bad unless ok.
func (r *Reader) Check(ok bool) { r.bad = r.bad || !ok }

// OK reports whether all was as expected so far.
func (r *Reader) OK() bool { return !r.bad }

// Done reports whether all was as expected, and nothing is left.
func (r *Reader) Done() bool {
	r.space()
	return !r.bad && r.at == len(r.data)
}

// Fields are those of an object that were there, a bit each.
type Fields uint32

// Once notes a field; one that comes twice is bad.
func (r *Reader) Once(have *Fields, field Fields) {
	r.Check(*have&field == 0)
	*have |= field
}

func (r *Reader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// Next reports whether c comes next, behind white space, and passes over it.
func (r *Reader) Next(c byte) bool {
	if r.at >= len(r.data) || r.data[r.at] != c {
		r.space()
	}
	if r.bad || r.at >= len(r.data) || r.data[r.at] != c {
		return false
	}
	r.at++
	return true
}

// Object calls field with the name of each field, as it is written, to read its value. A
// name that it does not know is bad.
func (r *Reader) Object(field func(name string)) {
	r.Check(r.Next('{'))
	if r.Next('}') {
		return
	}
	for first := true; !r.bad; first = false {
		if !first && !r.Next(',') {
			r.Check(r.Next('}'))
			return
		}
		name := r.quoted() // one of odd letters is none that field knows
		r.Check(r.Next(':'))
		if !r.bad {
			field(name)
		}
	}
}

// Lead reads the name of a field and its colon: leads are how fields begin, such as
// `"id":`, in the order in which they mostly come, and the one from a place on is tried
// first. It returns the place; below 0 the name is not among them.
func (r *Reader) Lead(leads []string, from int) int {
	rest := r.data[r.at:]
	for i := from; i < len(leads) && len(rest) > 1; i++ {
		if leads[i][1] == rest[1] && strings.HasPrefix(rest, leads[i]) {
			r.at += len(leads[i])
			return i
		}
	}
	name := r.ASCII()
	r.Check(r.Next(':'))
	for i, lead := range leads {
		if lead[1:len(lead)-2] == name {
			return i
		}
	}
	return -1
}

// List reads an array of at most so many; nil where it is bad.
func List[T any](r *Reader, most int, one func() T) []T {
	all := AppendList(r, make([]T, 0, min(most, 3)), most, one)
	if r.bad {
		return nil
	}
	return all
}

// AppendList appends what List reads.
func AppendList[T any](r *Reader, all []T, most int, one func() T) []T {
	r.Check(r.Next('['))
	if r.Next(']') {
		return all
	}
	for range most {
		all = append(all, one())
		if r.bad {
			return all
		}
		if !r.Next(',') {
			r.Check(r.Next(']'))
			return all
		}
	}
	r.bad = true
	return all
}

// quoted reads what stands between quotes, whatever it is.
func (r *Reader) quoted() string {
	if !r.Next('"') {
		r.bad = true
		return ""
	}
	n := strings.IndexByte(r.data[r.at:], '"')
	if n < 0 {
		r.bad = true
		return ""
	}
	s := r.data[r.at : r.at+n]
	r.at += n + 1
	return s
}

// ASCII reads a string of printable ASCII without escapes.
func (r *Reader) ASCII() string {
	s := r.quoted()
	rest, plain := s, true
	for ; len(rest) >= 8; rest = rest[8:] {
		plain = plain && plainWord(rest)
	}
	for i := range len(rest) {
		plain = plain && isPlain[rest[i]]
	}
	r.Check(plain)
	return s
}

// plainWord reports whether eight bytes are plain: all at once, each in its byte of a word.
func plainWord(s string) bool {
	w := word(s)
	backslash, del := w^('\\'*eachByte), w^(0x7f*eachByte)
	// A byte is below another where subtracting borrows from its high bit.
	odd := w | (w-' '*eachByte)&^w | (backslash-eachByte)&^backslash | (del-eachByte)&^del
	return odd&highBits == 0
}

// isPlain says of which bytes a string of ASCII without escapes consists.
var isPlain = func() (plain [256]bool) {
	for c := ' '; c <= '~'; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// UTF8 reads a string without escapes.
func (r *Reader) UTF8() string {
	s := r.quoted()
	ascii := true
	for i := range len(s) {
		c := s[i]
		r.Check(c >= ' ' && c != '\\')
		ascii = ascii && c <= '~'
	}
	r.Check(ascii || utf8.ValidString(s))
	return s
}

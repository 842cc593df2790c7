package pull

import (
	"bytes"
	"errors"
	"io"

	"github.com/vigil-stream/vigil/signal"
)

// Limits of XML from outside. A pacs.008 is 15 deep and has some 200 parts a
// transaction; supplementary data may have more and longer ones.
const (
	MaxDepth = 40
	MaxParts = 20_000   // tokens since the last ResetParts
	MaxToken = 64 << 10 // bytes of one tag, text, comment or instruction
	maxAttrs = 64
)

// chunk is how much is asked of a source at once, in bytes.
const chunk = 256 << 10

// A Token is what [Reader.Next] found.
type Token int

// The tokens.
const (
	Failed Token = iota // see Err
	Start
	End
	Text
	EOF
)

// A Reader reads tokens. The slices that it gives are valid until the next token.
type Reader struct {
	source  io.Reader // nil: buf is all
	sourced error     // of the source, other than its end
	ended   bool      // there is no more than buf
	buf     []byte
	pos     int
	base    int64 // offset of buf[0]
	lines   int   // line breaks before buf[0]
	mark    int   // buf[mark:] is kept; -1: nothing is
	maxSpan int

	err     error
	parts   int
	names   []byte // of the open elements, one after the other
	opened  []int  // where each begins in names
	scope   []binding
	begin   int  // of the newest token
	pending bool // an empty element's end is the next token

	prefix, local []byte
	attrs         []attr
	text          []byte // as written
	escaped       bool   // text has entities or carriage returns
	plain         bool   // text is CDATA
}

// A binding is a prefix ("" is the default) declared by the element at depth.
type binding struct {
	prefix, space string
	depth         int
}

type attr struct {
	name, value []byte // as written
	escaped     bool
}

// NewReader reads from a source. Of what is marked it keeps no more than maxSpan bytes.
func NewReader(source io.Reader, maxSpan int) *Reader {
	return &Reader{source: source, mark: -1, maxSpan: maxSpan}
}

// NewBytes reads data, which must not change meanwhile.
func NewBytes(data []byte, maxSpan int) *Reader {
	return &Reader{buf: data, ended: true, mark: -1, maxSpan: maxSpan}
}

// Err is why the last token is Failed: a Rejection, or an error of the source.
func (x *Reader) Err() error { return x.err }

// SourceErr is the source's error, if that is why the XML ends.
func (x *Reader) SourceErr() error { return x.sourced }

// Depth is how many elements are open.
func (x *Reader) Depth() int { return len(x.opened) }

// Offset is where the newest token begins.
func (x *Reader) Offset() int64 { return x.base + int64(x.begin) }

// Mark keeps the bytes from the newest token on, until Unmark.
func (x *Reader) Mark() { x.mark = x.begin }

// Unmark forgets the mark.
func (x *Reader) Unmark() { x.mark = -1 }

// Marked returns the bytes from the mark to the end of the newest token.
func (x *Reader) Marked() []byte { return x.buf[x.mark:x.pos] }

// Rest returns at most n bytes from the mark, else from the newest token on, as far as
// they have been read.
func (x *Reader) Rest(n int) []byte {
	from := x.begin
	if x.mark >= 0 {
		from = x.mark
	}
	return x.buf[from:min(len(x.buf), from+n)]
}

// ResetParts begins to count parts anew.
func (x *Reader) ResetParts() { x.parts = 0 }

// fail ends the reading.
func (x *Reader) fail(reason, format string, args ...any) Token {
	line := x.lines + bytes.Count(x.buf[:min(x.pos, len(x.buf))], []byte("\n")) + 1
	x.err = signal.Reject(reason, "line %d: "+format, append([]any{line}, args...)...)
	return Failed
}

// malformed fails for what is no XML, or for what a fault of the source has cut off.
func (x *Reader) malformed() Token {
	if x.sourced != nil && x.window() == len(x.buf) {
		x.err = x.sourced
		return Failed
	}
	return x.fail("xml", "is not well-formed or is cut off")
}

// runsOut fails for a token that has no end in the window: either the data ends, or
// the token is too long.
func (x *Reader) runsOut(window int, what string) Token {
	if window < len(x.buf) {
		return x.fail("xml-limit", "%s of more than %d bytes", what, MaxToken)
	}
	return x.malformed()
}

// fill sees to it that a whole token lies in buf, if there is one.
func (x *Reader) fill() {
	for !x.ended && len(x.buf)-x.pos <= MaxToken {
		from := x.pos
		if x.mark >= 0 {
			from = x.mark
		}
		if cap(x.buf)-len(x.buf) < chunk/4 {
			if cap(x.buf)-(len(x.buf)-from) < chunk {
				x.keep(make([]byte, 2*(len(x.buf)-from)+2*chunk), from)
			} else {
				x.keep(x.buf, from)
			}
		}
		n, err := x.source.Read(x.buf[len(x.buf):cap(x.buf)])
		x.buf = x.buf[:len(x.buf)+n]
		if err != nil {
			x.ended = true
			if !errors.Is(err, io.EOF) {
				x.sourced = err
			}
		}
	}
}

// keep moves what follows the first n bytes of buf to the beginning of another, or of
// the same.
func (x *Reader) keep(to []byte, n int) {
	x.lines += bytes.Count(x.buf[:n], []byte("\n"))
	x.buf = to[:copy(to, x.buf[n:])]
	x.base += int64(n)
	x.pos -= n
	x.begin -= n
	if x.mark >= 0 {
		x.mark -= n
	}
}

// Next reads the next token.
func (x *Reader) Next() Token {
	if x.err != nil {
		return Failed
	}
	if x.pending {
		x.pending = false
		x.begin = x.pos
		x.pop()
		return End
	}
	if !x.ended && len(x.buf)-x.pos <= MaxToken {
		x.fill()
	}
	x.begin = x.pos
	if x.pos == len(x.buf) {
		if len(x.opened) > 0 || x.sourced != nil {
			return x.malformed()
		}
		return EOF
	}
	if x.parts++; x.parts > MaxParts {
		return x.fail("xml-limit", "more than %d parts", MaxParts)
	}
	if x.mark >= 0 && x.pos-x.mark > x.maxSpan {
		return x.fail("record-too-large", "one part of the message has more than %d bytes", x.maxSpan)
	}
	if x.buf[x.pos] != '<' {
		return x.chars()
	}
	if x.pos+1 == len(x.buf) {
		return x.runsOut(len(x.buf), "")
	}
	switch x.buf[x.pos+1] {
	case '/':
		return x.endTag()
	case '?':
		return x.instruction()
	case '!':
		return x.declaration()
	}
	return x.startTag()
}

// Child reads to the start of the next child of the open element and returns true, or
// to the element's end, or a failure, and returns false.
func (x *Reader) Child() bool {
	for {
		switch x.Next() {
		case Start:
			return true
		case End, EOF, Failed:
			return false
		}
	}
}

// Skip reads to the end of the open element.
func (x *Reader) Skip() {
	for depth := len(x.opened); len(x.opened) >= depth && x.err == nil; {
		x.Next()
	}
}

// Value reads to the end of the open element and returns its text, without that of its
// children.
func (x *Reader) Value() string {
	s := ""
	for {
		switch x.Next() {
		case Text:
			if t := x.Chars(); s == "" {
				s = t
			} else {
				s += t
			}
		case Start:
			x.Skip()
		case End, EOF, Failed:
			return s
		}
	}
}

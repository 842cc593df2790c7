package pull

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Classes of bytes: what ends the run that needs no look.
const (
	inText   = 1 << iota // text goes on
	inName               // ASCII that a name may have
	inQuoted             // an attribute's value goes on, quotes apart
)

var class = func() (c [256]uint8) {
	for b := ' '; b < 0x80; b++ {
		c[b] = inText | inQuoted
	}
	c['\t'], c['\n'] = inText|inQuoted, inText|inQuoted
	for _, b := range []byte("<&>") {
		c[b] &^= inText
	}
	for _, b := range []byte(`<&"'`) {
		c[b] &^= inQuoted
	}
	for _, span := range []string{"az", "AZ", "09"} {
		for b := span[0]; b <= span[1]; b++ {
			c[b] |= inName
		}
	}
	for _, b := range []byte("_:.-") {
		c[b] |= inName
	}
	return c
}()

// window is where the newest token must have ended.
func (x *Reader) window() int { return min(len(x.buf), x.begin+MaxToken) }

// chars reads text up to the next tag.
func (x *Reader) chars() Token {
	buf := x.buf[:x.window()]
	i := x.pos
	x.escaped, x.plain = false, false
	for {
		for i < len(buf) && class[buf[i]]&inText != 0 {
			i++
		}
		if i == len(buf) {
			if len(buf) < len(x.buf) {
				return x.runsOut(len(buf), "a text")
			}
			break // it is the last
		}
		b := buf[i]
		if b == '<' {
			break
		}
		if b == '>' && i-x.pos >= 2 && buf[i-1] == ']' && buf[i-2] == ']' {
			return x.malformed()
		}
		n := x.special(buf[i:])
		if n == 0 {
			return x.malformed()
		}
		i += n
	}
	x.text, x.pos = buf[x.pos:i], i
	return Text
}

// special returns how many bytes the character at the beginning of b has, which is none
// of the common ones, or 0 where it may not be. It notes what must be translated.
func (x *Reader) special(b []byte) int {
	switch {
	case b[0] == '&':
		_, n := entity(b)
		x.escaped = true
		return n
	case b[0] == '\r':
		x.escaped = true
		return 1
	case b[0] >= utf8.RuneSelf:
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
			return 0
		}
		return n
	case b[0] < ' ':
		return 0
	}
	return 1
}

// cdata reads <![CDATA[…]]>.
func (x *Reader) cdata() Token {
	buf := x.buf[:x.window()]
	from := x.pos + len("<![CDATA[")
	n := bytes.Index(buf[from:], []byte("]]>"))
	if n < 0 {
		return x.runsOut(len(buf), "a text")
	}
	x.text, x.escaped, x.plain = buf[from:from+n], false, true
	for i := 0; i < n; {
		if b := x.text[i]; b == '&' || class[b]&inText != 0 {
			i++
			continue
		}
		size := x.special(x.text[i:])
		if size == 0 {
			return x.malformed()
		}
		i += size
	}
	x.pos = from + n + 3
	return Text
}

// Chars returns the newest text.
func (x *Reader) Chars() string {
	if !x.escaped {
		return string(x.text)
	}
	return translate(x.text, x.plain)
}

// translate puts characters in place of entities, which have been checked, and a line
// feed in place of each line's end.
func translate(text []byte, plain bool) string {
	var s strings.Builder
	s.Grow(len(text))
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b == '&' && !plain:
			r, n := entity(text[i:])
			s.WriteRune(r)
			i += n
		case b == '\r':
			s.WriteByte('\n')
			if i++; i < len(text) && text[i] == '\n' {
				i++
			}
		default:
			s.WriteByte(b)
			i++
		}
	}
	return s.String()
}

// entity reads one of XML's five entities, or a character by its number, and returns
// how long it is; 0 for anything else.
func entity(b []byte) (rune, int) {
	const longest = 64
	end := bytes.IndexByte(b[:min(len(b), longest)], ';')
	if end < 2 {
		return 0, 0
	}
	name := string(b[1:end])
	switch name {
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "amp":
		return '&', end + 1
	case "apos":
		return '\'', end + 1
	case "quot":
		return '"', end + 1
	}
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, 0
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !isChar(rune(n)) || n > utf8.MaxRune {
		return 0, 0
	}
	return rune(n), end + 1
}

// isChar tells the characters that XML 1.0 allows.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}

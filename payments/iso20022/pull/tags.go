package pull

import (
	"bytes"
	"maps"
	"slices"
	"unicode/utf8"
)

// Prefix and Local are the name of the newest start tag as it is written.
func (x *Reader) Prefix() []byte { return x.prefix }

// Local is the name without its prefix.
func (x *Reader) Local() []byte { return x.local }

// startTag reads <name attribute="value" …>.
func (x *Reader) startTag() Token {
	buf := x.buf[:x.window()]
	i := x.name(buf, x.pos+1)
	if i < 0 {
		return x.malformed()
	}
	name := buf[x.pos+1 : i]
	x.attrs = x.attrs[:0]
	empty := false
	for {
		for i < len(buf) && isBlank(buf[i]) {
			i++
		}
		if i == len(buf) {
			return x.runsOut(len(buf), "a tag")
		}
		if buf[i] == '>' {
			i++
			break
		}
		if buf[i] == '/' {
			if i+1 == len(buf) {
				return x.runsOut(len(buf), "a tag")
			}
			if buf[i+1] != '>' {
				return x.malformed()
			}
			i, empty = i+2, true
			break
		}
		if len(x.attrs) == maxAttrs {
			return x.fail("xml-limit", "more than %d attributes", maxAttrs)
		}
		if i = x.attribute(buf, i); i < 0 {
			return Failed
		}
	}
	if len(x.opened) == MaxDepth {
		return x.fail("xml-limit", "deeper than %d elements", MaxDepth)
	}
	x.opened = append(x.opened, len(x.names))
	x.names = append(x.names, name...)
	x.prefix, x.local = split(name)
	x.pos, x.pending = i, empty
	if len(x.attrs) > 0 {
		x.declare()
	}
	return Start
}

// attribute reads name="value" and returns where it ends; -1 after a failure.
func (x *Reader) attribute(buf []byte, i int) int {
	from := i
	if i = x.name(buf, i); i < 0 {
		x.malformed()
		return -1
	}
	a := attr{name: buf[from:i]}
	for _, other := range x.attrs {
		if bytes.Equal(other.name, a.name) {
			x.malformed()
			return -1
		}
	}
	for i < len(buf) && isBlank(buf[i]) {
		i++
	}
	if i < len(buf) && buf[i] != '=' {
		x.malformed()
		return -1
	}
	for i++; i < len(buf) && isBlank(buf[i]); i++ {
	}
	if i >= len(buf) {
		x.runsOut(len(buf), "a tag")
		return -1
	}
	quote := buf[i]
	if quote != '"' && quote != '\'' {
		x.malformed()
		return -1
	}
	i++
	from = i
	x.escaped = false
	for {
		for i < len(buf) && class[buf[i]]&inQuoted != 0 {
			i++
		}
		if i == len(buf) {
			x.runsOut(len(buf), "a tag")
			return -1
		}
		if buf[i] == quote {
			break
		}
		n := 0
		if buf[i] != '<' {
			n = x.special(buf[i:])
		}
		if n == 0 {
			x.malformed()
			return -1
		}
		i += n
	}
	a.value, a.escaped = buf[from:i], x.escaped
	x.attrs = append(x.attrs, a)
	return i + 1
}

// declare notes the prefixes that the newest start tag declares.
func (x *Reader) declare() {
	for _, a := range x.attrs {
		prefix, local := split(a.name)
		switch {
		case string(prefix) == "xmlns":
			x.scope = append(x.scope, binding{string(local), a.string(), len(x.opened)})
		case len(prefix) == 0 && string(local) == "xmlns":
			x.scope = append(x.scope, binding{"", a.string(), len(x.opened)})
		}
	}
}

// Space returns the namespace of the newest start tag: where its prefix is not declared,
// the prefix.
func (x *Reader) Space() string {
	for i := len(x.scope) - 1; i >= 0; i-- {
		if x.scope[i].prefix == string(x.prefix) {
			return x.scope[i].space
		}
	}
	return string(x.prefix)
}

// In tells whether the newest start tag is in a namespace.
func (x *Reader) In(space string) bool {
	for i := len(x.scope) - 1; i >= 0; i-- {
		if x.scope[i].prefix == string(x.prefix) {
			return x.scope[i].space == space
		}
	}
	return string(x.prefix) == space
}

// Attr returns the value of an attribute of the newest start tag, by its name without a
// prefix.
func (x *Reader) Attr(name string) string {
	for _, a := range x.attrs {
		if string(a.name) == name {
			return a.string()
		}
	}
	return ""
}

func (a attr) string() string {
	if a.escaped {
		return translate(a.value, false)
	}
	return string(a.value)
}

// endTag reads </name>, which must be that of the newest open element.
func (x *Reader) endTag() Token {
	if len(x.opened) == 0 {
		return x.malformed()
	}
	name := x.names[x.opened[len(x.opened)-1]:]
	from := x.pos + 2
	i := from + len(name)
	if i >= len(x.buf) {
		return x.runsOut(len(x.buf), "a tag")
	}
	if !bytes.Equal(x.buf[from:i], name) {
		return x.malformed()
	}
	buf := x.buf[:x.window()]
	for i < len(buf) && isBlank(buf[i]) {
		i++
	}
	if i >= len(buf) {
		return x.runsOut(len(buf), "a tag")
	}
	if buf[i] != '>' {
		return x.malformed()
	}
	x.pos = i + 1
	x.pop()
	return End
}

// pop leaves the newest open element, and what it declared.
func (x *Reader) pop() {
	depth := len(x.opened)
	x.names = x.names[:x.opened[depth-1]]
	x.opened = x.opened[:depth-1]
	for len(x.scope) > 0 && x.scope[len(x.scope)-1].depth == depth {
		x.scope = x.scope[:len(x.scope)-1]
	}
}

// declaration reads <!-- … --> and passes over it, reads <![CDATA[ … ]]>, and refuses
// anything else: a document type can define entities that grow without bound or read
// files.
func (x *Reader) declaration() Token {
	rest := x.buf[x.pos:x.window()]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		n := bytes.Index(rest[4:], []byte("--"))
		if n < 0 || n+6 == len(rest) {
			return x.runsOut(x.window(), "a comment")
		}
		if rest[n+6] != '>' {
			return x.malformed()
		}
		x.pos += n + 7
		return x.Next()
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return x.cdata()
	case bytes.HasPrefix(rest, []byte("<![")), bytes.HasPrefix(rest, []byte("<!-")), len(rest) == 2:
		return x.malformed()
	}
	return x.fail("xml-dtd", "has a document type declaration or another directive")
}

// split parts a name at its colon, if it has one with something on either side.
func split(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, ':'); i > 0 && i < len(name)-1 {
		return name[:i], name[i+1:]
	}
	return nil, name
}

func isBlank(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// name reads a name and returns where it ends; -1 where there is none.
func (x *Reader) name(buf []byte, from int) int {
	i := from
	colons := 0
	for i < len(buf) {
		b := buf[i]
		if class[b]&inName != 0 {
			if b == ':' {
				colons++
			}
			i++
			continue
		}
		if b < utf8.RuneSelf {
			break
		}
		r, n := utf8.DecodeRune(buf[i:])
		if r == utf8.RuneError && n == 1 || !inNames(r) {
			return -1
		}
		i += n
	}
	if i == from || colons > 1 {
		return -1
	}
	if b := buf[from]; b >= '0' && b <= '9' || b == '.' || b == '-' {
		return -1
	}
	if b := buf[from]; b >= utf8.RuneSelf {
		if r, _ := utf8.DecodeRune(buf[from:]); !beginsNames(r) {
			return -1
		}
	}
	return i
}

// beginsNames tells the characters beyond ASCII that NameStartChar of XML 1.0, fifth
// edition, has.
func beginsNames(r rune) bool {
	for _, span := range [...][2]rune{
		{0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D}, {0x2070, 0x218F},
		{0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
	} {
		if r >= span[0] && r <= span[1] {
			return true
		}
	}
	return false
}

// inNames tells those of NameChar.
func inNames(r rune) bool {
	return beginsNames(r) || r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}

// Name is that of the newest start tag, as it is written.
func (x *Reader) Name() []byte { return x.names[x.opened[len(x.opened)-1]:] }

// A Declared is a prefix, "" for the default, and its namespace.
type Declared struct{ Prefix, Space string }

// Scope lists the prefixes that are declared by the newest start tag itself, or all that
// are in scope there, sorted.
func (x *Reader) Scope(own bool) []Declared {
	spaces := make(map[string]string)
	for _, b := range x.scope {
		if !own || b.depth == len(x.opened) {
			spaces[b.prefix] = b.space
		}
	}
	out := make([]Declared, 0, len(spaces))
	for _, prefix := range slices.Sorted(maps.Keys(spaces)) {
		out = append(out, Declared{prefix, spaces[prefix]})
	}
	return out
}

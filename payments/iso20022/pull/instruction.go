package pull

import (
	"bytes"
	"strings"
)

// instruction passes over <?target …?>, and holds <?xml …?> to version 1.0 and UTF-8.
func (x *Reader) instruction() Token {
	buf := x.buf[:x.window()]
	i := x.name(buf, x.pos+2)
	if i < 0 {
		return x.malformed()
	}
	n := bytes.Index(buf[i:], []byte("?>"))
	if n < 0 {
		return x.runsOut(len(buf), "an instruction")
	}
	if string(buf[x.pos+2:i]) == "xml" {
		version, encoding, ok := declared(string(buf[i : i+n]))
		if !ok || version != "1.0" {
			return x.malformed()
		}
		if encoding != "" && !strings.EqualFold(encoding, "utf-8") {
			return x.fail("xml-charset", "the declaration names a character set other than UTF-8")
		}
	}
	x.pos = i + n + 2
	return x.Next()
}

// declared reads the pseudo-attributes of an XML declaration.
func declared(text string) (version, encoding string, ok bool) {
	const blanks = " \t\r\n"
	for {
		text = strings.TrimLeft(text, blanks)
		if text == "" {
			return version, encoding, true
		}
		name, rest, found := strings.Cut(text, "=")
		rest = strings.TrimLeft(rest, blanks)
		if !found || rest == "" || rest[0] != '"' && rest[0] != '\'' {
			return "", "", false
		}
		value, after, found := strings.Cut(rest[1:], rest[:1])
		if !found {
			return "", "", false
		}
		switch strings.TrimRight(name, blanks) {
		case "version":
			version = value
		case "encoding":
			encoding = value
		case "standalone":
		default:
			return "", "", false
		}
		text = after
	}
}

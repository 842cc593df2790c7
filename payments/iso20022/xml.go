package iso20022

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"

	"github.com/vigil-stream/vigil/signal"
)

// Limits of XML from outside. A pacs.008 is 15 deep and has some 200 parts a
// transaction; supplementary data may have more and longer ones.
const (
	maxDepth = 40
	maxParts = 20_000 // tokens in one part of a message
	maxAttrs = 64
	maxText  = 64 << 10 // bytes
)

// tokens reads raw tokens and holds the limits. What it refuses is a Rejection.
type tokens struct {
	in    *xml.Decoder
	depth int
	parts int              // since the last reset
	begin int64            // offset of the newest token
	start xml.StartElement // the newest start tag, its prefixes as written
	// forget, where set, is told the offset before which nothing is needed.
	forget func(offset int64)
}

// Token implements xml.TokenReader.
func (t *tokens) Token() (xml.Token, error) {
	t.begin = t.in.InputOffset()
	if t.forget != nil {
		t.forget(t.begin)
	}
	token, err := t.in.RawToken()
	if err != nil {
		return nil, err
	}
	if t.parts++; t.parts > maxParts {
		return nil, signal.Reject("xml-limit", "line %d: more than %d parts", t.line(), maxParts)
	}
	switch token := token.(type) {
	case xml.StartElement:
		if t.depth++; t.depth > maxDepth {
			return nil, signal.Reject("xml-limit", "line %d: deeper than %d elements", t.line(), maxDepth)
		}
		if len(token.Attr) > maxAttrs {
			return nil, signal.Reject("xml-limit", "line %d: more than %d attributes", t.line(), maxAttrs)
		}
		t.start = token.Copy() // the decoder on top translates prefixes in place
	case xml.EndElement:
		t.depth--
	case xml.CharData:
		if len(token) > maxText {
			return nil, signal.Reject("xml-limit", "line %d: a text of more than %d bytes", t.line(), maxText)
		}
	case xml.Directive:
		// A DTD can define entities that grow without bound or read files.
		return nil, signal.Reject("xml-dtd", "line %d: has a document type declaration or another directive", t.line())
	}
	return token, nil
}

func (t *tokens) line() int {
	line, _ := t.in.InputPos()
	return line
}

// An xmlReader reads a stream of XML within the limits.
type xmlReader struct {
	*xml.Decoder
	tokens *tokens
}

// newXMLReader reads from r byte by byte where r can, so that offsets are exact.
func newXMLReader(r io.Reader) *xmlReader {
	in := xml.NewDecoder(r)
	in.CharsetReader = func(string, io.Reader) (io.Reader, error) {
		return nil, signal.Reject("xml-charset", "the declaration names a character set other than UTF-8")
	}
	t := &tokens{in: in}
	return &xmlReader{Decoder: xml.NewTokenDecoder(t), tokens: t}
}

// fault turns an error of reading into a Rejection. The text of encoding/xml is
// left out: it quotes the message.
func (x *xmlReader) fault(err error) error {
	var rejection *signal.Rejection
	if errors.As(err, &rejection) {
		return rejection
	}
	return signal.Reject("xml", "line %d: is not well-formed or is cut off", x.tokens.line())
}

// namespaces adds to the prefixes in scope those that the newest start tag
// declares; "" is the default.
func (x *xmlReader) namespaces(scope map[string]string) map[string]string {
	scope = maps.Clone(scope)
	for _, a := range x.tokens.start.Attr {
		switch {
		case a.Name.Space == "xmlns":
			scope[a.Name.Local] = a.Value
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			scope[""] = a.Value
		}
	}
	return scope
}

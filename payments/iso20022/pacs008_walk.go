package iso20022

import (
	"encoding/xml"
	"errors"
	"io"

	"github.com/vigil-stream/vigil/signal"
)

// maxEnvelope is how deep in wrappers, such as a business application header's,
// a Document is looked for.
const maxEnvelope = 4

// A visitor is told of the parts of pacs.008 messages as a walk comes to them.
// Each call must read the element that start begins up to its end.
type visitor interface {
	// message is called before the parts of a message, where start is the
	// Document's; scope has the prefixes declared there.
	message(start xml.StartElement, scope map[string]string)
	header(start xml.StartElement) error
	transaction(start xml.StartElement) error
}

// walk visits every pacs.008 in a stream. An error of the visitor ends it, as
// does a fault of the stream, which comes back as a Rejection.
func (x *xmlReader) walk(v visitor) error {
	scopes := []map[string]string{{}}
	found := false
	for {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			if !found {
				return signal.Reject("required-field", "Document: there is none")
			}
			return nil
		}
		if err != nil {
			return x.fault(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			scope := x.namespaces(scopes[len(scopes)-1])
			switch {
			case token.Name.Local == "Document":
				found = true
				if err := x.document(v, token, scope); err != nil {
					return err
				}
			case len(scopes) > maxEnvelope:
				if err := x.skip(); err != nil {
					return err
				}
			default:
				scopes = append(scopes, scope)
			}
		case xml.EndElement:
			scopes = scopes[:len(scopes)-1]
		}
	}
}

// document reads a Document from after its start tag to its end.
func (x *xmlReader) document(v visitor, start xml.StartElement, scope map[string]string) error {
	space := start.Name.Space
	if !isPacs008(space) {
		return signal.Reject("xml-namespace", "Document: is not pacs.008.001.08 to .13")
	}
	raw := x.tokens.start
	messages := 0
	err := x.children(func(child xml.StartElement) error {
		if child.Name != (xml.Name{Space: space, Local: "FIToFICstmrCdtTrf"}) {
			return x.skip()
		}
		messages++
		v.message(raw, x.namespaces(scope))
		transactions := 0
		err := x.children(func(part xml.StartElement) error {
			x.tokens.parts = 0
			switch part.Name {
			case xml.Name{Space: space, Local: "GrpHdr"}:
				return v.header(part)
			case xml.Name{Space: space, Local: "CdtTrfTxInf"}:
				transactions++
				return v.transaction(part)
			}
			return x.skip()
		})
		if err == nil && transactions == 0 {
			err = signal.Reject("required-field", "CdtTrfTxInf: there is none")
		}
		return err
	})
	if err == nil && messages == 0 {
		err = signal.Reject("required-field", "FIToFICstmrCdtTrf: there is none")
	}
	return err
}

// children calls each for the start of every child of the element being read,
// up to its end.
func (x *xmlReader) children(each func(xml.StartElement) error) error {
	for {
		token, err := x.Token()
		if err != nil {
			return x.fault(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if err := each(token); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// skip reads to the end of the element being read.
func (x *xmlReader) skip() error {
	if err := x.Skip(); err != nil {
		return x.fault(err)
	}
	return nil
}

package iso20022

import (
	"bytes"
	"encoding/xml"

	"github.com/vigil-stream/vigil/payments/iso20022/pull"
)

// wraps are what makes a document of one record: the start tags around it and what a
// message says before it, as they were, and the end tags.
type wraps struct {
	open, head     []byte // tags of Document and message; header and groups
	tag, batch     []byte // tag of the batch; what it says of all its orders
	closed, ending []byte // end tags; with the batch's
}

const declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// document writes the Document's tag with every prefix in scope: wrappers around it may
// have declared some that the parts use.
func (w *wraps) document(x *pull.Reader) {
	var b bytes.Buffer
	b.WriteString(declaration)
	writeTag(&b, x, x.Scope(false))
	w.open = b.Bytes()
	w.closed = endTag(x)
}

func (w *wraps) message(x *pull.Reader) {
	var b bytes.Buffer
	// The Document may hold several.
	if i := bytes.IndexByte(w.open[len(declaration):], '>'); i >= 0 {
		b.Write(w.open[:len(declaration)+i+1])
	}
	writeTag(&b, x, x.Scope(true))
	w.open = b.Bytes()
	w.closed = append(endTag(x), w.closed[bytes.LastIndex(w.closed, []byte("</")):]...)
	w.ending = w.closed
	w.head, w.tag, w.batch = nil, nil, nil
}

// name puts the id of an original message before the records that follow.
func (w *wraps) name(prefix, message string) {
	if prefix != "" {
		prefix += ":"
	}
	b := bytes.NewBuffer(w.head)
	b.WriteString("<" + prefix + "OrgnlGrpInfAndSts><" + prefix + "OrgnlMsgId>")
	_ = xml.EscapeText(b, []byte(message)) // as in writeTag
	b.WriteString("</" + prefix + "OrgnlMsgId></" + prefix + "OrgnlGrpInfAndSts>")
	w.head = b.Bytes()
}

func (w *wraps) openBatch(x *pull.Reader) {
	var b bytes.Buffer
	writeTag(&b, x, x.Scope(true))
	w.tag, w.batch = b.Bytes(), nil
	w.ending = append(endTag(x), w.closed...)
}

func (w *wraps) closeBatch() { w.tag, w.batch, w.ending = nil, nil, w.closed }

// wrap makes a document of the bytes of a record.
func (w *wraps) wrap(record []byte) []byte {
	out := make([]byte, 0, len(w.open)+len(w.head)+len(w.tag)+len(w.batch)+len(record)+len(w.ending))
	for _, part := range [][]byte{w.open, w.head, w.tag, w.batch, record, w.ending} {
		out = append(out, part...)
	}
	return out
}

// writeTag writes the newest start tag with these declarations and no other attributes.
func writeTag(b *bytes.Buffer, x *pull.Reader, scope []pull.Declared) {
	b.WriteByte('<')
	b.Write(x.Name())
	for _, d := range scope {
		b.WriteString(" xmlns")
		if d.Prefix != "" {
			b.WriteString(":" + d.Prefix)
		}
		b.WriteString(`="`)
		// A buffer does not fail, and EscapeText fails only where its writer does.
		_ = xml.EscapeText(b, []byte(d.Space))
		b.WriteString(`"`)
	}
	b.WriteByte('>')
}

func endTag(x *pull.Reader) []byte { return append(append([]byte("</"), x.Name()...), '>') }

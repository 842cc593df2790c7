package iso20022

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022/pull"
	"github.com/vigil-stream/vigil/signal"
)

// Limits of what a record is put together of, in bytes; together they are below
// MaxRecord.
const (
	maxSpan = payments.MaxRecord / 2 // one transaction, or one foreign part
	maxHead = payments.MaxRecord / 8 // a header, or what a batch says of all its orders
	maxTags = payments.MaxRecord / 8 // the start tags
)

// maxEnvelope is how deep in wrappers a Document is looked for.
const maxEnvelope = 16

const (
	isoSpaces   = "urn:iso:std:iso:20022:tech:xsd:"
	headerSpace = isoSpaces + "head.001."
)

// Parse reads a whole message, or several. bad joins a Rejection for each payment that
// cannot be read, as a [payments.Bad]; what breaks the message does not take back what
// was read before it.
func Parse(data []byte) (good []payments.Record, bad error) {
	r := &Reader{x: pull.NewBytes(data, maxSpan)}
	var faults []error
	for {
		item, err := r.Next()
		if err != nil { // its end: memory has no other error
			return good, errors.Join(faults...)
		}
		if item.Err != nil {
			faults = append(faults, item.Err)
		} else {
			good = append(good, item.Record)
		}
	}
}

// A Reader gives the records of messages of any length; it implements
// [payments.Reader].
type Reader struct {
	x    *pull.Reader
	copy bool // give each record as a message of its own
	over bool

	document string // the Document's namespace, "" outside of one
	kind     kind
	in       level
	foreign  bool // there was a Document of another namespace
	found    bool // there was one that is read
	messages int  // in the document

	n      int // records in the file
	nth    int // of the message, or of the batch
	batch  int // the number of the batch
	head   header
	order  order // what the batch says of all its orders
	groups []group
	part   payment
	wraps  wraps
	known  map[string]string // short texts that come again and again
}

// A level is how far in a reader stands.
type level int

const (
	inEnvelope level = iota
	inDocument
	inMessage
	inBatch
)

// NewReader reads from a source.
func NewReader(in io.Reader) *Reader {
	return &Reader{x: pull.NewReader(in, maxSpan), copy: true}
}

// Next returns the next record: see [payments.Reader].
func (r *Reader) Next() (payments.Item, error) {
	for !r.over {
		var item payments.Item
		var ok bool
		var err error
		switch r.in {
		case inEnvelope:
			err = r.envelope()
		case inDocument:
			err = r.message()
		default:
			item, ok, err = r.partOf()
		}
		if err == nil {
			err = r.x.Err()
		}
		switch {
		case err == nil && ok:
			return item, nil
		case err != nil:
			return r.end(err)
		}
	}
	return payments.Item{}, io.EOF
}

// end makes the last item of what stops the reading, unless that is the source's error.
func (r *Reader) end(err error) (payments.Item, error) {
	r.over = true
	if errors.Is(err, io.EOF) {
		return payments.Item{}, io.EOF
	}
	var bad *signal.Rejection
	if !errors.As(err, &bad) {
		return payments.Item{}, fmt.Errorf("read transactions: %w", err)
	}
	item := payments.Item{ContentType: payments.ContentXML, Number: r.n + 1, Offset: r.x.Offset(), Err: err}
	if r.copy {
		item.Data = append([]byte{}, r.x.Rest(payments.MaxBroken)...)
		item.Err = fmt.Errorf("the file cannot be read beyond byte %d: %w", item.Offset, err)
	}
	return item, nil
}

// envelope looks for the next Document.
func (r *Reader) envelope() error {
	switch r.x.Next() {
	case pull.Start:
		space := r.x.Space()
		switch {
		case string(r.x.Local()) == "AppHdr" && strings.HasPrefix(space, headerSpace):
			r.x.Skip()
		case string(r.x.Local()) == "Document" && strings.HasPrefix(space, isoSpaces):
			r.kind = kindOf(space)
			if r.kind.root == "" {
				return signal.Reject("xml-namespace", "Document: is not pacs.008.001.08 to .13, pain.001.001.09 to .11 or pacs.002.001.03 to .15")
			}
			r.document, r.found, r.messages, r.in = space, true, 0, inDocument
			r.wraps.document(r.x)
		case string(r.x.Local()) == "Document":
			r.foreign = true
		case r.x.Depth() > maxEnvelope:
			r.x.Skip()
		}
	case pull.EOF:
		switch {
		case r.found:
			return io.EOF
		case r.foreign:
			return signal.Reject("xml-namespace", "Document: is of no namespace of ISO 20022")
		}
		return signal.Reject("required-field", "Document: there is none")
	}
	return nil
}

// message looks in the Document for the message.
func (r *Reader) message() error {
	if !r.child() {
		if r.x.Err() == nil && r.messages == 0 {
			return signal.Reject("required-field", "%s: there is none", r.kind.root)
		}
		r.in = inEnvelope
		return nil
	}
	if string(r.x.Local()) != r.kind.root {
		r.x.Skip()
		return nil
	}
	r.messages++
	r.in, r.nth, r.batch = inMessage, 0, 0
	r.head, r.order, r.groups = header{}, order{}, nil
	r.wraps.message(r.x)
	return nil
}

// partOf reads the next part of a message, or of a batch, which may be a record.
func (r *Reader) partOf() (item payments.Item, ok bool, err error) {
	r.x.ResetParts()
	if !r.child() {
		return payments.Item{}, false, r.leave()
	}
	r.x.Mark()
	defer r.x.Unmark()
	from := r.x.Offset()
	name := string(r.x.Local())
	switch {
	case name == r.kind.record && r.in == r.kind.holds:
		r.nth++
		record, keep, err := r.kind.read(r)
		return r.item(from, record, keep, err)
	case name == "GrpHdr" && r.in == inMessage:
		r.header()
		return payments.Item{}, false, r.keep(&r.wraps.head, name)
	case name == r.kind.batch && r.in == inMessage:
		r.batch++
		r.in, r.nth, r.order = inBatch, 0, order{}
		r.wraps.openBatch(r.x)
		return payments.Item{}, false, nil
	case name == r.kind.group && r.in == inMessage:
		prefix := string(r.x.Prefix())
		record, keep, bad := r.group()
		item, ok, err := r.item(from, record, keep, bad)
		if err == nil && r.copy {
			// Its status is a record of its own, and must not come with those that follow.
			r.wraps.name(prefix, r.groups[len(r.groups)-1].message)
			err = r.bound(r.wraps.head, name)
		}
		return item, ok, err
	case r.in == inBatch:
		r.orderPart(name)
		return payments.Item{}, false, r.keep(&r.wraps.batch, name)
	}
	r.x.Skip()
	return payments.Item{}, false, nil
}

// leave goes out of a batch or a message, which must have held something.
func (r *Reader) leave() error {
	if err := r.x.Err(); err != nil {
		return err
	}
	if r.in == inBatch {
		r.in = inMessage
		r.wraps.closeBatch()
		if r.nth == 0 {
			return signal.Reject("required-field", "PmtInf[%d]/%s: there is none", r.batch, r.kind.record)
		}
		return nil
	}
	r.in = inDocument
	switch {
	case r.kind.batch != "" && r.batch == 0:
		return signal.Reject("required-field", "%s: there is none", r.kind.batch)
	case r.kind.batch == "" && r.nth == 0 && len(r.groups) == 0:
		return signal.Reject("required-field", "%s: there is none", r.kind.record)
	}
	return nil
}

// item makes one of the record that has just been read. A status that withdraws nothing
// is none.
func (r *Reader) item(from int64, record payments.Record, keep bool, err error) (payments.Item, bool, error) {
	if fatal := r.x.Err(); fatal != nil {
		return payments.Item{}, false, fatal
	}
	r.n++
	if !keep && err == nil {
		return payments.Item{}, false, nil
	}
	item := payments.Item{Number: r.n, Offset: from, ContentType: payments.ContentXML, Ref: r.part.refs.ref()}
	if err != nil {
		item.Err = payments.Bad{Index: r.n, Place: r.place(), Err: err}
	} else {
		item.Record = record
	}
	if r.copy {
		item.Data = r.wraps.wrap(r.x.Marked())
	}
	return item, true, nil
}

// place is the path of the newest record in its message.
func (r *Reader) place() string {
	if r.in == inBatch {
		return fmt.Sprintf("%s[%d]/%s[%d]", r.kind.batch, r.batch, r.kind.record, r.nth)
	}
	if r.nth == 0 {
		return fmt.Sprintf("%s[%d]", r.kind.group, len(r.groups))
	}
	return fmt.Sprintf("%s[%d]", r.kind.record, r.nth)
}

// keep adds the part that has just been read to what is put before each record.
func (r *Reader) keep(to *[]byte, name string) error {
	if !r.copy || r.x.Err() != nil {
		return nil
	}
	*to = append(*to, r.x.Marked()...)
	return r.bound(*to, name)
}

func (r *Reader) bound(head []byte, name string) error {
	if len(head) > maxHead || len(r.wraps.open) > maxTags {
		return signal.Reject("record-too-large", "%s: with what stands before it has more than %d bytes", name, maxHead)
	}
	return nil
}

// child reads to the next child of the document's namespace; others are passed over.
func (r *Reader) child() bool {
	for r.x.Child() {
		if r.x.In(r.document) {
			return true
		}
		r.x.Skip()
	}
	return false
}

// value reads the text of the open element.
func (r *Reader) value() string { return payments.Clean(r.x.Value()) }

// maxKnown limits how many texts are remembered, and how long each is.
const maxKnown = 4096

// common is value for texts that come again and again, such as BICs and currencies.
func (r *Reader) common() string {
	s := r.value()
	if known, ok := r.known[s]; ok {
		return known
	}
	if len(r.known) < maxKnown && len(s) <= 64 {
		if r.known == nil {
			r.known = make(map[string]string)
		}
		r.known[s] = s
	}
	return s
}

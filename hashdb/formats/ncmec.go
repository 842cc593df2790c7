package formats

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// maxDepth is how deep XML elements may nest. A query result has eight levels with
// its feedback.
const maxDepth = 32

// NCMECReader reads one query result of NCMEC's hash sharing, version 2. The member's
// id, a slash and the entry's id become Ref; the classification becomes a tag. MD5,
// SHA-1 and PDQ are read, other fingerprints passed over. A deletedImage or
// deletedVideo takes the id back.
type NCMECReader struct {
	meter      *meter
	raw        *xml.Decoder
	dec        *xml.Decoder // Over raw, checked by shallow.
	provenance string
	count      counter
	rooted     bool     // The document's element was opened.
	path       []string // The names of the open elements.
	next       string
	max        time.Time
	err        error // What ended the input.
}

type ncmecEntry struct {
	Member struct {
		ID string `xml:"id,attr"`
	} `xml:"member"`
	ID             string `xml:"id"`
	Timestamp      string `xml:"timestamp"`
	Classification string `xml:"classification"`
	Fingerprints   struct {
		MD5  []string `xml:"md5"`
		SHA1 []string `xml:"sha1"`
		PDQ  []string `xml:"pdq"`
	} `xml:"fingerprints"`
}

// NewNCMEC returns a reader of the query result r.
func NewNCMEC(r io.Reader) *NCMECReader { return newNCMEC(buffered(r), Options{}) }

func newNCMEC(in *bufio.Reader, o Options) *NCMECReader {
	m := newMeter(in, maxElement)
	raw := xml.NewDecoder(m)
	return &NCMECReader{
		meter: m, raw: raw, dec: xml.NewTokenDecoder(&shallow{dec: raw}), provenance: o.Provenance,
		count: counter{max: maxRecords},
	}
}

// Page returns, after io.EOF, the relative URL of the next page, empty when this is
// the last, and the greatest time of a change in this page, zero when there is none.
// Entries are not in time order: a window's checkpoint may move only when its last
// page was read.
func (n *NCMECReader) Page() (next string, maxTimestamp time.Time) { return n.next, n.max }

// Next returns the next entry; a record's number is its place in the document.
func (n *NCMECReader) Next() (hashdb.Record, error) {
	for n.err == nil {
		n.meter.refill()
		token, err := n.dec.Token()
		if err != nil {
			n.unread(err)
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			deleted := t.Name.Local == "deletedImage" || t.Name.Local == "deletedVideo"
			if deleted || t.Name.Local == "image" || t.Name.Local == "video" {
				if !n.within("queryResult", "images") && !n.within("queryResult", "videos") {
					n.fail(fmt.Errorf("%s is not in images or videos", t.Name.Local))
					break
				}
				return n.entry(t, deleted)
			}
			n.start(t)
		case xml.EndElement:
			n.path = n.path[:len(n.path)-1]
		case xml.CharData:
			if len(n.path) == 0 && len(bytes.TrimSpace(t)) > 0 {
				n.fail(errors.New("text outside of the document"))
			}
		}
	}
	return hashdb.Record{}, n.err
}

func (n *NCMECReader) within(path ...string) bool {
	return strings.Join(n.path, ">") == strings.Join(path, ">")
}

// start reads an element that is no entry.
func (n *NCMECReader) start(t xml.StartElement) {
	name := t.Name.Local
	switch {
	case len(n.path) == 0 && (name != "queryResult" || n.rooted):
		n.fail(fmt.Errorf("the document is %s, want one queryResult", shown(name)))
		return
	case len(n.path) == 0:
		n.rooted = true
	case n.within("queryResult", "paging") && name == "next":
		var text string
		if err := n.dec.DecodeElement(&text, &t); err != nil {
			n.unread(err)
			return
		}
		n.next = strings.TrimSpace(text)
		return
	case n.within("queryResult") && (name == "images" || name == "videos"):
		for _, a := range t.Attr {
			if a.Name.Local != "maxTimestamp" {
				continue
			}
			at, err := parseTime(a.Value)
			if err != nil {
				n.fail(fmt.Errorf("maxTimestamp of %s: %w", name, err))
				return
			}
			if at.After(n.max) {
				n.max = at
			}
		}
	}
	n.path = append(n.path, name)
}

func (n *NCMECReader) entry(start xml.StartElement, deleted bool) (hashdb.Record, error) {
	if n.err = n.count.next(); n.err != nil {
		return hashdb.Record{}, n.err
	}
	var e ncmecEntry
	if err := n.dec.DecodeElement(&e, &start); err != nil {
		n.count.n-- // It was not read.
		n.unread(err)
		return hashdb.Record{}, n.err
	}
	bad := func(err error) error { return &hashdb.RecordError{Number: n.count.n, Err: err} }
	member, id := strings.TrimSpace(e.Member.ID), strings.TrimSpace(e.ID)
	if member == "" || id == "" {
		return hashdb.Record{}, bad(errors.New("entry lacks its member's id or its own"))
	}
	d := draft{ref: member + "/" + id, provenance: n.provenance}
	if deleted {
		return retractRef(n.count.n, d.ref)
	}
	var err error
	for _, of := range []struct {
		kind  hashdb.Kind
		texts []string
	}{{hashdb.KindMD5, e.Fingerprints.MD5}, {hashdb.KindSHA1, e.Fingerprints.SHA1}, {hashdb.KindPDQ, e.Fingerprints.PDQ}} {
		for _, text := range of.texts {
			err = errors.Join(err, d.hash(of.kind, text))
		}
	}
	at, terr := parseTime(e.Timestamp)
	if err = errors.Join(err, terr); err != nil {
		return hashdb.Record{}, bad(err)
	}
	d.time = at
	d.tag("", e.Classification)
	rec, err := d.record(n.count.n)
	if err == nil && len(rec.Entries) == 0 {
		// It has no fingerprint left of a kind that is known here, if ever it had one.
		return retractRef(n.count.n, d.ref)
	}
	return rec, err
}

// fail keeps what ended the input.
func (n *NCMECReader) fail(err error) {
	n.err = fmt.Errorf("after record %d, near byte %d: %w", n.count.n, n.raw.InputOffset(), err)
}

// unread keeps what kept the decoder from reading on, without the decoder's own words,
// which repeat what it read.
func (n *NCMECReader) unread(err error) {
	var syntax *xml.SyntaxError
	switch {
	case n.meter.failed() != nil:
		n.fail(n.meter.failed())
	case errors.Is(err, io.EOF) && n.rooted:
		n.err = io.EOF
	case errors.Is(err, io.EOF), errors.As(err, &syntax) && n.meter.ended() && syntax.Msg == "unexpected EOF":
		n.fail(hashdb.ErrTruncated)
	case errors.Is(err, errDeep), errors.Is(err, errDocType):
		n.fail(err)
	case syntax != nil:
		n.fail(fmt.Errorf("line %d is not XML that can be read", syntax.Line))
	default:
		n.fail(errors.New("not XML 1.0 in UTF-8"))
	}
}

var (
	errDeep    = fmt.Errorf("elements nest deeper than %d", maxDepth)
	errDocType = errors.New("document types are not read")
)

// shallow gives a decoder's tokens, bounds their nesting and refuses document types.
type shallow struct {
	dec   *xml.Decoder
	depth int
}

// Token returns the next token for an xml.Decoder that checks how elements match.
func (s *shallow) Token() (xml.Token, error) {
	token, err := s.dec.RawToken()
	if err != nil {
		return nil, err
	}
	switch token.(type) {
	case xml.StartElement:
		if s.depth++; s.depth > maxDepth {
			return nil, errDeep
		}
	case xml.EndElement:
		s.depth--
	case xml.Directive:
		return nil, errDocType
	}
	return token, nil
}

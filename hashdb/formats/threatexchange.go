package formats

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// ThreatExchangeReader reads a page of /threat_updates, several of them one after
// another, an array of its records, or one record a line.
//
// The indicator's id becomes Ref. A tombstone (should_delete) takes back what is
// under the id, or the hash where it has none. So does a record that
// says should_delete is false and has no descriptors, which ThreatExchange is known to
// send for one that was deleted (python-threatexchange, threat_updates), and one that every
// descriptor calls NON_MALICIOUS. Ask therefore for the fields id, indicator, type,
// last_updated, should_delete and descriptors{owner,status,tags}.
//
// An entry is listed when a descriptor calls it MALICIOUS and none NON_MALICIOUS, or
// when no status is given at all, and otherwise disputed. Parties counts the owners of
// descriptors that do not say NON_MALICIOUS. Indicators of other types than HASH_PDQ,
// HASH_MD5, HASH_VIDEO_MD5, HASH_SHA1 and HASH_SHA256 are records without entries.
type ThreatExchangeReader struct {
	*jsonInput
	provenance string
	state      teState
	page       bool // The input is pages.
	data       bool // This page had its array.
	next       string
}

type teState uint8

const (
	teStart  teState = iota
	tePage           // Within a page's object, outside its array.
	teData           // Within a page's array.
	teArray          // Within an array that is the whole input.
	teSeries         // Between records, one after another.
)

type teRecord struct {
	ID           jsonText `json:"id"`
	Indicator    jsonText `json:"indicator"`
	Type         jsonText `json:"type"`
	LastUpdated  jsonText `json:"last_updated"`
	ShouldDelete *bool    `json:"should_delete"`
	Status       jsonText `json:"status"`
	Tags         jsonTags `json:"tags"`
	Descriptors  *struct {
		Data []teDescriptor `json:"data"`
	} `json:"descriptors"`
}

type teDescriptor struct {
	Owner struct {
		ID jsonText `json:"id"`
	} `json:"owner"`
	Status jsonText `json:"status"`
	Tags   jsonTags `json:"tags"`
}

// NewThreatExchange returns a reader of r.
func NewThreatExchange(r io.Reader) *ThreatExchangeReader {
	return newThreatExchange(buffered(r), Options{})
}

func newThreatExchange(in *bufio.Reader, o Options) *ThreatExchangeReader {
	t := &ThreatExchangeReader{jsonInput: newJSONInput(in), provenance: o.Provenance}
	head, _ := in.Peek(peekSize)
	if shape := shapeOf(head); shape.top == '{' && shape.has("data", "paging", "error") && !shape.has("indicator", "type") {
		t.page = true
	} else if shape.top == '{' {
		t.state = teSeries
	}
	return t
}

// Page returns, after io.EOF, the URL of the next page, empty when this is the last.
// The URL holds the asker's access token: it must not be logged.
func (t *ThreatExchangeReader) Page() (next string) { return t.next }

// Next returns the next record; its number is its place in the input.
func (t *ThreatExchangeReader) Next() (hashdb.Record, error) {
	for t.err == nil {
		var more bool
		if more, t.err = t.advance(); t.err != nil || !more {
			continue
		}
		var r teRecord
		if err := t.element(&r); err != nil {
			return hashdb.Record{}, err
		}
		return t.record(&r)
	}
	return hashdb.Record{}, t.err
}

// advance takes one step towards the next record and reports whether it is there.
func (t *ThreatExchangeReader) advance() (bool, error) {
	switch t.state {
	case teStart:
		return false, t.start()
	case tePage:
		return false, t.pageKey()
	case teData, teArray:
		if t.dec.More() {
			return true, nil
		}
		if err := t.open(']'); err != nil {
			return false, err
		}
		if t.state == teArray {
			return false, t.end()
		}
		t.state = tePage
		return false, nil
	}
	if t.dec.More() {
		return true, nil
	}
	return false, t.end()
}

// start reads the input's first delimiter, or that of the next page.
func (t *ThreatExchangeReader) start() error {
	if t.page {
		t.state, t.data = tePage, false
		return t.open('{')
	}
	t.state = teArray
	return t.open('[')
}

// pageKey reads one key of a page.
func (t *ThreatExchangeReader) pageKey() error {
	key, ok, err := t.key()
	if err != nil {
		return err
	}
	switch {
	case !ok && !t.data:
		return t.fail(errors.New("the page has no array \"data\""))
	case !ok && t.dec.More():
		t.state = teStart
		return nil
	case !ok:
		return t.end()
	case key == "data" && t.data:
		return t.fail(errors.New("a second array \"data\""))
	case key == "data":
		t.state, t.data = teData, true
		return t.open('[')
	case key == "paging":
		var paging struct {
			Next jsonText `json:"next"`
		}
		err = t.value(&paging)
		t.next = string(paging.Next)
		return err
	case key == "error":
		var answer struct {
			Type jsonText `json:"type"`
			Code jsonText `json:"code"`
		}
		if err := t.value(&answer); err != nil {
			return err
		}
		return t.fail(fmt.Errorf("the exchange answered with an error of type %s, code %s", shown(string(answer.Type)), shown(string(answer.Code))))
	}
	return t.value(&jsonSkip{})
}

func (t *ThreatExchangeReader) record(r *teRecord) (hashdb.Record, error) {
	d := draft{ref: strings.TrimSpace(string(r.ID)), provenance: t.provenance}
	kind := hashdb.Kind(0)
	if strings.HasPrefix(string(r.Type), "HASH_") {
		kind = kindNamed(string(r.Type))
	}
	gone := r.ShouldDelete != nil && (*r.ShouldDelete || r.Descriptors == nil)
	d.status = r.status()
	if gone || d.status == hashdb.Retracted {
		d.status = hashdb.Retracted
		if d.ref != "" {
			return retractRef(t.count.n, d.ref)
		}
	}
	if kind == 0 {
		if r.Type == "" {
			return hashdb.Record{}, t.bad(errors.New("record has no type"))
		}
		return hashdb.Record{Number: t.count.n}, nil
	}
	err := d.hash(kind, string(r.Indicator))
	if err == nil && len(d.hashes) == 0 {
		err = errors.New("record has no indicator")
	}
	if err == nil {
		d.time, err = teTime(string(r.LastUpdated))
		if d.status == hashdb.Retracted {
			err = nil // What is taken back is gone, whenever that was.
		}
	}
	if err != nil {
		return hashdb.Record{}, t.bad(err)
	}
	r.describe(&d)
	return d.record(t.count.n)
}

// status weighs what the descriptors say.
func (r *teRecord) status() hashdb.Status {
	said := map[jsonText]int{}
	all := 0
	say := func(s jsonText) {
		if s != "" {
			said[s]++
			all++
		}
	}
	say(r.Status)
	if r.Descriptors != nil {
		for _, d := range r.Descriptors.Data {
			say(d.Status)
		}
	}
	innocent := said["NON_MALICIOUS"]
	switch {
	case all == 0, innocent == 0 && said["MALICIOUS"] > 0:
		return hashdb.Listed
	case innocent == all:
		return hashdb.Retracted
	}
	return hashdb.Disputed
}

// describe adds the words and counts the parties.
func (r *teRecord) describe(d *draft) {
	for _, w := range r.Tags {
		d.tag("", w)
	}
	if r.Descriptors == nil {
		return
	}
	owners := map[jsonText]bool{}
	for _, o := range r.Descriptors.Data {
		for _, w := range o.Tags {
			d.tag("", w)
		}
		if o.Owner.ID != "" && o.Status != "NON_MALICIOUS" {
			owners[o.Owner.ID] = true
		}
	}
	d.parties = len(owners)
}

// teTime reads seconds since 1970, or a time with a zone.
func teTime(text string) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n == 0 {
			return time.Time{}, nil
		}
		return time.Unix(n, 0).UTC(), nil
	}
	if t, err := time.Parse("2006-01-02T15:04:05-0700", text); err == nil { // The Graph API's own form.
		return t.UTC(), nil
	}
	return parseTime(text)
}

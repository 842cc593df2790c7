package formats

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
)

// passedOver are names of kinds in use elsewhere that hashdb does not know. Any other
// unknown name in a table is an error, since it may be a slip of the pen.
var passedOver = []string{"photodna", "pdna", "tmk", "tmk_pdqf", "vpdq", "videntifier", "netclean", "url", "raw_text", "trend_query"}

// csvReader reads a table whose columns are found by name:
//
//	pdq phash dhash ahash md5 sha1 sha256   the hash of that kind
//	hash, and kind or signal_type           a hash and its kind
//	id or ref, time, parties, tags, status  what hashdb.Entry says of them
type csvReader struct {
	*table
	options Options
	hashes  []kindColumn
	// The numbers of the other columns, -1 for one that is not there.
	hash, kind, ref, time, parties, tags, status int
}

type kindColumn struct {
	column int
	kind   hashdb.Kind
}

func newCSV(in *bufio.Reader, o Options) (*csvReader, error) {
	t, err := newTable(in)
	if err != nil {
		return nil, err
	}
	c := &csvReader{
		table: t, options: o,
		hash: t.column("hash"), kind: t.column("kind", "signal_type"), ref: t.column("id", "ref"),
		time: t.column("time"), parties: t.column("parties"), tags: t.column("tags"), status: t.column("status"),
	}
	for i, h := range t.header {
		if k := kindNamed(h); k != 0 {
			c.hashes = append(c.hashes, kindColumn{i, k})
		}
	}
	if c.hash < 0 && len(c.hashes) == 0 {
		return nil, fmt.Errorf("header row: none of its %d columns is named hash, pdq, phash, dhash, ahash, md5, sha1 or sha256", len(t.header))
	}
	return c, nil
}

// Next returns the next row; a record's number is its line.
func (c *csvReader) Next() (hashdb.Record, error) {
	cells, line, err := c.row()
	if err != nil {
		return hashdb.Record{}, err
	}
	cell := func(column int) string {
		if column < 0 {
			return ""
		}
		return strings.TrimSpace(cells[column])
	}
	d := draft{ref: strings.Clone(cell(c.ref)), provenance: c.options.Provenance}
	for _, h := range c.hashes {
		if err := d.hash(h.kind, cell(h.column)); err != nil {
			return hashdb.Record{}, c.fault(line, err)
		}
	}
	passed, err := c.named(&d, cell(c.hash), cell(c.kind))
	if err != nil {
		return hashdb.Record{}, c.fault(line, err)
	}
	if d.time, err = parseTime(cell(c.time)); err != nil {
		return hashdb.Record{}, c.fault(line, err)
	}
	if text := cell(c.parties); text != "" {
		if d.parties, err = strconv.Atoi(text); err != nil || d.parties < 0 {
			return hashdb.Record{}, c.fault(line, errors.New("parties is not a number of 0 to 255"))
		}
	}
	for _, word := range splitTags(cell(c.tags)) {
		d.tag("", word)
	}
	switch strings.ToLower(cell(c.status)) {
	case "", "listed":
	case "disputed":
		d.status = hashdb.Disputed
	case "retracted":
		d.status = hashdb.Retracted
	default:
		return hashdb.Record{}, c.fault(line, errors.New("status is not one of listed, disputed, retracted"))
	}
	if len(d.hashes) == 0 && !passed {
		if d.status == hashdb.Retracted && d.ref != "" {
			return retractRef(line, d.ref)
		}
		return hashdb.Record{}, c.fault(line, errors.New("row has no hash"))
	}
	return c.record(&d, line)
}

// named adds the hash of the column "hash". It reports true for one of a kind that is
// passed over.
func (c *csvReader) named(d *draft, text, name string) (bool, error) {
	if text == "" {
		return false, nil
	}
	kind := c.options.Kind
	if name != "" {
		kind = kindNamed(name)
		if kind == 0 {
			for _, p := range passedOver {
				if strings.EqualFold(p, name) {
					return true, nil
				}
			}
			return false, errors.New("kind is not one that hashes have here")
		}
	}
	if kind == 0 {
		var err error
		if kind, err = kindOfLength(len(text)); err != nil {
			return false, err
		}
		// The first row tells for all: a hash that was cut must not pass for another kind.
		c.options.Kind = kind
	}
	return false, d.hash(kind, text)
}

package formats

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
)

// icseReader reads ICSE's table: MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim
// identified;Offender identified;Series name;Number of submissions;File Available;
// Media Type;Baseline. The image's id becomes Ref; what says yes, the series, the type
// and the baseline become tags.
type icseReader struct {
	*table
	provenance     string
	md5, sha1, ref int
	flags          []tagColumn
	words          []tagColumn
}

type tagColumn struct {
	column int
	tag    string
}

func newICSE(in *bufio.Reader, o Options) (*icseReader, error) {
	t, err := newTable(in)
	if err != nil {
		return nil, err
	}
	r := &icseReader{table: t, provenance: o.Provenance, md5: t.column("md5"), sha1: t.column("sha1"), ref: t.column("image id")}
	if r.ref < 0 || r.md5 < 0 && r.sha1 < 0 {
		return nil, fmt.Errorf("header row: its %d columns lack \"Image ID\" or both of \"MD5\" and \"SHA1\"", len(t.header))
	}
	r.flags = r.columns("is distributed", "distributed", "victim identified", "victim-identified",
		"offender identified", "offender-identified", "baseline", "baseline")
	r.words = r.columns("series name", "series:", "media type", "media:")
	return r, nil
}

// columns returns those that are there, of pairs of a name and its tag.
func (r *icseReader) columns(pairs ...string) (out []tagColumn) {
	for pair := range slices.Chunk(pairs, 2) {
		if i := r.column(pair[0]); i >= 0 {
			out = append(out, tagColumn{i, pair[1]})
		}
	}
	return out
}

// Next returns the next row; a record's number is its line.
func (r *icseReader) Next() (hashdb.Record, error) {
	cells, line, err := r.row()
	if err != nil {
		return hashdb.Record{}, err
	}
	d := draft{ref: strings.Clone(strings.TrimSpace(cells[r.ref])), provenance: r.provenance}
	if r.md5 >= 0 {
		err = d.hash(hashdb.KindMD5, cells[r.md5])
	}
	if r.sha1 >= 0 {
		err = errors.Join(err, d.hash(hashdb.KindSHA1, cells[r.sha1]))
	}
	if err != nil {
		return hashdb.Record{}, r.fault(line, err)
	}
	for _, f := range r.flags {
		d.flag(f.tag, cells[f.column])
	}
	for _, w := range r.words {
		d.tag(w.tag, cells[w.column])
	}
	return r.record(&d, line)
}

// flag adds the tag of a column or field that says yes, or the tag with what else it
// says; no and unknown are nothing.
func (d *draft) flag(tag, value string) {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "", "0", "no", "n", "false", "null", "unknown":
	case "1", "yes", "y", "true":
		d.tag("", tag)
	default:
		d.tag(tag+":", value)
	}
}

package formats

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
)

// Writable returns the formats that Write writes.
func Writable() []Format { return []Format{Lines, CSV, VICS, ThreatExchange} }

// Write writes the entries of a list to w in the format f, one at a time.
//
//	csv             everything but the provenance
//	threatexchange  a page; everything but provenance and parties; pdq, md5, sha1, sha256
//	vics            what is listed, without provenance and parties; md5 and sha1
//	lines           the hashes of what is listed, each once if its entries come together
//
// Disputed and retracted entries are left out of vics and lines, which cannot say
// that they are. The first error, of entries or of w, ends the writing: what w holds by
// then is to be thrown away.
func Write(w io.Writer, f Format, list hashdb.ListInfo, entries iter.Seq2[hashdb.Entry, error]) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var to entryWriter
	switch f {
	case Lines:
		to = &linesWriter{out: out, list: list}
	case CSV:
		to = &csvWriter{csv: csv.NewWriter(out)}
	case VICS:
		if list.Kind != hashdb.KindMD5 && list.Kind != hashdb.KindSHA1 {
			return fmt.Errorf("vics holds md5 and sha1, not %v: write csv or threatexchange", list.Kind)
		}
		to = &vicsWriter{out: out}
	case ThreatExchange:
		if teTypes[list.Kind] == "" {
			return fmt.Errorf("threatexchange has no type for %v: write csv", list.Kind)
		}
		to = &teWriter{out: out}
	default:
		return fmt.Errorf("format %.20q cannot be written: want one of %s", f, strings.Join(names(Writable()), ", "))
	}
	if err := to.begin(); err != nil {
		return fmt.Errorf("write %s: %w", f, err)
	}
	count := 0
	for e, err := range entries {
		if err != nil {
			return fmt.Errorf("write %s: after entry %d: %w", f, count, err)
		}
		count++
		if err = e.Check(); err == nil && e.Hash.Kind != list.Kind {
			err = fmt.Errorf("%v hash in a list of %v", e.Hash.Kind, list.Kind)
		}
		if err == nil {
			err = to.entry(&e)
		}
		if err != nil {
			return fmt.Errorf("write %s: entry %d: %w", f, count, err)
		}
	}
	if err := to.end(); err != nil {
		return fmt.Errorf("write %s: %w", f, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", f, err)
	}
	return nil
}

// entryWriter writes entries of a format between a beginning and an end.
type entryWriter interface {
	begin() error
	entry(e *hashdb.Entry) error
	end() error
}

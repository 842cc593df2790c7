package formats

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// Writable returns the formats that Write writes.
func Writable() []Format { return []Format{Lines, CSV, VICS, ThreatExchange} }

// Write writes the entries of a list to w in the format f, one at a time.
//
//	csv             everything but the provenance
//	threatexchange  a page; everything but provenance and parties; pdq, md5, sha1 and sha256
//	vics            what is listed, without times' zones and parties; md5 and sha1
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

type linesWriter struct {
	out  *bufio.Writer
	list hashdb.ListInfo
	last hashdb.Hash
}

func (l *linesWriter) begin() error {
	_, err := fmt.Fprintf(l.out, "# %.100q: %v, version %.40q\n", l.list.Source, l.list.Kind, l.list.Version)
	return err
}

func (l *linesWriter) entry(e *hashdb.Entry) error {
	if e.Status != hashdb.Listed || e.Hash == l.last {
		return nil
	}
	l.last = e.Hash
	_, err := l.out.WriteString(e.Hash.String() + "\n")
	return err
}

func (l *linesWriter) end() error { return nil }

type csvWriter struct {
	csv   *csv.Writer
	cells [7]string
}

func (c *csvWriter) begin() error {
	return c.csv.Write([]string{"kind", "hash", "id", "time", "parties", "tags", "status"})
}

var escapeTag = strings.NewReplacer(`\`, `\\`, `|`, `\|`, `;`, `\;`)

func (c *csvWriter) entry(e *hashdb.Entry) error {
	c.cells = [7]string{e.Hash.Kind.String(), e.Hash.String(), e.Ref, "", "", "", statusNames[e.Status]}
	if !e.Time.IsZero() {
		c.cells[3] = e.Time.UTC().Format(time.RFC3339)
	}
	if e.Parties > 0 {
		c.cells[4] = strconv.Itoa(e.Parties)
	}
	words := make([]string, len(e.Tags))
	for i, t := range e.Tags {
		words[i] = escapeTag.Replace(t)
	}
	c.cells[5] = strings.Join(words, "|")
	return c.csv.Write(c.cells[:])
}

func (c *csvWriter) end() error {
	c.csv.Flush()
	return c.csv.Error()
}

var statusNames = [...]string{hashdb.Listed: "listed", hashdb.Disputed: "disputed", hashdb.Retracted: "retracted"}

// jsonArray writes values between the brackets of an array.
type jsonArray struct {
	out  *bufio.Writer
	some bool
}

func (a *jsonArray) add(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if a.some {
		b = append([]byte(",\n"), b...)
	}
	a.some = true
	_, err = a.out.Write(b)
	return err
}

type vicsWriter struct {
	out   *bufio.Writer
	array jsonArray
}

func (v *vicsWriter) begin() error {
	v.array.out = v.out
	_, err := v.out.WriteString(`{"@odata.context":"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media","value":[` + "\n")
	return err
}

func (v *vicsWriter) entry(e *hashdb.Entry) error {
	if e.Status != hashdb.Listed {
		return nil
	}
	var m struct {
		MediaID     any    `json:",omitempty"`
		Category    any    `json:",omitempty"`
		MD5         string `json:",omitempty"`
		SHA1        string `json:",omitempty"`
		DateUpdated string `json:",omitempty"`
		Tags        string `json:",omitempty"`
	}
	if e.Ref != "" {
		m.MediaID = numberOrText(e.Ref)
	}
	digits := strings.ToUpper(e.Hash.String())
	if e.Hash.Kind == hashdb.KindMD5 {
		m.MD5 = digits
	} else {
		m.SHA1 = digits
	}
	if !e.Time.IsZero() {
		m.DateUpdated = e.Time.UTC().Format(time.RFC3339)
	}
	var words []string
	for _, t := range e.Tags {
		if n, ok := strings.CutPrefix(t, "category:"); ok && m.Category == nil {
			m.Category = numberOrText(n)
		} else {
			words = append(words, strings.NewReplacer(",", " ", ";", " ", "|", " ").Replace(t))
		}
	}
	m.Tags = strings.Join(words, ",")
	return v.array.add(&m)
}

func (v *vicsWriter) end() error {
	_, err := v.out.WriteString("\n]}\n")
	return err
}

// numberOrText returns text as a number when it is written as JSON writes it.
func numberOrText(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return n
	}
	return text
}

// teTypes are ThreatExchange's names of kinds, as far as it has them.
var teTypes = map[hashdb.Kind]string{
	hashdb.KindPDQ: "HASH_PDQ", hashdb.KindMD5: "HASH_MD5", hashdb.KindSHA1: "HASH_SHA1", hashdb.KindSHA256: "HASH_SHA256",
}

type teWriter struct {
	out   *bufio.Writer
	array jsonArray
}

func (t *teWriter) begin() error {
	t.array.out = t.out
	_, err := t.out.WriteString(`{"data":[` + "\n")
	return err
}

func (t *teWriter) entry(e *hashdb.Entry) error {
	type tag struct {
		Text string `json:"text"`
	}
	type tags struct {
		Data []tag `json:"data"`
	}
	type descriptor struct {
		Status string `json:"status"`
		Tags   *tags  `json:"tags,omitempty"`
	}
	type descriptors struct {
		Data []descriptor `json:"data"`
	}
	r := struct {
		ID           string       `json:"id,omitempty"`
		Indicator    string       `json:"indicator"`
		Type         string       `json:"type"`
		LastUpdated  int64        `json:"last_updated,omitempty"`
		ShouldDelete bool         `json:"should_delete"`
		Descriptors  *descriptors `json:"descriptors,omitempty"`
	}{ID: e.Ref, Indicator: e.Hash.String(), Type: teTypes[e.Hash.Kind]}
	if !e.Time.IsZero() {
		r.LastUpdated = e.Time.Unix()
	}
	if r.ShouldDelete = e.Status == hashdb.Retracted; r.ShouldDelete {
		return t.array.add(&r)
	}
	d := descriptor{Status: "MALICIOUS"}
	if e.Status == hashdb.Disputed {
		d.Status = "UNKNOWN"
	}
	for _, word := range e.Tags {
		if d.Tags == nil {
			d.Tags = &tags{}
		}
		d.Tags.Data = append(d.Tags.Data, tag{word})
	}
	r.Descriptors = &descriptors{Data: []descriptor{d}}
	return t.array.add(&r)
}

func (t *teWriter) end() error {
	_, err := t.out.WriteString("\n]}\n")
	return err
}

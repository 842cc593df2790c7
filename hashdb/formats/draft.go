package formats

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/hashdb"
)

// maxRecords is how many records one input may have: far more than any list, and
// few enough that a reader of something endless stops.
const maxRecords = 1 << 28

const (
	maxTags = 16 // As hashdb.Entry.
	maxTag  = 64 // Bytes, as hashdb.Entry.
	// maxProvenance is in bytes, as in hashdb.Entry.
	maxProvenance = 200
	// maxParties is the most that an entry can say.
	maxParties = 255
)

// counter numbers records.
type counter struct{ n, max int }

// next counts one more.
func (c *counter) next() error {
	if c.n >= c.max {
		return fmt.Errorf("record %d: more than %d records in one input", c.n+1, c.max)
	}
	c.n++
	return nil
}

// draft gathers what one record says until its entries can be made.
type draft struct {
	ref        string
	time       time.Time
	parties    int
	tags       []string
	provenance string
	status     hashdb.Status
	hashes     []hashdb.Hash
}

// hash adds the hash of kind k with the given hexadecimal digits; blanks around them
// and an empty text are nothing.
func (d *draft) hash(k hashdb.Kind, text string) error {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	h, err := hashdb.ParseHash(k, text)
	if err != nil {
		return err
	}
	for _, o := range d.hashes {
		if o == h {
			return nil
		}
		if o.Kind == k {
			return fmt.Errorf("two different hashes of kind %v", k)
		}
	}
	d.hashes = append(d.hashes, h)
	return nil
}

// tag adds an owner's word behind a prefix, once; an empty word is nothing.
func (d *draft) tag(prefix, word string) {
	word = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, word))
	if word == "" {
		return
	}
	t := cutText(prefix+word, maxTag)
	for _, o := range d.tags {
		if o == t {
			return
		}
	}
	if len(d.tags) < maxTags {
		d.tags = append(d.tags, t)
	}
}

// cutText returns the beginning of s in at most n bytes, without half a character.
func cutText(s string, n int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimSpace(s[:n])
}

// record makes the entries. What is wrong with one is a *hashdb.RecordError.
func (d *draft) record(number int) (hashdb.Record, error) {
	rec := hashdb.Record{Number: number}
	if len(d.hashes) == 0 {
		return rec, nil
	}
	rec.Entries = make([]hashdb.Entry, len(d.hashes))
	for i, h := range d.hashes {
		rec.Entries[i] = hashdb.Entry{
			Hash: h, Ref: d.ref, Time: d.time, Parties: min(d.parties, maxParties), Tags: d.tags[:len(d.tags):len(d.tags)],
			Provenance: d.provenance, Status: d.status,
		}
		if err := rec.Entries[i].Check(); err != nil {
			return hashdb.Record{}, &hashdb.RecordError{Number: number, Err: err}
		}
	}
	return rec, nil
}

// retractRef is a record that takes back what the owner listed under an id.
func retractRef(number int, ref string) (hashdb.Record, error) {
	e := hashdb.Entry{Hash: hashdb.Hash{Kind: hashdb.KindPDQ}, Ref: ref} // Some kind: only the id is checked.
	err := e.Check()
	if ref == "" {
		err = errors.New("takes back an entry without naming it")
	}
	if err != nil {
		return hashdb.Record{}, &hashdb.RecordError{Number: number, Err: err}
	}
	return hashdb.Record{Number: number, RetractRef: ref}, nil
}

// parseTime reads a time of RFC 3339 into whole seconds UTC; empty is zero. Its
// error does not repeat the text, which may be a hash in the wrong column.
func parseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("time has %d characters and not the form 2006-01-02T15:04:05Z", len(text))
	}
	return t.UTC().Truncate(time.Second), nil
}

// kindNamed returns the kind that owners call by the given name, as in "PDQ",
// "SHA-256", "HASH_MD5" or "video_md5"; 0 for any other.
func kindNamed(name string) hashdb.Kind {
	name = strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
	name = strings.TrimPrefix(strings.TrimPrefix(name, "hash"), "video")
	for _, k := range hashdb.Kinds() {
		if k.String() == name {
			return k
		}
	}
	return 0
}

// kindOfLength guesses a kind from the number of hexadecimal digits. SHA-256 is as
// long as PDQ and has to be named.
func kindOfLength(digits int) (hashdb.Kind, error) {
	switch digits {
	case 64:
		return hashdb.KindPDQ, nil
	case 40:
		return hashdb.KindSHA1, nil
	case 32:
		return hashdb.KindMD5, nil
	case 16:
		return 0, errors.New("16 digits may be phash, dhash or ahash: name the kind")
	}
	return 0, fmt.Errorf("%d characters are no hash: want 64 hexadecimal digits for PDQ, 40 for SHA-1, 32 for MD5", digits)
}

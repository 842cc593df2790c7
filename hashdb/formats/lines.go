package formats

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/hashdb"
)

// entriesAtOnce is how many lines' entries are made in one allocation.
const entriesAtOnce = 64

// lineReader reads one hash a line.
type lineReader struct {
	text       textLines
	kind       hashdb.Kind // 0 until the first hash tells.
	digits     int         // Of the kind.
	provenance string
	spare      []hashdb.Entry
	err        error // What ended the input.
}

func newLines(in *bufio.Reader, o Options) *lineReader {
	return &lineReader{
		text: textLines{in: in, count: counter{max: maxRecords}},
		kind: o.Kind, digits: o.Kind.Bits() / 4, provenance: o.Provenance,
	}
}

// Next returns the next hash; a record's number is its line.
func (l *lineReader) Next() (hashdb.Record, error) {
	if l.err != nil {
		return hashdb.Record{}, l.err
	}
	text, whole, err := l.text.next()
	if errors.Is(err, errLongLine) {
		return hashdb.Record{}, l.bad(err)
	}
	if err != nil {
		l.err = err
		return hashdb.Record{}, err
	}
	if l.kind == 0 {
		if err := l.tell(text, whole); err != nil {
			return hashdb.Record{}, err
		}
	}
	if len(l.spare) == 0 {
		l.spare = make([]hashdb.Entry, entriesAtOnce)
	}
	e := &l.spare[0]
	if len(text) != l.digits {
		return hashdb.Record{}, l.wrong(text, whole)
	}
	if _, err := hex.Decode(e.Hash.Bits[:], text); err != nil {
		e.Hash.Bits = [32]byte{}
		return hashdb.Record{}, l.wrong(text, whole)
	}
	e.Hash.Kind = l.kind
	e.Provenance = l.provenance
	rec := hashdb.Record{Number: l.text.count.n, Entries: l.spare[:1:1]}
	l.spare = l.spare[1:]
	return rec, nil
}

// tell finds the kind out from the first hash. It holds for the whole input: were
// each line asked, a PDQ hash that was cut could pass for another kind.
func (l *lineReader) tell(text []byte, whole bool) error {
	kind, err := kindOfLength(len(text))
	if !allHex(text) {
		return l.bad(errors.New("not a hash in hexadecimal"))
	}
	if err == nil {
		l.kind, l.digits = kind, kind.Bits()/4
		return nil
	}
	switch {
	case len(text) == 16:
		l.err = fmt.Errorf("line %d: %w", l.text.count.n, err)
		return l.err
	case !whole && len(text) < 64:
		l.err = truncated(fmt.Sprintf("line %d: the last line has no end and %d digits", l.text.count.n, len(text)))
		return l.err
	}
	return l.bad(err)
}

// wrong says what is wrong with a line that is no hash.
func (l *lineReader) wrong(text []byte, whole bool) error {
	if !whole && len(text) < l.digits && allHex(text) {
		l.err = truncated(fmt.Sprintf("line %d: the last line has no end and %d of %d digits", l.text.count.n, len(text), l.digits))
		return l.err
	}
	_, err := hashdb.ParseHash(l.kind, string(text))
	return l.bad(err)
}

func (l *lineReader) bad(err error) error {
	return &hashdb.RecordError{Number: l.text.count.n, Err: err}
}

func allHex(text []byte) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

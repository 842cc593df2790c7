package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/vigil-stream/vigil/hashdb"
)

// minQuality is the least quality at which vPDQ's authors use a frame
// (facebook/ThreatExchange, vpdq).
const minQuality = 50

// frame makes a record of a video's frame: its Ref is provenance, '#' and the frame's
// number, behind which clip puts how many there are. A frame of low quality has no
// entries.
func frame(number, index, quality int, hash, provenance string) (hashdb.Record, error) {
	d := draft{ref: provenance + "#" + strconv.Itoa(index), provenance: provenance}
	if quality < 0 || quality > 100 {
		return hashdb.Record{}, &hashdb.RecordError{Number: number, Err: errors.New("quality is not 0 to 100")}
	}
	err := d.hash(hashdb.KindPDQ, hash)
	if err == nil && len(d.hashes) == 0 {
		err = errors.New("frame has no hash")
	}
	if err != nil {
		return hashdb.Record{}, &hashdb.RecordError{Number: number, Err: err}
	}
	if quality < minQuality {
		return hashdb.Record{Number: number}, nil
	}
	return d.record(number)
}

func newVPDQ(in *bufio.Reader, o Options) hashdb.RecordReader {
	head, _ := in.Peek(peekSize)
	if head = bytes.TrimSpace(head); len(head) > 0 && head[0] == '[' {
		return &clip{in: &vpdqJSON{jsonInput: newJSONInput(in), provenance: o.Provenance}}
	}
	return &clip{in: &vpdqText{text: textLines{in: in, count: counter{max: maxRecords}}, provenance: o.Provenance}}
}

// vpdqJSON reads an array of {quality, hash, timestamp}; a frame's number is its place
// from 0.
type vpdqJSON struct {
	*jsonInput
	provenance string
	opened     bool
}

// Next returns the next frame.
func (v *vpdqJSON) Next() (hashdb.Record, error) {
	if v.err != nil {
		return hashdb.Record{}, v.err
	}
	if !v.opened {
		v.opened = true
		if err := v.open('['); err != nil {
			return hashdb.Record{}, err
		}
	}
	if !v.dec.More() {
		if err := v.open(']'); err != nil {
			return hashdb.Record{}, err
		}
		return hashdb.Record{}, v.end()
	}
	var f struct {
		Quality *int
		Hash    jsonText
	}
	if err := v.element(&f); err != nil {
		return hashdb.Record{}, err
	}
	if f.Quality == nil {
		return hashdb.Record{}, v.bad(errors.New("frame has no quality"))
	}
	return frame(v.count.n, v.count.n-1, *f.Quality, string(f.Hash), v.provenance)
}

// vpdqText reads lines of frame number, quality, PDQ and seconds, separated by commas.
type vpdqText struct {
	text       textLines
	provenance string
	err        error // What ended the input.
}

// Next returns the next frame; a record's number is its line.
func (v *vpdqText) Next() (hashdb.Record, error) {
	if v.err != nil {
		return hashdb.Record{}, v.err
	}
	text, whole, err := v.text.next()
	if err != nil && !errors.Is(err, errLongLine) {
		v.err = err
		return hashdb.Record{}, err
	}
	var rec hashdb.Record
	if err == nil {
		rec, err = v.line(text)
	}
	if err != nil && !whole {
		v.err = truncated(fmt.Sprintf("line %d: the last line has no end, and: %v", v.text.count.n, err))
		return hashdb.Record{}, v.err
	}
	var bad *hashdb.RecordError
	if err != nil && !errors.As(err, &bad) {
		err = &hashdb.RecordError{Number: v.text.count.n, Err: err}
	}
	return rec, err
}

func (v *vpdqText) line(text []byte) (hashdb.Record, error) {
	cells := bytes.Split(text, []byte(","))
	if len(cells) != 4 {
		return hashdb.Record{}, fmt.Errorf("line has %d cells, want frame, quality, hash, seconds", len(cells))
	}
	index, err := strconv.Atoi(string(cells[0]))
	if err != nil || index < 0 {
		return hashdb.Record{}, errors.New("frame is not a number")
	}
	quality, err := strconv.Atoi(string(cells[1]))
	if err != nil {
		return hashdb.Record{}, errors.New("quality is not 0 to 100")
	}
	if _, err := strconv.ParseFloat(string(cells[3]), 64); err != nil {
		return hashdb.Record{}, errors.New("seconds are not a number")
	}
	return frame(v.text.count.n, index, quality, string(cells[2]), v.provenance)
}

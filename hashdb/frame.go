package hashdb

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// frame is what one batch changes: the rows it adds, the lists as they stand after it,
// and how far it takes an exchange.
type frame struct {
	lists      []*listState
	checkpoint Checkpoint
	rows       []kindRow
}

// kindRow is a row of a kind's segments or head.
type kindRow struct {
	kind Kind
	segment.Row
}

// frameHead is the part of a frame that is JSON.
type frameHead struct {
	Lists      []*listState `json:"lists,omitempty"`
	Checkpoint string       `json:"checkpoint,omitempty"`
	Value      []byte       `json:"value,omitempty"`
}

var errFrame = errors.New("a batch in the journal cannot be read")

// encode returns the frame as bytes: the length of the JSON, the JSON, and for each
// row its kind, whether it is a tombstone, its list, id, attrs and hash.
func (f *frame) encode() ([]byte, error) {
	head, err := json.Marshal(frameHead{f.lists, f.checkpoint.Name, f.checkpoint.Value})
	if err != nil {
		return nil, err
	}
	b := append(binary.AppendUvarint(nil, uint64(len(head))), head...)
	for i := range f.rows {
		r := &f.rows[i]
		dead := byte(0)
		if r.Dead {
			dead = 1
		}
		b = append(b, byte(r.kind), dead)
		b = binary.LittleEndian.AppendUint16(b, r.List)
		b = append(append(b, byte(len(r.Ref))), r.Ref...)
		b = append(binary.AppendUvarint(b, uint64(len(r.Attrs))), r.Attrs...)
		h := bitsOf(r.Code)
		b = append(b, h[:r.kind.size()]...)
	}
	return b, nil
}

// decodeFrame reads what encode gives. The frame keeps nothing of b.
func decodeFrame(b []byte) (frame, error) {
	in := attrReader{rest: b}
	var head frameHead
	if err := json.Unmarshal(in.take(in.length()), &head); in.bad || err != nil {
		return frame{}, errFrame
	}
	f := frame{lists: head.Lists, checkpoint: Checkpoint{head.Checkpoint, head.Value}}
	for _, l := range f.lists {
		if l == nil {
			return frame{}, errFrame
		}
		if err := l.check(); err != nil {
			return frame{}, fmt.Errorf("%w: %w", errFrame, err)
		}
	}
	for len(in.rest) > 0 {
		r, err := in.row()
		if err != nil {
			return frame{}, err
		}
		f.rows = append(f.rows, r)
	}
	return f, nil
}

// length reads a length. It is at most that of what is left.
func (r *attrReader) length() int {
	v, n := binary.Uvarint(r.rest)
	if r.bad || n <= 0 || v > uint64(len(r.rest)-n) {
		r.bad = true
		return 0
	}
	r.take(n)
	return int(v)
}

func (r *attrReader) row() (kindRow, error) {
	k, dead := Kind(r.byte()), r.byte()
	list := r.take(2)
	row := kindRow{kind: k, Row: segment.Row{Ref: r.text(), Dead: dead == 1}}
	row.Attrs = append(row.Attrs, r.take(r.length())...)
	var h Hash
	n := copy(h.Bits[:], r.take(k.size()))
	if r.bad || !k.valid() || n != k.size() || dead > 1 || len(row.Ref) > maxRef {
		return kindRow{}, errFrame
	}
	if _, err := decodeAttrs(row.Attrs); err != nil || dead == 1 && len(row.Attrs) > 0 {
		return kindRow{}, errFrame
	}
	row.List, row.Code = binary.LittleEndian.Uint16(list), h.code()
	return row, nil
}

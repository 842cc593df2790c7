package segment

import (
	"errors"
	"iter"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// ErrDamaged is wrapped by errors that say that a file is not as it was written.
var ErrDamaged = errors.New("damaged")

// Options say what a segment holds.
type Options struct {
	Width int   // Bits of a hash: 64, 128, 160 or 256.
	Kind  uint8 // An opaque number.
	// Tables asks for an index. It is made for hashes of 256 bits and at least
	// index.MinCodes rows; Within scans other segments.
	Tables bool
}

// Info tells of a segment as a whole.
type Info struct {
	Rows   int   // With the dead.
	Dead   int   // Rows that are tombstones.
	Bytes  int64 // The file's length.
	Tables bool  // Whether it has an index.
	// Sum is a checksum of the header, which holds those of all the rest: it tells one
	// file from another, if nobody forges it.
	Sum uint32
}

// Segment is an open file of rows. It may be used by many goroutines at a time.
type Segment struct {
	path   string
	header *header
	info   Info
	data   []byte
	unmap  func() error
	per    int          // Words of a code.
	words  []uint64     // Of the codes.
	codes  []index.Code // The same, for 256 bits.
	lists  []uint16
	metas  []uint32
	blob   []byte
	index  *index.Index // Nil without tables.
}

// Len returns the number of rows, with the dead.
func (s *Segment) Len() int {
	s.mustBeOpen()
	return s.info.Rows
}

// mustBeOpen panics after Close: an empty answer would pass for "not listed".
func (s *Segment) mustBeOpen() {
	if s.data == nil {
		panic("segment " + s.path + " is used after it was closed")
	}
}

// Kind returns the Kind that the segment was written with.
func (s *Segment) Kind() uint8 { return s.header.Kind }

// Width returns the number of bits of a hash.
func (s *Segment) Width() int { return s.header.Width }

// Info tells of the segment as a whole.
func (s *Segment) Info() Info { return s.info }

// Code returns the code of row i.
func (s *Segment) Code(i int) (c index.Code) {
	if s.codes != nil {
		return s.codes[i]
	}
	copy(c[:], s.words[i*s.per:(i+1)*s.per])
	return c
}

// List returns the list of row i.
func (s *Segment) List(i int) uint16 { return s.lists[i] }

// Row returns row i. Its Ref and Attrs are the mapped file's bytes and valid until
// Close; Clone outlives that.
func (s *Segment) Row(i int) Row {
	m, ok := readMeta(s.blob, s.metas[i])
	if !ok {
		// Open has seen every row's record.
		panic("segment " + s.path + " has changed since it was opened")
	}
	return Row{Code: s.Code(i), List: s.lists[i], Ref: text(m.ref), Dead: m.dead, Attrs: m.attrs}
}

// Rows returns all rows in ascending order, valid as those of Row. The errors are nil.
func (s *Segment) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i := range s.Len() {
			if !yield(s.Row(i), nil) {
				return
			}
		}
	}
}

// Close unmaps the file. Neither the segment nor rows of it may be used afterwards; the
// segment panics if it can tell.
func (s *Segment) Close() error {
	unmap := s.unmap
	if unmap == nil {
		return nil
	}
	*s = Segment{path: s.path, header: s.header} // See mustBeOpen.
	return unmap()
}

package segment

import (
	"errors"
	"fmt"
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
	options Options
	info    Info
}

var errNotYet = errors.New("not written yet")

// Write writes rows, which must ascend, to a new file at path with mode 0600.
func Write(path string, o Options, rows iter.Seq2[Row, error]) (Info, error) {
	return Info{}, fmt.Errorf("segment %s: %w", path, errNotYet)
}

// Open maps the file at path.
func Open(path string) (*Segment, error) {
	return nil, fmt.Errorf("segment %s: %w", path, errNotYet)
}

// Len returns the number of rows, with the dead.
func (s *Segment) Len() int { return s.info.Rows }

// Kind returns the Kind that the segment was written with.
func (s *Segment) Kind() uint8 { return s.options.Kind }

// Width returns the number of bits of a hash.
func (s *Segment) Width() int { return s.options.Width }

// Info tells of the segment as a whole.
func (s *Segment) Info() Info { return s.info }

// Row returns row i. Its Ref and Attrs are the mapped file's bytes and valid until
// Close; Clone outlives that.
func (s *Segment) Row(i int) Row { return Row{} }

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

// Within appends to hits the rows, dead or not, whose codes are within radius bits of q.
func (s *Segment) Within(q index.Code, radius int, hits []index.Hit) []index.Hit { return hits }

// Find returns the rows lo up to but without hi, dead or not, whose code is c.
func (s *Segment) Find(c index.Code) (lo, hi int) { return 0, 0 }

// Verify reads the whole file and compares it with its checksums.
func (s *Segment) Verify() error { return nil }

// Close unmaps the file. Neither the segment nor rows of it may be used afterwards.
func (s *Segment) Close() error { return nil }

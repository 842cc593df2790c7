package segment

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/hashdb/index"
)

const (
	// MaxRows is the most rows that a segment may have.
	MaxRows = index.MaxCodes
	// MaxRef is the length in bytes of the longest Ref.
	MaxRef = 200
	// MaxAttrs is the length in bytes of the longest Attrs.
	MaxAttrs = 4096
)

// Row is one entry, or the word that it is gone. Rows are ordered by Code, List and Ref,
// and no two rows of a segment have all three equal.
type Row struct {
	// Code is the hash. Hashes of fewer than 256 bits come first and are followed by
	// zeros.
	Code index.Code
	List uint16 // An opaque number.
	Ref  string // The owner's id, at most MaxRef bytes; may be empty.
	// Dead marks a tombstone: the row of the same Code, List and Ref in older segments
	// is gone.
	Dead  bool
	Attrs []byte // Opaque, at most MaxAttrs bytes.
}

// Compare returns -1, 0 or +1 as a is before, equal to or after b in the order of rows.
func Compare(a, b *Row) int {
	// First words are seldom equal, and to look there first halves the time.
	if a.Code[0] != b.Code[0] {
		return cmp.Compare(a.Code[0], b.Code[0])
	}
	if c := a.Code.Compare(b.Code); c != 0 {
		return c
	}
	if c := cmp.Compare(a.List, b.List); c != 0 {
		return c
	}
	return strings.Compare(a.Ref, b.Ref)
}

// Clone returns a copy of the row that shares no memory with it, and so outlives the
// segment that it came from.
func (r *Row) Clone() Row {
	c := *r
	c.Ref, c.Attrs = strings.Clone(r.Ref), bytes.Clone(r.Attrs)
	return c
}

// check reports why a row cannot be in a segment of the given width in bits.
func (r *Row) check(width int) error {
	switch {
	case !fits(&r.Code, width):
		return fmt.Errorf("hash is longer than %d bits", width)
	case len(r.Ref) > MaxRef:
		return fmt.Errorf("reference has %d bytes, want at most %d", len(r.Ref), MaxRef)
	case len(r.Attrs) > MaxAttrs:
		return fmt.Errorf("attributes have %d bytes, want at most %d", len(r.Attrs), MaxAttrs)
	}
	return nil
}

// fits reports whether all bits of c after the first width are zero.
func fits(c *index.Code, width int) bool {
	switch width {
	case 256:
		return true
	case 160:
		return uint32(c[2])|uint32(c[3]>>32)|uint32(c[3]) == 0
	case 128:
		return c[2]|c[3] == 0
	default:
		return c[1]|c[2]|c[3] == 0
	}
}

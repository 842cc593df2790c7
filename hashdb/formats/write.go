package formats

import (
	"fmt"
	"io"
	"iter"

	"github.com/vigil-stream/vigil/hashdb"
)

// Write writes the entries of a list to w in the format f.
func Write(w io.Writer, f Format, list hashdb.ListInfo, entries iter.Seq2[hashdb.Entry, error]) error {
	return fmt.Errorf("format %.20q cannot be written yet", f)
}

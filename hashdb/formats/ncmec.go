package formats

import (
	"errors"
	"io"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// NCMECReader reads one query result of NCMEC's hash sharing.
type NCMECReader struct {
	provenance string
}

// NewNCMEC returns a reader of the query result r.
func NewNCMEC(io.Reader) *NCMECReader { return &NCMECReader{} }

// Next returns the next entry, as hashdb.RecordReader says.
func (n *NCMECReader) Next() (hashdb.Record, error) {
	return hashdb.Record{}, errors.New("ncmec is not read yet")
}

// Page returns, after io.EOF, the relative URL of the next page, empty when this is
// the last, and the greatest time of a change in this page. Entries are not in time
// order: a window's checkpoint may move only when its last page was read.
func (n *NCMECReader) Page() (next string, maxTimestamp time.Time) { return "", time.Time{} }

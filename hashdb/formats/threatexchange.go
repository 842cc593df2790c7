package formats

import (
	"errors"
	"io"

	"github.com/vigil-stream/vigil/hashdb"
)

// ThreatExchangeReader reads a page of /threat_updates, an array of its records, or
// one record a line.
type ThreatExchangeReader struct {
	provenance string
}

// NewThreatExchange returns a reader of r.
func NewThreatExchange(io.Reader) *ThreatExchangeReader { return &ThreatExchangeReader{} }

// Next returns the next record, as hashdb.RecordReader says.
func (t *ThreatExchangeReader) Next() (hashdb.Record, error) {
	return hashdb.Record{}, errors.New("threatexchange is not read yet")
}

// Page returns, after io.EOF, the URL of the next page, empty when this is the last.
// The URL holds the asker's access token: it must not be logged.
func (t *ThreatExchangeReader) Page() (next string) { return "" }

package hashdb

import (
	"errors"
	"time"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// Options say how a DB works. The zero Options are right for most.
type Options struct {
	// Now is the clock; time.Now when nil. It dates changes of lists.
	Now func() time.Time
	// Report, when not nil, is told of errors that stop nothing: of Run's rounds, and of
	// tidying up after a change that is itself durable. It may be called by several
	// goroutines at a time.
	Report func(error)
	// Every is the time between two rounds of Run; 250 ms when 0.
	Every time.Duration
	// RequireEncrypted refuses a folder of which it is not known that the system
	// encrypts it, or keeps it in memory only; see AtRest.
	RequireEncrypted bool
	// HeadRows is the number of rows of one kind that are kept in the journal and in
	// memory before they are sealed into a segment; 8,192 when 0. Larger batches are
	// sealed at once.
	HeadRows int
	// ImportRows is the number of entries that an import gathers before it writes them
	// down; 1,000,000 when 0. It takes some 150 bytes of memory for each.
	ImportRows int

	step        func(op, name string) error // See disk.
	segmentRows int                         // The most rows of a segment; fewer in tests.
}

const (
	defaultEvery      = 250 * time.Millisecond
	defaultHeadRows   = 8192
	defaultImportRows = 1_000_000
)

// complete returns the options with the defaults in place of zeros.
func (o Options) complete() (Options, error) {
	if o.Every < 0 || o.HeadRows < 0 || o.ImportRows < 0 || o.HeadRows > 1<<20 || o.ImportRows > 1<<24 {
		return o, errors.New("options are negative or above 1,048,576 rows in the head or 16,777,216 in an import")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	if o.HeadRows == 0 {
		o.HeadRows = defaultHeadRows
	}
	if o.ImportRows == 0 {
		o.ImportRows = defaultImportRows
	}
	if o.segmentRows == 0 {
		o.segmentRows = segment.MaxRows
	}
	return o, nil
}

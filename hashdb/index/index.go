package index

import (
	"fmt"
	"sync"
)

const (
	// MaxRadius is the widest radius in bits that the tables answer. With the next one
	// a look-up would flip three bits of a half, and a scan is faster.
	MaxRadius = 47
	// MaxCodes is the most codes that an index may have: its tables keep 24 bits of an
	// entry.
	MaxCodes = 1 << 24
	// MinCodes is the number of codes below which Scan is as fast and does without the
	// tables, whose bounds alone take 4 MiB.
	MinCodes = 4096
)

// Index finds codes by tables of their halves. It never changes and may be asked by many
// goroutines at a time.
type Index struct {
	codes   []Code
	tables  []byte // Nil when there are more codes than tables can hold.
	layout  layout
	masks   []uint16
	wide    bool // Use AVX-512.
	scratch sync.Pool
}

// Vectors reports whether look-ups use AVX-512 here.
func Vectors() bool { return haveWide }

// Build indexes codes in heap memory. They must not change afterwards. More than
// MaxCodes get no tables: every look-up among them scans.
func Build(codes []Code) *Index {
	if len(codes) > MaxCodes {
		return &Index{codes: codes, wide: haveWide}
	}
	l := layoutOf(len(codes))
	tables := make([]byte, l.size())
	f := newFiller(codes)
	for t := range tableCount {
		f.fill(tables[t*l.stride:(t+1)*l.stride], t)
	}
	return newIndex(tables, codes)
}

// Open returns the index of codes whose encoded tables are given. It keeps both, which
// must not change afterwards, and copies neither. It errs when the tables' size or
// bounds are not those of len(codes) codes. That they are of these very codes it does
// not see: guard them by a checksum.
func Open(tables []byte, codes []Code) (*Index, error) {
	if len(codes) > MaxCodes {
		return nil, fmt.Errorf("index tables of %d codes: at most %d can be", len(codes), MaxCodes)
	}
	if want := TablesSize(len(codes)); int64(len(tables)) != want {
		return nil, fmt.Errorf("index tables of %d codes have %d bytes, want %d", len(codes), len(tables), want)
	}
	if err := layoutOf(len(codes)).check(tables); err != nil {
		return nil, err
	}
	return newIndex(tables, codes), nil
}

func newIndex(tables []byte, codes []Code) *Index {
	return &Index{
		codes: codes, tables: tables, layout: layoutOf(len(codes)), masks: flips(), wide: haveWide,
		scratch: sync.Pool{New: func() any { return new(scratch) }},
	}
}

package segment

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync/atomic"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// Open maps the file at path and verifies all of it: every byte against the checksums,
// every row against the order and the limits. An error wraps ErrDamaged, and names the
// section, when the file is not as Write left it.
func Open(path string) (*Segment, error) {
	s, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", path, err)
	}
	return s, nil
}

func open(path string) (_ *Segment, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := stat.Size()
	if !stat.Mode().IsRegular() || size > math.MaxInt {
		return nil, fmt.Errorf("%w file: %v of %d bytes", ErrDamaged, stat.Mode().Type(), size)
	}
	// The header is checked before as much is mapped as the file is long.
	head := make([]byte, page)
	n, err := f.ReadAt(head, 0)
	if n < page && size >= page {
		return nil, err
	}
	if _, err := decodeHeader(head[:n], size); err != nil {
		return nil, err
	}
	data, unmap, err := mapFile(f, int(size))
	if err != nil {
		return nil, err
	}
	s, err := parse(data)
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	s.path, s.unmap = path, unmap
	return s, nil
}

// parse returns the segment whose file is data, verified.
func parse(data []byte) (*Segment, error) {
	h, err := decodeHeader(data, int64(len(data)))
	if err != nil {
		return nil, err
	}
	at := h.layout()
	section := func(i int) []byte { return data[at[i] : at[i]+h.length[i]] }
	s := &Segment{
		header: h, info: h.info(headerSum(data)), data: data, per: words(h.Width),
		words: view[uint64](section(codes)), lists: view[uint16](section(lists)),
		metas: view[uint32](section(metas)), blob: section(blob),
	}
	if h.Width == 256 {
		s.codes = asCodes(s.words)
	}
	if err := s.verify(); err != nil {
		return nil, err
	}
	if h.Tables {
		if s.index, err = index.Open(section(tables), s.codes); err != nil {
			return nil, fmt.Errorf("%w tables: %w", ErrDamaged, err)
		}
	}
	return s, nil
}

// Verify reads the whole file again, as Open did, in case that the disk has lost some of
// it since.
func (s *Segment) Verify() error {
	h, err := decodeHeader(s.data, int64(len(s.data)))
	if err == nil && (*h != *s.header || headerSum(s.data) != s.info.Sum) {
		err = fmt.Errorf("%w header: it is another than before", ErrDamaged)
	}
	if err == nil {
		err = s.verify()
	}
	if err != nil {
		return fmt.Errorf("segment %s: %w", s.path, err)
	}
	return nil
}

func (s *Segment) verify() error {
	if err := s.header.verify(s.data); err != nil {
		return err
	}
	return s.verifyRows()
}

// rowChunk is how many rows are verified at a time.
const rowChunk = 1 << 14

// verifyRows holds the rows against what Find, Row and merges take for granted.
func (s *Segment) verifyRows() error {
	var dead atomic.Int64
	faults := make([]error, (s.Len()+rowChunk-1)/rowChunk)
	parallel(len(faults), func(i int) {
		n, err := s.verifyChunk(i*rowChunk, min((i+1)*rowChunk, s.Len()))
		faults[i] = err
		dead.Add(int64(n))
	})
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	if int(dead.Load()) != s.info.Dead {
		return fmt.Errorf("%w header: %d rows dead in place of %d", ErrDamaged, dead.Load(), s.info.Dead)
	}
	return nil
}

func (s *Segment) verifyChunk(lo, hi int) (dead int, err error) {
	var last, row Row
	var m meta
	first := max(lo-1, 0) // To compare row lo with.
	for i := first; i < hi; i++ {
		if i == first || s.metas[i] != s.metas[i-1] {
			var ok bool
			if m, ok = readMeta(s.blob, s.metas[i]); !ok {
				return 0, fmt.Errorf("%w metas: row %d has none", ErrDamaged, i)
			}
		}
		last = row
		row = Row{Code: s.Code(i), List: s.lists[i], Ref: text(m.ref)}
		if !fits(&row.Code, s.header.Width) {
			return 0, fmt.Errorf("%w codes: row %d is longer than %d bits", ErrDamaged, i, s.header.Width)
		}
		if i > first && Compare(&last, &row) >= 0 {
			return 0, fmt.Errorf("%w codes: %w at row %d", ErrDamaged, errOrder, i)
		}
		if m.dead && i >= lo {
			dead++
		}
	}
	return dead, nil
}

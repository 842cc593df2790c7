package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"runtime"
	"sync"
	"sync/atomic"
)

// castagnoli is CRC-32C, for which amd64 and arm64 have instructions.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// block is the number of bytes under one of the CRCs of which a section's checksum is
// made.
const block = 1 << 20

// blockSum computes a section's checksum as it is written.
type blockSum struct {
	outer, inner uint32
	filled       int // Bytes of the current block.
}

func (s *blockSum) add(p []byte) {
	for len(p) > 0 {
		n := min(len(p), block-s.filled)
		s.inner = crc32.Update(s.inner, castagnoli, p[:n])
		s.filled += n
		p = p[n:]
		if s.filled == block {
			s.close()
		}
	}
}

func (s *blockSum) close() {
	s.outer = addSum(s.outer, s.inner)
	s.inner, s.filled = 0, 0
}

func (s *blockSum) sum() uint32 {
	if s.filled > 0 {
		s.close()
	}
	return s.outer
}

func addSum(outer, inner uint32) uint32 {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], inner)
	return crc32.Update(outer, castagnoli, b[:])
}

// verify compares the padded sections of data with their checksums, on all processors.
func (h *header) verify(data []byte) error {
	at := h.layout()
	var first [sections + 1]int // Of each section's blocks among all.
	for i := range sections {
		first[i+1] = first[i] + int((at[i+1]-at[i]+block-1)/block)
	}
	sums := make([]uint32, first[sections])
	parallel(len(sums), func(b int) {
		i := 0
		for b >= first[i+1] {
			i++
		}
		from := at[i] + int64(b-first[i])*block
		sums[b] = crc32.Checksum(data[from:min(from+block, at[i+1])], castagnoli)
	})
	for i := range sections {
		var sum uint32
		for _, s := range sums[first[i]:first[i+1]] {
			sum = addSum(sum, s)
		}
		if sum != h.sum[i] {
			return fmt.Errorf("%w %s: the section %w", ErrDamaged, sectionNames[i], errSum)
		}
	}
	return nil
}

// parallel calls do with each of 0 to n-1, in about that order, on as many goroutines as
// may run at a time.
func parallel(n int, do func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	group.Wait()
}

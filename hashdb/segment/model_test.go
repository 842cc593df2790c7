package segment

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// widths are all that there are.
var widths = []int{64, 128, 160, 256}

// randomCode returns a code of the given width in bits.
func randomCode(r *rand.Rand, width int) (c index.Code) {
	for i := range words(width) {
		c[i] = r.Uint64()
	}
	if width == 160 {
		c[2] &^= 1<<32 - 1
	}
	return c
}

// randomRows returns about n ascending rows: some share a code, some their attributes,
// every eighth is dead, some have refs and attributes as long as may be.
func randomRows(r *rand.Rand, n, width int) []Row {
	rows := make([]Row, 0, n)
	for range n {
		row := Row{Code: randomCode(r, width), List: uint16(r.IntN(3)), Dead: r.IntN(8) == 0}
		if len(rows) > 0 && r.IntN(4) == 0 {
			row.Code = rows[r.IntN(len(rows))].Code
		}
		switch r.IntN(4) {
		case 0:
			row.Ref = fmt.Sprintf("ref-%d", r.IntN(n))
		case 1:
			row.Ref = string(make([]byte, r.IntN(MaxRef+1)))
		}
		switch r.IntN(4) {
		case 0:
			row.Attrs = []byte{1, 2, byte(r.IntN(4))}
		case 1:
			row.Attrs = make([]byte, r.IntN(300))
		case 2:
			if r.IntN(20) == 0 {
				row.Attrs = make([]byte, MaxAttrs)
			}
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b Row) int { return Compare(&a, &b) })
	return slices.CompactFunc(rows, func(a, b Row) bool { return Compare(&a, &b) == 0 })
}

// plainRows returns n ascending rows of uniform codes and nothing else.
func plainRows(r *rand.Rand, n, width int) []Row {
	rows := make([]Row, n)
	for i := range rows {
		rows[i].Code = randomCode(r, width)
	}
	slices.SortFunc(rows, func(a, b Row) int { return Compare(&a, &b) })
	return rows
}

func all(rows []Row) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func equal(a, b *Row) bool {
	return Compare(a, b) == 0 && a.Dead == b.Dead && slices.Equal(a.Attrs, b.Attrs)
}

// sameRows fails the test unless got yields want.
func sameRows(t *testing.T, got iter.Seq2[Row, error], want []Row) {
	t.Helper()
	i := 0
	for row, err := range got {
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(want) {
			t.Fatalf("more rows than %d", len(want))
		}
		if !equal(&row, &want[i]) {
			t.Fatalf("row %d is not as written", i)
		}
		i++
	}
	if i != len(want) {
		t.Fatalf("%d rows, want %d", i, len(want))
	}
}

// written writes and opens rows.
func written(t testing.TB, o Options, rows []Row) *Segment {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	info, err := Write(path, o, all(rows))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if s.Info() != info {
		t.Fatalf("info after opening %+v, after writing %+v", s.Info(), info)
	}
	return s
}

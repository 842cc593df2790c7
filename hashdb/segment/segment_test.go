package segment

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// TestSegmentIsItsRows holds a segment against the plain slice that it was written from.
func TestSegmentIsItsRows(t *testing.T) {
	for _, width := range widths {
		for _, n := range []int{0, 1, 2, 700, index.MinCodes + 500, 3 * index.MinCodes} {
			t.Run(fmt.Sprintf("width %d, %d rows", width, n), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(width), uint64(n)))
				rows := randomRows(r, n, width)
				o := Options{Width: width, Kind: 7, Tables: true}
				s := written(t, o, rows)
				sameRows(t, s.Rows(), rows)
				dead := 0
				for _, row := range rows {
					if row.Dead {
						dead++
					}
				}
				stat, err := os.Stat(s.path)
				if err != nil {
					t.Fatal(err)
				}
				tables := width == 256 && len(rows) >= index.MinCodes
				want := Info{Rows: len(rows), Dead: dead, Bytes: stat.Size(), Tables: tables, Sum: s.Info().Sum}
				if s.Info() != want || s.Kind() != 7 || s.Width() != width || s.Len() != len(rows) {
					t.Errorf("info %+v, want %+v", s.Info(), want)
				}
				if (s.index != nil) != tables {
					t.Errorf("index is used: %v, want %v", s.index != nil, tables)
				}
				if mode := stat.Mode(); mode != 0o600 {
					t.Errorf("mode %v", mode)
				}
				if err := s.Verify(); err != nil {
					t.Error(err)
				}
				testFind(t, r, s, rows)
				testWithin(t, r, s, rows)
			})
		}
	}
}

func testFind(t *testing.T, r *rand.Rand, s *Segment, rows []Row) {
	t.Helper()
	find := func(c index.Code) {
		lo, hi := s.Find(c)
		wantLo, _ := slices.BinarySearchFunc(rows, c, func(r Row, c index.Code) int { return r.Code.Compare(c) })
		wantHi := wantLo
		for wantHi < len(rows) && rows[wantHi].Code == c {
			wantHi++
		}
		if lo != wantLo || hi != wantHi {
			t.Fatalf("found %d to %d, want %d to %d", lo, hi, wantLo, wantHi)
		}
	}
	for range min(500, len(rows)) {
		c := rows[r.IntN(len(rows))].Code
		find(c)
		c[3]++
		find(c)
	}
	find(index.Code{})
	find(index.Code{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)})
	for range 100 {
		find(randomCode(r, s.Width()))
	}
}

func testWithin(t *testing.T, r *rand.Rand, s *Segment, rows []Row) {
	t.Helper()
	near := 0
	for range 30 {
		q := randomCode(r, s.Width())
		if len(rows) > 0 && r.IntN(4) > 0 {
			q = rows[r.IntN(len(rows))].Code
			for range r.IntN(40) {
				bit := r.IntN(s.Width())
				q[bit/64] ^= 1 << (63 - bit%64)
			}
		}
		if r.IntN(10) == 0 {
			q[3] ^= 6 // Beyond the codes of all widths but one.
		}
		for _, radius := range []int{0, 8, 31, 47, 60} {
			var want []index.Hit
			for i, row := range rows {
				d := 0
				for j := range q {
					d += bits.OnesCount64(row.Code[j] ^ q[j])
				}
				if d <= radius {
					want = append(want, index.Hit{Entry: uint32(i), Distance: d})
				}
			}
			got := s.Within(q, radius, nil)
			slices.SortFunc(got, func(a, b index.Hit) int { return int(a.Entry) - int(b.Entry) })
			if !slices.Equal(got, want) {
				t.Fatalf("radius %d: %d hits, want %d", radius, len(got), len(want))
			}
			near += len(want)
		}
	}
	if near == 0 && len(rows) > 100 {
		t.Error("nothing was near")
	}
}

// TestFindAmongSkewedCodes takes codes that are equal or differ late.
func TestFindAmongSkewedCodes(t *testing.T) {
	const n = 20_000
	sets := map[string]func(i int) index.Code{
		"one first word": func(i int) index.Code { return index.Code{5, 0, 0, uint64(i)} },
		"doubling":       func(i int) index.Code { return index.Code{1 << (i * 64 / n), uint64(i)} },
		"at both ends":   func(i int) index.Code { return index.Code{uint64(i*2/n) * ^uint64(0), uint64(i)} },
		"one outlier":    func(i int) index.Code { return index.Code{uint64(i) + uint64(i/(n-1))<<63} },
	}
	for name, code := range sets {
		t.Run(name, func(t *testing.T) {
			rows := make([]Row, n)
			for i := range rows {
				rows[i].Code = code(i)
			}
			testFind(t, rand.New(rand.NewPCG(1, 2)), written(t, Options{Width: 256}, rows), rows)
		})
	}
	t.Run("one code", func(t *testing.T) {
		rows := make([]Row, n)
		for i := range rows {
			rows[i] = Row{Code: index.Code{9}, Ref: fmt.Sprintf("%06d", i)}
		}
		rows[0].Code[0], rows[n-1].Code[0] = 8, 10
		s := written(t, Options{Width: 64}, rows)
		if lo, hi := s.Find(index.Code{9}); lo != 1 || hi != n-1 {
			t.Errorf("found %d to %d", lo, hi)
		}
	})
}

// TestPlainRowsAreSmall: at ten million, 132 bytes a row at most with the tables.
func TestPlainRowsAreSmall(t *testing.T) {
	const most = 10_000_000
	n := lengths(Options{Width: 256, Tables: true}, most, 8)
	sum := int64(page)
	for _, l := range n {
		sum += padded(l)
	}
	if sum > 132*most {
		t.Errorf("%d bytes a row", sum/most)
	}
	s := written(t, Options{Width: 256}, plainRows(rand.New(rand.NewPCG(3, 4)), 1000, 256))
	if len(s.blob) != 8 {
		t.Errorf("a list without refs and attributes has a blob of %d bytes", len(s.blob))
	}
}

func TestEqualNeighboursAreStoredOnce(t *testing.T) {
	rows := plainRows(rand.New(rand.NewPCG(5, 6)), 1000, 64)
	for i := range rows {
		rows[i].Attrs = slices.Repeat([]byte{byte(i / 100)}, MaxAttrs)
	}
	s := written(t, Options{Width: 64}, rows)
	if most := 10 * (MaxAttrs + 8); len(s.blob) > most {
		t.Errorf("blob of %d bytes, want at most %d", len(s.blob), most)
	}
	sameRows(t, s.Rows(), rows)
}

func TestRowsOutliveTheSegmentWhenCloned(t *testing.T) {
	rows := []Row{{Code: index.Code{1}, Ref: "abc", Attrs: []byte("def")}}
	s := written(t, Options{Width: 64}, rows)
	row := s.Row(0)
	row = row.Clone()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !equal(&row, &rows[0]) {
		t.Error("the clone has changed")
	}
	if err := s.Close(); err != nil {
		t.Error("second close:", err)
	}
	for name, use := range map[string]func(){
		"Len":    func() { s.Len() },
		"Row":    func() { s.Row(0) },
		"Rows":   func() { sameRows(t, s.Rows(), nil) },
		"Within": func() { s.Within(index.Code{1}, 9, nil) },
		"Find":   func() { s.Find(index.Code{1}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s answers after Close", name)
				}
			}()
			use()
		}()
	}
}

func TestDecodedIsView(t *testing.T) {
	b := alignedBytes(4096)
	r := rand.New(rand.NewPCG(7, 8))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	if !slices.Equal(view[uint16](b), decoded[uint16](b)) || !slices.Equal(view[uint32](b), decoded[uint32](b)) ||
		!slices.Equal(view[uint64](b), decoded[uint64](b)) {
		t.Error("a decoded copy differs from the view")
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, width := range widths {
		rows := randomRows(r, 2*index.MinCodes, width)
		s := written(t, Options{Width: width, Tables: true}, rows)
		hits := make([]index.Hit, 0, 100)
		q := rows[100].Code
		if n := testing.AllocsPerRun(100, func() {
			hits = s.Within(q, 31, hits[:0])
			lo, _ := s.Find(q)
			if row := s.Row(lo); row.Code != q {
				t.Error("not found")
			}
		}); n != 0 {
			t.Errorf("width %d: %v allocations", width, n)
		}
	}
}

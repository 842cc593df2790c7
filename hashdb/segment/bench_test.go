package segment

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// benchRows is the number of rows of the benchmarks: VIGIL_BENCH_N, of which 10,000,000
// is what the documents speak of.
func benchRows(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("VIGIL_BENCH_N"))
	if err != nil {
		n = 1_000_000
	}
	b.Logf("%d rows", n)
	return n
}

// perRow replaces the time of all by that of a row.
func perRow(b *testing.B, rows int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

func BenchmarkSegment(b *testing.B) {
	n := benchRows(b)
	dir := b.TempDir()
	rows := plainRows(rand.New(rand.NewPCG(1, 1)), n, 256)
	o := Options{Width: 256, Tables: true}
	plain := Options{Width: 256}
	path := filepath.Join(dir, "all")
	write := func(b *testing.B, o Options, path string, rows []Row) {
		if err := os.RemoveAll(path); err != nil {
			b.Fatal(err)
		}
		info, err := Write(path, o, all(rows))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Bytes)/float64(info.Rows), "B/row")
	}
	b.Run("write plain", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			write(b, plain, path, rows)
		}
		perRow(b, n)
	})
	b.Run("write", func(b *testing.B) {
		for range b.N {
			write(b, o, path, rows)
		}
		perRow(b, n)
	})
	b.Run("open", func(b *testing.B) {
		for range b.N {
			s, err := Open(path)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
		perRow(b, n)
	})
	s, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("find", func(b *testing.B) {
		r := rand.New(rand.NewPCG(2, 2))
		for range b.N {
			want := r.IntN(n)
			if lo, hi := s.Find(rows[want].Code); lo > want || hi <= want {
				b.Fatal("not found")
			}
		}
	})
	b.Run("within 31", func(b *testing.B) {
		r := rand.New(rand.NewPCG(3, 3))
		var hits []index.Hit
		for range b.N {
			hits = s.Within(randomCode(r, 256), 31, hits[:0])
		}
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	benchMerge(b, rows, dir)
}

// benchMerge merges four segments into one, without its tables, which are as in "write".
func benchMerge(b *testing.B, rows []Row, dir string) {
	const parts = 4
	var split [parts][]Row
	r := rand.New(rand.NewPCG(4, 4))
	for _, row := range rows {
		i := r.IntN(parts)
		split[i] = append(split[i], row)
	}
	var open []*Segment
	for i := range split {
		path := filepath.Join(dir, "part"+strconv.Itoa(i))
		if _, err := Write(path, Options{Width: 256}, all(split[i])); err != nil {
			b.Fatal(err)
		}
		s, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		open = append(open, s)
	}
	b.Run("merge 4", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			rows := Merge(true, open[0].Rows(), open[1].Rows(), open[2].Rows(), open[3].Rows())
			path := filepath.Join(dir, "merged")
			if _, err := Write(path, Options{Width: 256}, rows); err != nil {
				b.Fatal(err)
			}
			if err := os.Remove(path); err != nil {
				b.Fatal(err)
			}
		}
		perRow(b, len(rows))
	})
	for _, s := range open {
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

package index

import (
	"io"
	"os"
	"strconv"
	"testing"
)

// benchSize is how many codes the benchmarks have: VIGIL_BENCH_N, or a million.
// 10,000,000 need 1.2 GB and half a minute.
func benchSize(b *testing.B) int {
	text := os.Getenv("VIGIL_BENCH_N")
	if text == "" {
		return 1_000_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxCodes {
		b.Fatalf("VIGIL_BENCH_N is %q, want 1 to %d", text, MaxCodes)
	}
	return n
}

// BenchmarkLookup measures look-ups of uniform codes in one thread, and how many times
// as fast as a plain scan in the same run they are.
func BenchmarkLookup(b *testing.B) {
	r, n := seeded(5), benchSize(b)
	codes := randomCodes(r, n)
	misses, hits := randomCodes(r, 4096), make([]Code, 4096)
	for i := range hits {
		hits[i] = flipped(r, codes[r.IntN(n)], 20)
	}
	wide := Build(codes)
	scalar := newIndex(wide.tables, codes)
	scalar.wide = false

	single := func(x *Index) func([]Code, int, []Hit) {
		return func(qs []Code, radius int, found []Hit) {
			for _, q := range qs {
				found = x.Within(q, radius, found[:0])
			}
		}
	}
	batch := func(x *Index) func([]Code, int, []Hit) {
		return func(qs []Code, radius int, found []Hit) {
			x.WithinMany(qs, radius, func(int, []Hit) {})
		}
	}
	scan := func(by func([]Code, Code, int, []Hit) []Hit) func([]Code, int, []Hit) {
		return func(qs []Code, radius int, found []Hit) {
			for _, q := range qs {
				found = by(codes, q, radius, found[:0])
			}
		}
	}
	var scanned float64 // The baseline.
	for _, bench := range []struct {
		name    string
		lookUp  func(qs []Code, radius int, found []Hit)
		queries []Code
		radius  int
		each    int // Queries in a turn.
	}{
		{"scan/scalar", scan(scanScalar), misses, 31, 1},
		{"scan/avx512", scan(scanWide), misses, 31, 1},
		{"scalar/miss", single(scalar), misses, 31, 1},
		{"scalar/hit", single(scalar), hits, 31, 1},
		{"scalar/radius39", single(scalar), misses, 39, 1},
		{"scalar/radius47", single(scalar), misses, 47, 1},
		{"scalar/batch", batch(scalar), misses, 31, 64},
		{"avx512/miss", single(wide), misses, 31, 1},
		{"avx512/hit", single(wide), hits, 31, 1},
		{"avx512/radius39", single(wide), misses, 39, 1},
		{"avx512/radius47", single(wide), misses, 47, 1},
		{"avx512/batch", batch(wide), misses, 31, 64},
	} {
		b.Run(bench.name, func(b *testing.B) {
			if bench.name[:6] == "avx512" && !haveWide {
				b.Skip("this processor has no AVX-512 that would do")
			}
			found := make([]Hit, 0, 1024)
			bench.lookUp(bench.queries[:min(bench.each, 64)], bench.radius, found)
			at := 0
			for b.Loop() {
				bench.lookUp(bench.queries[at:at+bench.each], bench.radius, found)
				at = (at + bench.each) % len(bench.queries)
			}
			each := b.Elapsed().Seconds() / float64(b.N*bench.each)
			if bench.name == "scan/scalar" {
				scanned = each
			}
			b.ReportMetric(1/each, "lookups/s")
			b.ReportMetric(scanned/each, "times-scan")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	codes := randomCodes(seeded(6), benchSize(b))
	for b.Loop() {
		if err := WriteTables(io.Discard, codes); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(codes))/b.Elapsed().Seconds(), "codes/s")
}

func BenchmarkOpen(b *testing.B) {
	codes := randomCodes(seeded(7), benchSize(b))
	tables := Build(codes).tables
	for b.Loop() {
		if _, err := Open(tables, codes); err != nil {
			b.Fatal(err)
		}
	}
}

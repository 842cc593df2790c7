package hashdb

import (
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"
)

// benchN is how many hashes benchmarks have: 1,000,000, or VIGIL_BENCH_N.
func benchN(b *testing.B) int {
	if text := os.Getenv("VIGIL_BENCH_N"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 1_000_000
}

// randomReader gives n records of one random hash each.
type randomReader struct {
	r     *rand.Rand
	n     int
	at    int
	kind  Kind
	entry [1]Entry
}

func newRandomReader(seed uint64, n int) *randomReader {
	return &randomReader{r: rand.New(rand.NewPCG(seed, 0)), n: n, kind: KindPDQ}
}

func (r *randomReader) Next() (Record, error) {
	if r.at == r.n {
		return Record{}, io.EOF
	}
	r.at++
	e := &r.entry[0]
	e.Hash.Kind = r.kind
	e.Provenance = "benchmark"
	for i := 0; i < r.kind.size(); i += 8 {
		binary.BigEndian.PutUint64(e.Hash.Bits[i:], r.r.Uint64())
	}
	return Record{Number: r.at, Entries: r.entry[:]}, nil
}

// benchDB opens a database of n random hashes.
func benchDB(b *testing.B, n int) *DB {
	db := openTest(b, filepath.Join(b.TempDir(), "hashes"), Options{Report: func(err error) { b.Error(err) }})
	start := time.Now()
	mustImport(b, db, ImportRequest{Source: "random", File: "file"}, newRandomReader(1, n))
	b.Logf("imported %d in %v", n, time.Since(start))
	return db
}

func BenchmarkImport(b *testing.B) {
	n := benchN(b)
	for range b.N {
		db := benchDB(b, n)
		start := time.Now()
		res := mustImport(b, db, ImportRequest{Source: "random", File: "file"}, newRandomReader(1, n))
		b.Logf("again in %v: %+v", time.Since(start), res.Applied)
		b.ReportMetric(db.Stats().BytesPerEntry, "bytes/entry")
		start = time.Now()
		if err := db.Verify(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.Logf("verified in %v", time.Since(start))
		start = time.Now()
		openTest(b, db.disk.Dir, Options{})
		b.Logf("opened in %v", time.Since(start))
	}
}

// BenchmarkLookup looks random hashes up, of which none is listed.
func BenchmarkLookup(b *testing.B) {
	db := benchDB(b, benchN(b))
	r := rand.New(rand.NewPCG(2, 0))
	hashes := make([]Hash, 1<<12)
	for i := range hashes {
		hashes[i] = hashN(KindPDQ, r.Uint64())
	}
	b.Run("miss", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := db.Lookup(hashes[i%len(hashes)]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("index", func(b *testing.B) {
		s, err := db.acquire()
		if err != nil {
			b.Fatal(err)
		}
		defer s.release()
		var w scratch
		for i := 0; b.Loop(); i++ {
			for _, x := range s.kinds[KindPDQ].segments {
				w.hits = x.Within(hashes[i%len(hashes)].code(), 31, w.hits[:0])
			}
		}
	})
}

// BenchmarkLookupWhileMerging measures how slow the slowest look-ups are while segments
// are merged.
func BenchmarkLookupWhileMerging(b *testing.B) {
	n := benchN(b)
	db := benchDB(b, n)
	mustImport(b, db, ImportRequest{Source: "other"}, newRandomReader(9, n/2))
	r := rand.New(rand.NewPCG(2, 0))
	measure := func(until func() bool) (p50, p99 time.Duration, count int) {
		var took []time.Duration
		for !until() {
			h := hashN(KindPDQ, r.Uint64())
			start := time.Now()
			if _, err := db.Lookup(h); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
			runtime.Gosched()
		}
		slices.Sort(took)
		return took[len(took)/2], took[len(took)*99/100], len(took)
	}
	for range b.N {
		deadline := time.Now().Add(2 * time.Second)
		quiet50, quiet99, _ := measure(func() bool { return time.Now().After(deadline) })
		done := make(chan struct{})
		var took time.Duration
		go func() {
			defer close(done)
			start := time.Now()
			if merged, err := db.Merge(context.Background()); err != nil || !merged {
				b.Errorf("merged %v, %v", merged, err)
			}
			took = time.Since(start)
		}()
		busy50, busy99, count := measure(func() bool {
			select {
			case <-done:
				return true
			default:
				return false
			}
		})
		b.Logf("merged in %v; quiet p50 %v p99 %v; merging p50 %v p99 %v of %d", took, quiet50, quiet99, busy50, busy99, count)
		b.ReportMetric(float64(busy99)/float64(quiet99), "times-quiet-p99")
	}
}

package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/index"
	"github.com/vigil-stream/vigil/hashdb/segment"
)

// BenchOptions say what `vigil hashes bench` measures.
type BenchOptions struct {
	N      int // entries
	Radius int // bits
	JSON   bool
	Dir    string // of the segment; empty means the system's temporary folder
	Out    io.Writer
}

// benchResult is what it found, one thread, on uniform hashes.
type benchResult struct {
	N            int     `json:"n"`
	Radius       int     `json:"radius"`
	BuildSeconds float64 `json:"build_s"`        // sorting, writing and indexing
	OpenSeconds  float64 `json:"open_s"`         // mapping and checking
	BytesPerHash float64 `json:"bytes_per_hash"` // all of the file, the hash's 32 among them
	Lookups      struct {
		Miss float64 `json:"miss"`
		Hit  float64 `json:"hit"`
	} `json:"lookups_per_s"`
	ScanLookups float64 `json:"scan_lookups_per_s"`
	TimesScan   float64 `json:"times_scan"` // misses, against the scan
	Recall      float64 `json:"recall"`     // of what the scan finds
	Planted     int     `json:"planted_queries"`
	Vectors     bool    `json:"avx512"`
}

const (
	benchPlanted = 256             // queries compared with the scan
	benchQueries = 50_000          // different ones, lest what they read stays in the cache
	benchTime    = 2 * time.Second // of each kind of look-up, and all queries at least once
)

// BenchLists builds a segment of n uniform PDQ hashes as an import would, opens it
// as a detector would, and measures look-ups in it beside a plain scan.
func BenchLists(o BenchOptions) (err error) {
	pdq := hashdb.KindPDQ
	if o.N < 1 || o.N > index.MaxCodes {
		return fmt.Errorf("%w: --n %d: want 1 to %d", ErrUsage, o.N, index.MaxCodes)
	}
	if o.Radius < 0 || o.Radius > pdq.MaxRadius() {
		return fmt.Errorf("%w: --radius %d: want 0 to %d", ErrUsage, o.Radius, pdq.MaxRadius())
	}
	dir, err := os.MkdirTemp(o.Dir, "vigil-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	r := rand.New(rand.NewChaCha8([32]byte{1}))
	codes := make([]index.Code, o.N)
	for i := range codes {
		codes[i] = randomCode(r)
	}
	res := benchResult{N: o.N, Radius: o.Radius, Planted: benchPlanted, Vectors: index.Vectors()}
	file := filepath.Join(dir, "segment")
	start := time.Now()
	slices.SortFunc(codes, index.Code.Compare)
	info, err := segment.Write(file, segment.Options{Width: 256, Kind: uint8(pdq), Tables: true}, rowsOf(codes))
	if err != nil {
		return err
	}
	res.BuildSeconds = time.Since(start).Seconds()
	res.BytesPerHash = float64(info.Bytes) / float64(o.N)
	start = time.Now()
	s, err := segment.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	res.OpenSeconds = time.Since(start).Seconds()

	near := planted(r, codes, o.Radius)
	far := make([]index.Code, len(near))
	for i := range far {
		far[i] = randomCode(r)
	}
	res.Recall, res.ScanLookups = recall(s, codes, near[:benchPlanted], o.Radius)
	runtime.GC() // The codes are no longer used.
	res.Lookups.Miss = lookupsPerSecond(s, far, o.Radius)
	res.Lookups.Hit = lookupsPerSecond(s, near, o.Radius)
	res.TimesScan = res.Lookups.Miss / res.ScanLookups
	return res.print(o)
}

func randomCode(r *rand.Rand) (c index.Code) {
	for i := range c {
		c[i] = r.Uint64()
	}
	return c
}

// rowsOf gives each code once: the same code twice would be one entry.
func rowsOf(codes []index.Code) iter.Seq2[segment.Row, error] {
	return func(yield func(segment.Row, error) bool) {
		for i, c := range codes {
			if i > 0 && c == codes[i-1] {
				continue
			}
			if !yield(segment.Row{Code: c, List: 1}, nil) {
				return
			}
		}
	}
}

// planted returns queries that lie 0 to radius bits from some entry.
func planted(r *rand.Rand, codes []index.Code, radius int) []index.Code {
	queries := make([]index.Code, benchQueries)
	for i := range queries {
		queries[i] = codes[r.IntN(len(codes))]
		for _, bit := range r.Perm(256)[:i%(radius+1)] {
			queries[i][bit/64] ^= 1 << (bit % 64)
		}
	}
	return queries
}

// recall returns the share of what a plain scan finds that the segment finds too,
// and how many scans a second were done. What the segment finds beyond that counts
// against it as well.
func recall(s *segment.Segment, codes, queries []index.Code, radius int) (share, scansPerSecond float64) {
	var want, got []index.Hit
	found, wanted := 0, 0
	var scanning time.Duration
	for _, q := range queries {
		start := time.Now()
		want = index.Scan(codes, q, radius, want[:0])
		scanning += time.Since(start)
		got = s.Within(q, radius, got[:0])
		for _, h := range got {
			if slices.Contains(want, h) {
				found++
			} else {
				wanted++
			}
		}
		wanted += len(want)
	}
	return float64(found) / float64(wanted), float64(len(queries)) / scanning.Seconds()
}

func lookupsPerSecond(s *segment.Segment, queries []index.Code, radius int) float64 {
	var hits []index.Hit
	done := 0
	start := time.Now()
	for time.Since(start) < benchTime {
		for _, q := range queries {
			hits = s.Within(q, radius, hits[:0])
		}
		done += len(queries)
	}
	return float64(done) / time.Since(start).Seconds()
}

func (r benchResult) print(o BenchOptions) error {
	if o.JSON {
		e := json.NewEncoder(o.Out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	_, err := fmt.Fprintf(o.Out, `%d uniform PDQ hashes, within %d bits, one thread, AVX-512 %v
built in    %.1f s, opened in %.2f s
memory      %.1f bytes a hash
look-ups/s  %.0f (miss), %.0f (hit)
a scan      %.1f/s: the index is %.0f times as fast
recall      %.4f over %d planted queries
`, r.N, r.Radius, r.Vectors, r.BuildSeconds, r.OpenSeconds, r.BytesPerHash, r.Lookups.Miss, r.Lookups.Hit, r.ScanLookups, r.TimesScan, r.Recall, r.Planted)
	return err
}

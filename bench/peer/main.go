// Command peer measures Vigil's hashing and look-ups beside those of the peers that
// platforms use today, on the same pixels and the same codes in one run, one thread
// each, and prints the ratios. `make bench-peers` runs it.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/index"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

const (
	width, height = 1280, 720
	queries       = 1000
	planted       = 20 // Bits in which a query that hits differs from its entry.
)

// peers is what peer.py prints.
type peers struct {
	PDQHash       string  `json:"pdqhash"`
	PDQSeconds    float64 `json:"pdqhash_s"`
	Build         float64 `json:"faiss_build_s"`
	Miss          float64 `json:"faiss_miss_per_s"`
	Hit           float64 `json:"faiss_hit_per_s"`
	MissFound     int     `json:"faiss_miss_found"`
	HitFound      int     `json:"faiss_hit_found"`
	BytesPerEntry float64 `json:"faiss_bytes_per_hash"`
}

func main() {
	python := flag.String("python", "python3", "`program` with the packages of requirements.txt")
	script := flag.String("script", "bench/peer/peer.py", "the peers' `file`")
	n := flag.Int("n", 10_000_000, "number of entries")
	radius := flag.Int("radius", 31, "`bits` within which to look up")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	if err := run(*python, *script, *n, *radius); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(python, script string, n, radius int) (err error) {
	dir, err := os.MkdirTemp("", "vigil-peers-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	r := rand.New(rand.NewChaCha8([32]byte{1}))
	frame := picture(r)
	if err := os.WriteFile(filepath.Join(dir, "frame.rgb"), rgb(frame), 0o600); err != nil {
		return err
	}
	codes, miss, hit := make([]index.Code, n), make([]index.Code, queries), make([]index.Code, queries)
	for i := range codes {
		codes[i] = random(r)
	}
	for i := range queries {
		miss[i], hit[i] = random(r), codes[r.IntN(n)]
		for _, bit := range r.Perm(256)[:planted] {
			hit[i][bit/64] ^= 1 << (bit % 64)
		}
	}
	for name, list := range map[string][]index.Code{"codes": codes, "miss": miss, "hit": hit} {
		if err := write(filepath.Join(dir, name), list); err != nil {
			return err
		}
	}

	start := time.Now()
	x := index.Build(codes)
	build := time.Since(start).Seconds()
	misses, missFound := lookups(x, miss, radius)
	hits, hitFound := lookups(x, hit, radius)
	ourBytes := 32 + float64(index.TablesSize(n))/float64(n)
	reduced, _, err := hashing(pdq.Mode512, frame)
	if err != nil {
		return err
	}
	full, ours, err := hashing(pdq.ModeFull, frame)
	if err != nil {
		return err
	}

	runtime.GC() // Ours, no longer used, shall not take the peers' memory.
	cmd := exec.CommandContext(context.Background(), python, script, dir,
		strconv.Itoa(n), strconv.Itoa(radius), strconv.Itoa(width), strconv.Itoa(height))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s %s: %w", python, script, err)
	}
	var p peers
	if err := json.Unmarshal(out, &p); err != nil {
		return fmt.Errorf("%s: %w", script, err)
	}
	if missFound != p.MissFound || hitFound != p.HitFound {
		return fmt.Errorf("found %d and %d, faiss %d and %d: one of the two is not exact", missFound, hitFound, p.MissFound, p.HitFound)
	}
	// The reference rounds in other places; it publishes a tolerance of 10 bits.
	theirs, err := hashdb.ParseHash(hashdb.KindPDQ, p.PDQHash)
	if err != nil {
		return fmt.Errorf("pdqhash: %w", err)
	}
	apart, _ := ours.Distance(theirs)
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\t\n", args...) }
	row("\tours\tpeer\tratio")
	row("look-ups/s, miss, %d entries, radius %d: faiss IndexBinaryMultiHash\t%.0f\t%.0f\t%.1f", n, radius, misses, p.Miss, misses/p.Miss)
	row("look-ups/s, hit\t%.0f\t%.0f\t%.1f", hits, p.Hit, hits/p.Hit)
	row("build, seconds\t%.1f\t%.1f\t%.1f", build, p.Build, p.Build/build)
	row("bytes an entry\t%.0f\t%.0f\t%.1f", ourBytes, p.BytesPerEntry, p.BytesPerEntry/ourBytes)
	row("PDQ of a decoded %dx%d frame, ms: pdqhash, ours in 512 mode\t%.3f\t%.3f\t%.1f", width, height, reduced*1e3, p.PDQSeconds*1e3, p.PDQSeconds/reduced)
	row("the same, ours in full mode (%d bits apart)\t%.3f\t%.3f\t%.1f", apart, full*1e3, p.PDQSeconds*1e3, p.PDQSeconds/full)
	return w.Flush()
}

// lookups returns look-ups a second, the better of two rounds, and how many hits
// there were in all.
func lookups(x *index.Index, queries []index.Code, radius int) (perSecond float64, found int) {
	var hits []index.Hit
	best := math.Inf(1)
	for range 2 {
		start := time.Now()
		found = 0
		for _, q := range queries {
			hits = x.Within(q, radius, hits[:0])
			found += len(hits)
		}
		best = min(best, time.Since(start).Seconds())
	}
	return float64(len(queries)) / best, found
}

// hashing returns the seconds that the hash of a frame takes, the best of 20.
func hashing(mode pdq.Mode, img image.Image) (float64, hashdb.Hash, error) {
	h := pdq.New(mode)
	best := math.Inf(1)
	var hash hashdb.Hash
	for range 20 {
		start := time.Now()
		var err error
		if hash, _, err = hashdb.HashImage(h, hashdb.KindPDQ, img); err != nil {
			return 0, hash, err
		}
		best = min(best, time.Since(start).Seconds())
	}
	return best, hash, nil
}

func random(r *rand.Rand) (c index.Code) {
	for i := range c {
		c[i] = r.Uint64()
	}
	return c
}

// picture renders waves of a few sizes and directions with some noise: detail
// everywhere, as in a photograph.
func picture(r *rand.Rand) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := 128 + 60*math.Sin(float64(x)/37)*math.Cos(float64(y)/53) + 40*math.Sin(float64(x+2*y)/171)
			p := img.Pix[img.PixOffset(x, y):]
			p[0], p[1], p[2], p[3] = uint8(v+r.Float64()*20), uint8(v), uint8(v*0.8+r.Float64()*20), 255
		}
	}
	return img
}

func rgb(img *image.RGBA) []byte {
	out := make([]byte, 0, width*height*3)
	for i := 0; i < len(img.Pix); i += 4 {
		out = append(out, img.Pix[i:i+3]...)
	}
	return out
}

func write(name string, codes []index.Code) error {
	var b bytes.Buffer
	b.Grow(len(codes) * 32)
	for _, c := range codes {
		for _, w := range c {
			b.Write(binary.BigEndian.AppendUint64(nil, w))
		}
	}
	return os.WriteFile(name, b.Bytes(), 0o600)
}

package hashdb

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// seeded gives the same random numbers in every run.
func seeded(seed byte) *rand.Rand { return rand.New(rand.NewChaCha8([32]byte{seed})) }

func randomWords(r *rand.Rand) (w words) {
	for i := range w {
		w[i] = r.Uint64()
	}
	return w
}

// flipped returns w with n bits changed.
func flipped(r *rand.Rand, w words, n int) words {
	for _, bit := range r.Perm(256)[:n] {
		w[bit/64] ^= 1 << (bit % 64)
	}
	return w
}

// sets are lists as they come and as an index likes them least.
func sets(r *rand.Rand, n int) map[string][]words {
	uniform, clustered, skewed := make([]words, n), make([]words, n), make([]words, n)
	centres := make([]words, 20)
	for i := range centres {
		centres[i] = randomWords(r)
	}
	shared := randomWords(r)
	for i := range n {
		uniform[i] = randomWords(r)
		clustered[i] = flipped(r, centres[r.IntN(len(centres))], r.IntN(60))
		// All share twelve of the sixteen halves.
		skewed[i] = shared
		skewed[i][3] = r.Uint64()
	}
	return map[string][]words{"uniform": uniform, "clustered": clustered, "skewed": skewed}
}

func sortHits(hits []hit) []hit {
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Compare(a.entry, b.entry) })
	return hits
}

// The index finds exactly what a scan finds, at every radius.
func TestEighthsIsExact(t *testing.T) {
	r := seeded(1)
	found, indexed := 0, 0
	for name, hashes := range sets(r, scanBelow+500) {
		x := newEighths(hashes)
		for radius := range 257 {
			near := hashes[r.IntN(len(hashes))]
			for _, q := range []words{
				randomWords(r), near, flipped(r, near, min(radius, 256)), flipped(r, near, min(radius+1, 256)),
			} {
				got := sortHits(x.within(q, radius, nil))
				want := scan(hashes).within(q, radius, nil)
				if !slices.Equal(got, want) {
					t.Fatalf("%s, radius %d: %d hits, want %d", name, radius, len(got), len(want))
				}
				if radius <= 47 {
					found += len(want)
					if x.visits(&q, radius) <= len(hashes) {
						indexed++
					}
				}
			}
		}
	}
	if found < 500 || indexed < 300 {
		t.Errorf("%d hits, %d look-ups by the tables: too few to mean anything", found, indexed)
	}
}

// Hits whose differing bits are spread as evenly as can be are what the thresholds
// barely allow.
func TestEighthsFindsEvenlySpreadBits(t *testing.T) {
	r := seeded(2)
	hashes := make([]words, scanBelow)
	for i := range hashes {
		hashes[i] = randomWords(r)
	}
	x := newEighths(hashes)
	for radius := range 48 {
		for first := range 16 {
			q := hashes[radius]
			for i := range radius {
				// The next half each time, and another bit of it.
				half := (first + 2*i + i/8) % 16
				q[half/4] ^= 1 << (16*(3-half%4) + i/16)
			}
			if d := q.distance(hashes[radius]); d != radius {
				t.Fatalf("planted at distance %d, want %d", d, radius)
			}
			if hits := x.within(q, radius, nil); !slices.Contains(hits, hit{radius, radius}) {
				t.Fatalf("radius %d, from half %d: the planted hash was not found", radius, first)
			}
		}
	}
}

func TestThresholdsAddUp(t *testing.T) {
	for radius := range 257 {
		sum := 0
		for e := range 8 {
			eighth, left := thresholds(radius, 2*e)
			_, right := thresholds(radius, 2*e+1)
			sum += eighth + 1
			if left+1+right+1 != eighth+1 {
				t.Errorf("radius %d, eighth %d: halves %d and %d do not make %d", radius, e, left, right, eighth)
			}
		}
		if sum != radius+1 {
			t.Errorf("radius %d: thresholds add up to %d", radius, sum)
		}
	}
}

func readHashes(t testing.TB, file string) []words {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var hashes []words
	for _, line := range strings.Fields(string(data)) {
		hashes = append(hashes, mustParse(t, KindPDQ, line).words())
	}
	return hashes
}

// Hashes of real pictures are less even than random ones.
func TestEighthsOnRealHashes(t *testing.T) {
	dir := filepath.Dir(testdata(t, "image"))
	hashes, needles := readHashes(t, filepath.Join(dir, "haystack.txt")), readHashes(t, filepath.Join(dir, "needles.txt"))
	x, found := newEighths(hashes), 0
	for _, q := range append(needles, hashes...) {
		for _, radius := range []int{0, 15, 31, 39, 47} {
			got, want := sortHits(x.within(q, radius, nil)), scan(hashes).within(q, radius, nil)
			if !slices.Equal(got, want) {
				t.Fatalf("radius %d: %d hits, want %d", radius, len(got), len(want))
			}
			found += len(want)
		}
	}
	if found < len(hashes) {
		t.Errorf("%d hits, want at least each hash itself", found)
	}
}

func BenchmarkLookup(b *testing.B) {
	const n = 100_000
	r := seeded(3)
	hashes := make([]words, n)
	for i := range hashes {
		hashes[i] = randomWords(r)
	}
	misses, hits := make([]words, 1024), make([]words, 1024)
	for i := range misses {
		misses[i] = randomWords(r)
		hits[i] = flipped(r, hashes[r.IntN(n)], 20)
	}
	x := newEighths(hashes)
	var scanned float64 // the baseline: a plain scan in the same run
	for _, bench := range []struct {
		name    string
		index   index
		queries []words
		radius  int
	}{
		{"scan", scan(hashes), misses, 31}, {"miss", x, misses, 31}, {"hit", x, hits, 31}, {"radius47", x, misses, 47},
	} {
		b.Run(fmt.Sprintf("%s/%d", bench.name, n), func(b *testing.B) {
			var found []hit
			for i := 0; b.Loop(); i++ {
				found = bench.index.within(bench.queries[i%len(bench.queries)], bench.radius, found[:0])
			}
			each := float64(b.Elapsed()) / float64(b.N)
			if bench.name == "scan" {
				scanned = each
			}
			b.ReportMetric(scanned/each, "times-scan")
		})
	}
}

func TestWordsKeepTheOrderOfBytes(t *testing.T) {
	h := Hash{Kind: KindPDQ}
	for i := range h.Bits {
		h.Bits[i] = byte(i)
	}
	w := h.words()
	if w.bytes() != h.Bits || w.half(0) != binary.BigEndian.Uint16(h.Bits[:]) || w.half(15) != binary.BigEndian.Uint16(h.Bits[30:]) {
		t.Errorf("words %x of %x", w, h.Bits)
	}
}

package archive

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// sorted is a State whose keys lie in order.
type sorted struct {
	memory
	keys []string
}

func (s sorted) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	at, _ := slices.BinarySearch(s.keys, string(prefix))
	for _, k := range s.keys[at:] {
		if len(k) < len(prefix) || k[:len(prefix)] != string(prefix) {
			return nil
		}
		if more, err := fn([]byte(k), s.memory[k]); err != nil || !more {
			return err
		}
	}
	return nil
}

// archived is a State with a million kept prints: 500 streams of 2,000 pictures.
func archived(b *testing.B, index Index) (*Archive, sorted) {
	b.Helper()
	r, a, s := seeded(41), New(index, Options{}), memory{}
	for stream := range 500 {
		for i := range 2000 {
			if _, err := a.Keep(b.Context(), s, printAt(fmt.Sprint("stream-", stream), float64(i), randomHash(r))); err != nil {
				b.Fatal(err)
			}
		}
	}
	if got := a.Stats().Kept; got != 1_000_000 {
		b.Fatalf("%d prints are kept", got)
	}
	x := sorted{memory: s}
	for k := range s {
		x.keys = append(x.keys, k)
	}
	slices.Sort(x.keys)
	return a, x
}

func BenchmarkSearch(b *testing.B) {
	r := seeded(42)
	l := &lists{}
	a, s := archived(b, l)
	for _, n := range []int{1, 100, 1000, 10_000} {
		l.entries = nil
		for range n {
			l.entries = append(l.entries, entry{list: "gains", hash: pdqHash(randomHash(r)), radius: 31})
		}
		q := named("gains", at.Add(-time.Hour), l.entries)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if got, err := a.Search(b.Context(), s, q); err != nil || len(got) > 0 {
					b.Fatal(len(got), err)
				}
			}
			b.ReportMetric(float64(b.N)*1e6/b.Elapsed().Seconds(), "prints/s")
		})
	}
}

func BenchmarkKeep(b *testing.B) {
	r := seeded(43)
	hashes := make([]pdq.Hash, 4096)
	for i := range hashes {
		hashes[i] = randomHash(r)
	}
	l := &lists{entries: []entry{{list: "gains", hash: pdqHash(randomHash(r)), radius: 31}}}
	late := named("gains", at.Add(10*time.Minute), l.entries)
	for range 999 {
		late.Hashes = append(late.Hashes, pdqHash(randomHash(r)))
	}
	for _, c := range []struct {
		name   string
		search *Search
	}{{"plain", nil}, {"late", &late}} {
		b.Run(c.name, func(b *testing.B) {
			a, s := New(l, Options{}), memory{}
			if c.search != nil {
				if _, err := a.Search(b.Context(), s, *c.search); err != nil {
					b.Fatal(err)
				}
			}
			p := detect.Print{Platform: "demo", Subject: streamer, Hashes: make([]pdq.Hash, 1)}
			i := 0
			for b.Loop() {
				p.Stream, p.At, p.Hashes[0] = streams[i%len(streams)], at.Add(time.Duration(i)*time.Millisecond/2), hashes[i%len(hashes)]
				if _, err := a.Keep(b.Context(), s, p); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "prints/s")
		})
	}
}

var streams = func() (names [100]string) {
	for i := range names {
		names[i] = fmt.Sprint("stream-", i)
	}
	return names
}()

// BenchmarkWhole looks everything up among the real lists, all views of each print.
func BenchmarkWhole(b *testing.B) {
	db, err := hashdb.Open(filepath.Join(b.TempDir(), "hashes"), hashdb.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	r := seeded(44)
	var entries []hashdb.Entry
	for range 100_000 {
		entries = append(entries, hashdb.Entry{Hash: pdqHash(randomHash(r))})
	}
	if _, err := db.Apply(b.Context(), hashdb.Batch{Source: "gains", Entries: entries}); err != nil {
		b.Fatal(err)
	}
	a, s := New(db, Options{}), memory{}
	for i := range 10_000 {
		if _, err := a.Keep(b.Context(), s, printAt("a", float64(i), randomHash(r))); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if got, err := a.Search(b.Context(), s, Search{ID: "1", Source: "gains", At: at, Whole: true}); err != nil || len(got) > 0 {
			b.Fatal(len(got), err)
		}
	}
	b.ReportMetric(float64(b.N)*1e4/b.Elapsed().Seconds(), "prints/s")
}

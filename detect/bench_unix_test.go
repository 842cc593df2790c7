//go:build unix

package detect

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// recordOf is the record of a frame with a hash and, if asked, all eight turns, which
// here are random too: for an index a turned hash is just another.
func recordOf(t testing.TB, h hashdb.Hash, all bool) []byte {
	t.Helper()
	r := HashRecord{Kind: "pdq", Hash: h.String(), Quality: 100, SHA256: fmt.Sprintf("%064x", 1)}
	if all {
		for v := view(1); v < trimmed; v++ {
			turned := h
			for i := range turned.Bits {
				turned.Bits[i] ^= byte(v) * 0x1f
			}
			r.Views = append(r.Views, View{v.String(), turned.String()})
		}
	}
	data, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// cpu is the processor time of this process so far: on a machine that others share it
// tells more than the clock.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFrames measures frames a second of processor time from hash records to
// signals, with a list of 100,000 or VIGIL_BENCH_N random hashes.
func BenchmarkFrames(b *testing.B) {
	n := 100_000
	if text := os.Getenv("VIGIL_BENCH_N"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	db := uniformDB(b, n)
	rng := rand.New(rand.NewPCG(2, 2))
	listed := randomHash(rand.New(rand.NewPCG(1, 1)))
	still := randomHash(rng)
	for _, bench := range []struct {
		name string
		all  bool
		next func() hashdb.Hash
	}{
		{"other pictures", false, func() hashdb.Hash { return randomHash(rng) }},
		{"other pictures in eight turns", true, func() hashdb.Hash { return randomHash(rng) }},
		{"still", false, func() hashdb.Hash { return flipped(rng, still, 2) }},
		{"still in eight turns", true, func() hashdb.Hash { return flipped(rng, still, 2) }},
		{"matching", false, func() hashdb.Hash { return flipped(rng, listed, 10) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var records [1024][]byte
			for i := range records {
				records[i] = recordOf(b, bench.next(), bench.all)
			}
			d, s := New(db, Options{}), memory{}
			b.ReportAllocs()
			i, before := 0, cpu(b)
			for b.Loop() {
				f := Frame{
					ID: strconv.Itoa(i), Stream: "s" + strconv.Itoa(i%50), Platform: "p", Subject: streamer,
					At: at.Add(time.Duration(i) * time.Second / 50), ContentType: HashType, Data: records[i%len(records)],
				}
				if _, err := d.Frame(b.Context(), s, f); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(i)/(cpu(b)-before).Seconds(), "frames/cpu-s")
			st := d.Stats()
			b.ReportMetric(100*float64(st.Skipped)/float64(st.Skipped+st.Lookups), "%skipped")
		})
	}
}

// BenchmarkSkip plays streams to a detector that skips and to one that does not, in turn,
// and reports what share of the look-ups is skipped and how many times as much processor
// time all frames take without skipping. The clips are real ones, of a camera in motion;
// a still is one of their frames with the flicker of an encoder.
func BenchmarkSkip(b *testing.B) {
	_, clips := readClips(b)
	rng := rand.New(rand.NewPCG(9, 9))
	var hand, logo []hashdb.Hash
	for _, c := range clips["chair-orig-22-sd-bar"] {
		hand = append(hand, c.hash)
	}
	for _, c := range clips["chair-22-with-large-logo-bar"] {
		logo = append(logo, c.hash)
	}
	still := func(from hashdb.Hash, flicker int) (all []hashdb.Hash) {
		for range 600 {
			all = append(all, flipped(rng, from, 2*rng.IntN(flicker/2+1)))
		}
		return all
	}
	each := func(all []hashdb.Hash, n int) (some []hashdb.Hash) {
		for i := 0; i < len(all); i += n {
			some = append(some, all[i])
		}
		return some
	}
	var cut []hashdb.Hash
	for i := 0; i+30 <= 600; i += 30 { // a second each
		cut = append(append(cut, still(hand[0], 4)[:30]...), still(logo[300], 4)[:30]...)
	}
	n := 100_000
	if text := os.Getenv("VIGIL_BENCH_N"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	db := uniformDB(b, n)
	for _, bench := range []struct {
		name   string
		hashes []hashdb.Hash
	}{
		{"a still", still(hand[0], 2)}, {"a still with little in motion", still(hand[0], 10)},
		{"a camera in the hand, 30 fps", hand}, {"a camera in the hand, 5 fps", each(hand, 6)}, {"a camera in the hand, 1 fps", each(hand, 30)},
		{"a large logo, 30 fps", logo}, {"a large logo, 1 fps", each(logo, 30)},
		{"a cut every second, 30 fps", cut}, {"a cut every frame", each(cut, 30)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var records [][]byte
			for _, h := range bench.hashes {
				records = append(records, recordOf(b, h, true))
			}
			var spent [2]time.Duration
			var stats Stats
			for b.Loop() {
				for i, streams := range []int{-1, 0} {
					d, s := New(db, Options{SkipStreams: streams}), memory{}
					before := cpu(b)
					for i, data := range records {
						if _, err := d.Frame(b.Context(), s, frame(i, HashType, data)); err != nil {
							b.Fatal(err)
						}
					}
					spent[i] += cpu(b) - before
					stats = d.Stats()
				}
			}
			b.ReportMetric(float64(spent[0])/float64(spent[1]), "times-faster")
			b.ReportMetric(100*float64(stats.Skipped)/float64(stats.Skipped+stats.Lookups), "%skipped")
			b.ReportMetric(float64(stats.Proofs+stats.Vain), "wide")
			b.ReportMetric(0, "ns/op")
		})
	}
}

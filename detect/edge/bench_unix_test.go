//go:build unix

package edge

import (
	"crypto/sha256"
	"io"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
)

// BenchmarkAdd is what a frame of 100 KB costs, at one frame a second: hashing it, which
// sending hashes needs anyway, sealing it, and the ring around it. CPU time of the
// process gives the share of a core that 50 such streams take.
func BenchmarkAdd(b *testing.B) {
	const size = 100_000
	p := picture(1, size)
	to := newIdentity(b).Recipient()
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	share := func(b *testing.B, since time.Duration) {
		b.ReportMetric(50*100*(cpu()-since).Seconds()/float64(b.N), "%core/50fps")
	}
	b.Run("hash", func(b *testing.B) {
		b.SetBytes(size)
		before := cpu()
		for b.Loop() {
			sha256.Sum256(p)
		}
		share(b, before)
	})
	b.Run("seal", func(b *testing.B) {
		b.SetBytes(size)
		w, err := age.Encrypt(io.Discard, to)
		if err != nil {
			b.Fatal(err)
		}
		before := cpu()
		for b.Loop() {
			if _, err := w.Write(p); err != nil {
				b.Fatal(err)
			}
		}
		share(b, before)
	})
	for _, keep := range []bool{false, true} {
		name := map[bool]string{false: "dropped", true: "preserved"}[keep]
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			o := options(b, to)
			o.Keep, o.Segment = 5*time.Minute, 10*time.Second
			rs := openTest(b, o)
			r := ringOf(b, rs, "one")
			n, before := 0, cpu()
			for b.Loop() {
				n++
				if _, err := r.Add(sec(float64(n)), n, "frame", p); err != nil {
					b.Fatal(err)
				}
				if keep && n%100 == 0 {
					preserve(b, r, float64(n-10), float64(n+100), "signal")
					deliver(b, rs, newStore())
				}
			}
			share(b, before)
		})
	}
}

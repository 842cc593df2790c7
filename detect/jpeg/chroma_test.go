package jpeg

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// The pixels of a block lie within its span, even when all coefficients pull one of them
// the same way.
func TestPixelsLieWithinTheirSpan(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	narrow := 0
	for i := range 200_000 {
		x, y := rng.IntN(8), rng.IntN(8)
		sign := int32(1 - 2*rng.IntN(2))
		most := 1 << rng.IntN(13)
		var b block
		var used uint64
		var size int32
		b[0] = int32(rng.IntN(2*most+16) - most)
		if i%16 == 0 {
			b[0] *= 1 << rng.IntN(15)
		}
		for range rng.IntN(10) {
			at := 1 + rng.IntN(63)
			pull := math.Cos(float64((2*x+1)*(at%8))*math.Pi/16) * math.Cos(float64((2*y+1)*(at/8))*math.Pi/16)
			if v := int32(1 + rng.IntN(most)); b[at] == 0 {
				b[at] = v * sign
				if pull < 0 {
					b[at] = -v * sign
				}
				used |= 1 << at
				size += v
			}
		}
		s, first := spanOf(b[0], size), b[0]
		if s.hi-s.lo < 100 {
			narrow++
		}
		var dst [64]byte
		b.pixels(used, dst[:], 8)
		for _, v := range dst {
			if int32(v) < s.lo || int32(v) > s.hi {
				t.Fatalf("a first coefficient of %d and others of %d in all make %d, out of %v", first, size, v, s)
			}
		}
	}
	if narrow < 10_000 {
		t.Errorf("%d spans say something", narrow)
	}
}

// No colour within the spans saturates, to PDQ, with the luminance that is said to be
// safe, and nearly any does with more or less.
func TestNothingSaturatesWithinTheSafeSpan(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	// changed reports whether any of the colours changes the luminance y by saturating.
	changed := func(y int32, cb, cr span) bool {
		img := image.NewYCbCr(image.Rect(0, 0, 2, 2), image.YCbCrSubsampleRatio444)
		for i := range 4 {
			img.Y[i] = byte(y)
			img.Cb[i] = byte([]int32{cb.lo, cb.hi}[i&1])
			img.Cr[i] = byte([]int32{cr.lo, cr.hi}[i>>1])
		}
		for _, v := range pdq.LumaOf(img, pdq.ModeFull).Pix {
			if v != float32(y) {
				return true
			}
		}
		return false
	}
	random := func() span {
		lo, width := rng.Int32N(256), rng.Int32N(1<<rng.IntN(8))
		return span{lo, min(255, lo+width)}
	}
	compared := 0
	for i := range int32(100_000) {
		cb, cr := random(), random()
		if i < 1<<16 { // Every colour.
			cb, cr = span{i & 255, i & 255}, span{i >> 8, i >> 8}
		}
		s := unsaturated(cb, cr)
		if s.lo > s.hi {
			continue
		}
		compared++
		if changed(s.lo, cb, cr) || changed(s.hi, cb, cr) {
			t.Fatalf("colours of %v and %v saturate within %v", cb, cr, s)
		}
		// What clips may happen to add up to what it was, but not twice.
		out := func(y, beyond int32) bool {
			return y < 0 || beyond < 0 || y > 255 || beyond > 255 || changed(y, cb, cr) || changed(beyond, cb, cr)
		}
		if !out(s.lo-6, s.lo-7) || !out(s.hi+6, s.hi+7) {
			t.Fatalf("colours of %v and %v are safe further out than %v", cb, cr, s)
		}
	}
	if compared < 50_000 {
		t.Errorf("%d colours compared", compared)
	}
}

// Blocks that differ in colour and brightness share units: what one of them saturates is
// kept.
func TestEveryBlockOfAUnitCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	var d Decoder
	n := 0
	for range 150 {
		for name, s := range samplings {
			p := drawing{
				width: 33, height: 33, sampling: s, quant: [2]byte{1, 1},
				block: func(component, _, _ int) [64]int {
					dc := rng.IntN(401) - 200
					if component == 0 {
						dc = []int{-960, 0, 960}[rng.IntN(3)] + rng.IntN(61) - 30
					} else if rng.IntN(4) == 0 {
						dc *= 4
					}
					return withDC(dc, map[int]int{1 + rng.IntN(10): rng.IntN(20)})
				},
			}
			if !compared(t, &d, p.encoded(t)) {
				t.Fatalf("%s: not taken", name)
			}
			n++
		}
	}
	if n != 150*len(samplings) {
		t.Errorf("%d pictures", n)
	}
}

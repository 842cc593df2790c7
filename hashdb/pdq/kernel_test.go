package pdq

import (
	"image"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever the processor has for the loops, they do what they do in Go, to the bit, and
// leave what lies behind alone.
func TestKernelsAreAsInGo(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	bytes := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	compared := 0
	for n := range 200 {
		weight := random.Float32()
		src, sums := make([]float32, n), make([]float32, n+9)
		for i := range sums {
			sums[i] = 1000 * random.Float32()
		}
		for i := range src {
			src[i] = 255 * random.Float32()
		}
		want, got := slices.Clone(sums), slices.Clone(sums)
		addValuesGo(want[:n], src, weight)
		addValues(got[:n], src, weight)
		if !slices.Equal(got, want) {
			t.Errorf("addValues of %d", n)
		}
		small := bytes(n)
		want, got = slices.Clone(sums), slices.Clone(sums)
		addBytesGo(want[:n], small, weight)
		addBytes(got[:n], small, weight)
		if !slices.Equal(got, want) {
			t.Errorf("addBytes of %d", n)
		}
		for _, across := range []int{1, 2, 4} {
			cb, cr := bytes(n), bytes(n)
			var limitsOf [2][2][]byte
			for i, f := range []func(lo, hi, cb, cr []byte){limitsGo, limits} {
				lo, hi := make([]byte, n*across+33), make([]byte, n*across+33)
				f(lo[:n*across], hi[:n*across], cb, cr)
				limitsOf[i] = [2][]byte{lo, hi}
			}
			for i := range 2 {
				if !slices.Equal(limitsOf[0][i], limitsOf[1][i]) {
					t.Errorf("limits of %d by %d", n, across)
				}
			}
			luma, lo, hi := bytes(n*across), limitsOf[0][0], limitsOf[0][1]
			words := (len(luma) + 31) / 32
			foundGo, found := make([]uint32, words+1), make([]uint32, words+1)
			for i := range foundGo {
				foundGo[i], found[i] = 7, 7
			}
			outsideGo(foundGo[:words], luma, lo, hi)
			outside(found[:words], luma, lo, hi)
			if !slices.Equal(found, foundGo) {
				t.Errorf("outside of %d by %d", n, across)
			}
			compared++
		}
	}
	if compared != 600 {
		t.Errorf("compared %d times, want 600", compared)
	}
}

func TestClippingIsAsInGo(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	changed := 0
	for range 2000 {
		across := 1 << random.IntN(3)
		var luma, cb, cr [32]byte
		for i := range luma {
			luma[i], cb[i], cr[i] = byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())
		}
		n := 32
		if random.IntN(4) == 0 {
			n = 1 + random.IntN(32)
		}
		colours := (n + across - 1) / across
		lo, hi := make([]byte, 32*across), make([]byte, 32*across)
		limitsGo(lo, hi, cb[:], cr[:])
		var found [1]uint32
		outsideGo(found[:], luma[:n], lo, hi)
		weight := random.Float32()
		var got, want [33]float32
		for i := range got {
			got[i] = 1000 * random.Float32()
		}
		want = got
		addClippedGo(want[:n], luma[:n], cb[:colours], cr[:colours], across, weight, found[0])
		addClipped(got[:n], luma[:n], cb[:colours], cr[:colours], across, weight, found[0])
		if got != want {
			t.Fatalf("%d pixels, %d a colour: %v, want %v", n, across, got, want)
		}
		changed += bits.OnesCount32(found[0])
	}
	if changed < 10000 {
		t.Errorf("clipped %d pixels only", changed)
	}
}

func TestSumOfRowsIsAsInGo(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	var rows samples
	var weights, got, want [side]float32
	for i := range rows {
		weights[i] = random.Float32() - 0.5
		for j := range rows[i] {
			rows[i][j] = 255 * random.Float32()
		}
	}
	sumRowsGo(&want, &rows, &weights)
	sumRows(&got, &rows, &weights)
	if got != want || got == [side]float32{} {
		t.Errorf("sums %v, want %v", got, want)
	}
}

// Every pair of chroma: the assembly's 16 bits hold what the sums need.
func TestLimitsOfAllColours(t *testing.T) {
	cb, cr := make([]byte, 256*256), make([]byte, 256*256)
	for i := range cb {
		cb[i], cr[i] = byte(i), byte(i>>8)
	}
	for _, across := range []int{1, 2} {
		lo, hi := make([]byte, across*len(cb)), make([]byte, across*len(cb))
		limits(lo, hi, cb, cr)
		for i := range lo {
			l, h := unsaturated(cb[i/across], cr[i/across])
			if lo[i] != l || hi[i] != h {
				t.Fatalf("colour %d, %d: %d to %d, want %d to %d", cb[i/across], cr[i/across], lo[i], hi[i], l, h)
			}
			if gray := cb[i/across] == 128 && cr[i/across] == 128; gray && (l != 0 || h != 255) {
				t.Errorf("gray saturates outside %d to %d", l, h)
			}
		}
	}
}

// A frame's pixels sum up to the same through the fast loops and one by one, whatever
// the subsampling and wherever in a larger frame it begins.
func TestSaturationOfPartsAndSubsamplings(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	compared := 0
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		whole := image.NewYCbCr(image.Rect(0, 0, 203, 131), ratio)
		for _, plane := range [][]byte{whole.Y, whole.Cb, whole.Cr} {
			for i := range plane {
				plane[i] = byte(random.Uint32())
			}
		}
		for _, corner := range []image.Point{{0, 0}, {1, 0}, {2, 3}, {3, 1}, {37, 66}} {
			part := whole.SubImage(image.Rectangle{Min: corner, Max: whole.Rect.Max})
			p, direct := pictureOf(part, Mode512)
			if !direct {
				t.Fatal("a frame is converted")
			}
			var fast tentFilter
			var exact referenceFilter
			var got, want samples
			fast.apply(&p, p.width, p.height, &got)
			exact.apply(&p, fast.cols, fast.rows, &want)
			for i := range want {
				for j := range want[i] {
					if d := got[i][j] - want[i][j]; d > 0.0025 || d < -0.0025 {
						t.Fatalf("%v from %v: sample %d,%d is %v, want %v", ratio, corner, i, j, got[i][j], want[i][j])
					}
					compared++
				}
			}
		}
	}
	if compared != 6*5*side*side {
		t.Errorf("compared %d samples", compared)
	}
}

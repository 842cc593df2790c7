package jpeg

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// compared decodes a picture with image/jpeg and with d and reports whether d took it.
// What d takes must be the same to PDQ.
func compared(t testing.TB, d *Decoder, data []byte) (took bool) {
	t.Helper()
	got, err := d.Decode(data)
	if err != nil {
		if !errors.Is(err, ErrUnsupported) || got != nil {
			t.Fatalf("%v, want ErrUnsupported alone", err)
		}
		return false
	}
	want, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("taken, and image/jpeg says %v", err)
	}
	if got.Bounds() != want.Bounds() {
		t.Fatalf("bounds %v, want %v", got.Bounds(), want.Bounds())
	}
	if y, x, ok := sameLuminance(got, want); !ok {
		t.Fatalf("another luminance at %d, %d", x, y)
	}
	// Luminance as PDQ takes it, of every pixel.
	if !slices.Equal(pdq.LumaOf(got, pdq.ModeFull).Pix, pdq.LumaOf(want, pdq.ModeFull).Pix) {
		t.Fatal("saturated pixels differ")
	}
	return true
}

func sameLuminance(got, want image.Image) (y, x int, same bool) {
	row := func(img image.Image, y int) []byte {
		switch t := img.(type) {
		case *image.Gray:
			return t.Pix[y*t.Stride:][:t.Rect.Dx()]
		case *image.YCbCr:
			return t.Y[y*t.YStride:][:t.Rect.Dx()]
		}
		return nil
	}
	for y := range want.Bounds().Dy() {
		g, w := row(got, y), row(want, y)
		if w == nil || !bytes.Equal(g, w) {
			for x := range g {
				if w == nil || g[x] != w[x] {
					return y, x, false
				}
			}
			return y, 0, false
		}
	}
	return 0, 0, true
}

// sameHashes compares the pictures' PDQ in both modes and all eight turns.
func sameHashes(t testing.TB, d *Decoder, data []byte) {
	t.Helper()
	got, err := d.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []pdq.Mode{pdq.Mode512, pdq.ModeFull} {
		h := pdq.New(mode)
		w, quality, errW := h.ImageDihedral(want)
		g, q, errG := h.ImageDihedral(got)
		if g != w || q != quality || (errG == nil) != (errW == nil) {
			t.Errorf("mode %v: quality %d, want %d; hashes the same: %v", mode, q, quality, g == w)
		}
	}
}

// scenes are pictures by what they show.
func scenes(rng *rand.Rand) map[string]func(x, y int) colours {
	grain := make([]float64, 1<<12)
	for i := range grain {
		grain[i] = rng.Float64()*2 - 1
	}
	noise := func(x, y, of int) float64 { return grain[(x*7919+y*104729+of*31)&(len(grain)-1)] }
	smooth := func(x, y int) colours {
		return colours{128 + 70*wave(x, 37)*wave(y, 53), 128 + 20*wave(x+y, 91), 128 + 20*wave(x-y, 67)}
	}
	return map[string]func(x, y int) colours{
		"smooth": smooth,
		"flat":   func(int, int) colours { return colours{200, 90, 140} },
		"noisy": func(x, y int) colours {
			c := smooth(x, y)
			return colours{c[0] + 40*noise(x, y, 0), c[1] + 30*noise(x/2, y/2, 1), c[2] + 30*noise(x/2, y/2, 2)}
		},
		"saturated": func(x, y int) colours {
			return colours{128 + 127*wave(x, 29), 128 + 127*wave(y, 23), 128 + 127*wave(x+y, 41)}
		},
		// Here and there, and by little.
		"near saturation": func(x, y int) colours {
			c := smooth(x, y)
			return colours{128 + 118*wave(x, 31)*wave(y, 43), c[1], c[2]}
		},
		"black and white": func(x, y int) colours {
			if noise(x/5, y/3, 0) > 0 {
				return colours{255, 128 + 60*noise(x/8, y/8, 1), 128}
			}
			return colours{0, 128, 128 + 60*noise(x/8, y/8, 2)}
		},
	}
}

// wave is between -1 and 1.
func wave(x, length int) float64 {
	p := float64(((x%(2*length))+2*length)%(2*length)) / float64(length)
	return 1 - 2*abs(p-1)
}

func abs(v float64) float64 { return max(v, -v) }

// Pictures of all kinds and samplings are as image/jpeg's to PDQ: luminance to the bit,
// colour where it clips, hashes in both modes and all turns.
func TestPicturesAreAsImageJPEGs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var d Decoder // One for all: nothing of a picture is left for the next.
	n := 0
	for scene, at := range scenes(rng) {
		for name, s := range samplings {
			for _, quality := range [][2]byte{{2, 3}, {12, 16}} {
				width, height := 40+rng.IntN(200), 40+rng.IntN(120)
				p := drawn(width, height, s, quality, at)
				p.restart = rng.IntN(3) * rng.IntN(12)
				data := p.encoded(t)
				if !compared(t, &d, data) {
					t.Errorf("%s, %s: not taken", scene, name)
					continue
				}
				sameHashes(t, &d, data)
				n++
			}
		}
	}
	if n != 6*len(samplings)*2 {
		t.Errorf("compared %d pictures", n)
	}
}

// A picture wider than PDQ's mode 512 looks at pixels here and there.
func TestLargePicturesHaveTheSameHashes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	var d Decoder
	all := scenes(rand.New(rand.NewPCG(3, 4)))
	for _, name := range []string{"noisy", "saturated", "near saturation"} {
		data := drawn(900, 530, samplings["4:2:0"], [2]byte{6, 8}, all[name]).encoded(t)
		if !compared(t, &d, data) {
			t.Errorf("%s: not taken", name)
			continue
		}
		sameHashes(t, &d, data)
	}
}

// Whatever the coefficients, the transform is image/jpeg's, where sums overflow too.
func TestCoefficientsOfAnySizeAreTransformedTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var d Decoder
	for i := range 1500 {
		names := []string{"gray", "4:4:4", "4:2:0", "4:2:2 as 2x2"}
		few, size := 1+rng.IntN(64), 1<<(1+rng.IntN(10))
		within := 1 + rng.IntN(8) // So that rows and columns are zero.
		p := drawing{
			width: 1 + rng.IntN(60), height: 1 + rng.IntN(60), sampling: samplings[names[i%len(names)]],
			quant: [2]byte{byte(1 + rng.IntN(255)), byte(1 + rng.IntN(255))}, restart: rng.IntN(4),
			block: func(int, int, int) [64]int {
				b := withDC(rng.IntN(2*size)-size, nil)
				for range rng.IntN(few) {
					b[8*rng.IntN(within)+rng.IntN(within)] = max(rng.IntN(2*size)-size, -1023)
				}
				b[0] = min(max(b[0], -1000), 1000)
				return b
			},
		}
		if !compared(t, &d, p.encoded(t)) {
			t.Fatalf("picture %d is not taken", i)
		}
	}
}

// One coefficient at a time, at its extremes.
func TestEachCoefficientAloneIsTransformedTheSame(t *testing.T) {
	var d Decoder
	n := 0
	for at := range 64 {
		for _, dc := range []int{-1000, -128, 0, 127, 1000} {
			p := drawing{
				width: 64, height: 8, sampling: samplings["gray"], quant: [2]byte{1, 1},
				block: func(_, x, _ int) [64]int {
					return withDC(dc, map[int]int{at: []int{-1023, -200, -1, 1, 77, 333, 999, 1023}[x]})
				},
			}
			if at > 0 && compared(t, &d, p.encoded(t)) {
				n++
			}
		}
	}
	if n != 63*5 {
		t.Errorf("%d, want %d", n, 63*5)
	}
}

func TestPicturesOfTheTestDataAreAsImageJPEGs(t *testing.T) {
	folder := os.Getenv("VIGIL_TESTDATA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_TESTDATA must name the test data")
		}
		t.Skip("VIGIL_TESTDATA names no test data")
	}
	paths, err := filepath.Glob(filepath.Join(folder, "media", "image", "*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	var d Decoder
	taken := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if compared(t, &d, data) {
			sameHashes(t, &d, data)
			taken++
		}
	}
	t.Logf("%d of %d taken", taken, len(paths))
	if taken < 10 {
		t.Errorf("%d of %d taken", taken, len(paths))
	}
}

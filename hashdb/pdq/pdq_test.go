package pdq

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/bits"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/internal/scene"
)

func distance(a, b Hash) (d int) {
	for i := range a {
		d += bits.OnesCount8(a[i] ^ b[i])
	}
	return d
}

// boxTwice is the filter as the reference defines it: whole pictures averaged along
// rows and columns, twice, then sampled. It is slow and plain on purpose.
func boxTwice(l Luma) (out [side][side]float64) {
	at := make([]float64, len(l.Pix))
	for i, v := range l.Pix {
		at[i] = float64(v)
	}
	box := func(n, lines, step, lineStep int) {
		width := (n + 127) / 128
		right := (width + 2) / 2 // Pixels from the centre on.
		for line := range lines {
			was := make([]float64, n)
			for i := range n {
				was[i] = at[line*lineStep+i*step]
			}
			for i := range n {
				sum, count := 0.0, 0
				for k := i + right - width; k < i+right; k++ {
					if k >= 0 && k < n {
						sum, count = sum+was[k], count+1
					}
				}
				at[line*lineStep+i*step] = sum / float64(count)
			}
		}
	}
	for range 2 {
		box(l.Width, l.Height, 1, l.Width)
		box(l.Height, l.Width, l.Width, 1)
	}
	for i := range side {
		for j := range side {
			y, x := int((float64(i)+0.5)*float64(l.Height)/side), int((float64(j)+0.5)*float64(l.Width)/side)
			out[i][j] = at[y*l.Width+x]
		}
	}
	return out
}

func TestTentIsTwoBoxFiltersAndDecimation(t *testing.T) {
	var f tentFilter // One for all sizes, so that what one leaves behind shows.
	for _, size := range [][2]int{{5, 5}, {64, 64}, {7, 300}, {129, 128}, {256, 257}, {512, 512}, {641, 360}, {33, 1000}} {
		l := LumaOf(scene.Draw(size[0], size[1]), ModeFull)
		var got samples
		p := l.picture()
		f.apply(&p, l.Width, l.Height, &got)
		want := boxTwice(l)
		for i := range side {
			for j := range side {
				if diff := math.Abs(float64(got[i][j]) - want[i][j]); diff > 1e-3 {
					t.Fatalf("%dx%d: sample %d,%d is %v, want %v", size[0], size[1], i, j, got[i][j], want[i][j])
				}
			}
		}
	}
}

// The reference's filter is the same one, rounded as it comes.
func TestReferenceFilterIsTwoBoxFiltersAndDecimation(t *testing.T) {
	var f referenceFilter
	for _, size := range [][2]int{{5, 5}, {64, 64}, {7, 300}, {129, 128}, {256, 257}, {512, 512}, {641, 360}, {33, 1000}} {
		l := LumaOf(scene.Draw(size[0], size[1]), ModeFull)
		var got samples
		p := l.picture()
		f.apply(&p, nearest(nil, l.Width, l.Width), nearest(nil, l.Height, l.Height), &got)
		want := boxTwice(l)
		for i := range side {
			for j := range side {
				if diff := math.Abs(float64(got[i][j]) - want[i][j]); diff > 0.0025 {
					t.Fatalf("%dx%d: sample %d,%d is %v, want %v", size[0], size[1], i, j, got[i][j], want[i][j])
				}
			}
		}
	}
}

func TestPDQRejects(t *testing.T) {
	h := New(Mode512)
	flat := func(w, h int, v float32) Luma {
		l := Luma{make([]float32, w*h), w, h}
		for i := range l.Pix {
			l.Pix[i] = v
		}
		return l
	}
	for _, test := range []struct {
		name  string
		luma  Luma
		small bool
	}{
		{"nothing", Luma{}, true},
		{"narrow", flat(4, 300, 9), true},
		{"low", flat(300, 4, 9), true},
		{"missing values", Luma{make([]float32, 99), 10, 10}, false},
		{"negative size", Luma{make([]float32, 100), -10, -10}, false},
		{"too bright", flat(10, 10, 300), false},
		{"not a number", flat(10, 10, float32(math.NaN())), false},
		{"infinite", flat(600, 10, float32(math.Inf(-1))), false},
	} {
		_, _, err := h.Luma(test.luma)
		if err == nil || errors.Is(err, ErrTooSmall) != test.small {
			t.Errorf("%s: error %v, want one that is ErrTooSmall: %v", test.name, err, test.small)
		}
	}
	// In Mode512 the reference stretches to 512x512 before it looks at the size.
	if _, _, err := h.Luma(flat(600, 4, 9)); err != nil {
		t.Errorf("600x4 reduced to 512x512: %v", err)
	}
	if _, _, err := New(ModeFull).Luma(flat(600, 4, 9)); !errors.Is(err, ErrTooSmall) {
		t.Errorf("600x4 at full size: error %v, want ErrTooSmall", err)
	}
}

// A picture hashes the same however it is held in memory.
func TestImageKnowsPictureTypes(t *testing.T) {
	gray, held := scene.Held(700, 420)
	for _, mode := range []Mode{Mode512, ModeFull} {
		h := New(mode)
		want, _, err := h.Image(gray)
		if err != nil {
			t.Fatal(err)
		}
		for name, img := range held {
			got, _, err := h.Image(img)
			if err != nil {
				t.Fatal(err)
			}
			if d := distance(got, want); d != 0 {
				t.Errorf("mode %v of %s: %d bits from that of Gray", mode, name, d)
			}
		}
	}
}

func TestSaturatedColourIsClipped(t *testing.T) {
	img := image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio444)
	for i := range img.Y {
		img.Y[i], img.Cb[i], img.Cr[i] = 200, 128, 255 // Red beyond what a screen can show.
	}
	r, g, b := color.YCbCrToRGB(200, 128, 255) // Which rounds otherwise.
	want := Mode512.weigh(r, g, b)
	if got := LumaOf(img, ModeFull).Pix[0]; math.Abs(float64(got-want)) > 1 || math.Abs(float64(got-200)) < 10 {
		t.Errorf("luminance %v, want %v", got, want)
	}
}

func TestHasherAllocatesNothing(t *testing.T) {
	base := scene.Draw(1280, 720)
	yCbCr, gray, nrgba := image.NewYCbCr(base.Rect, image.YCbCrSubsampleRatio420), image.NewGray(base.Rect), image.NewNRGBA(base.Rect)
	draw.Draw(gray, gray.Rect, base, image.Point{}, draw.Src)
	copy(nrgba.Pix, base.Pix)
	copy(yCbCr.Y, gray.Pix)
	flat := Luma{make([]float32, 1280*720), 1280, 720} // Needs the reference's filter.
	for _, mode := range []Mode{Mode512, ModeFull} {
		h := New(mode)
		for name, f := range map[string]func() error{
			"luminance": func() error { _, _, err := h.Luma(flat); return err },
			"YCbCr":     func() error { _, _, err := h.Image(yCbCr); return err },
			"Gray":      func() error { _, _, err := h.Image(gray); return err },
			"RGBA":      func() error { _, _, err := h.Image(base); return err },
			"NRGBA":     func() error { _, _, err := h.Image(nrgba); return err },
			"dihedral":  func() error { _, _, err := h.ImageDihedral(yCbCr); return err },
		} {
			if n := testing.AllocsPerRun(2, func() {
				if err := f(); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("mode %v: %v allocations for a hash of %s, want 0", mode, n, name)
			}
		}
	}
}

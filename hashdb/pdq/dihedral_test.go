package pdq

import (
	"image"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/internal/scene"
)

// turned returns img moved onto itself by t, pixel by pixel. Rotate90 is against the
// clock.
func turned(img *image.RGBA, t Transform) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	size := img.Rect
	if transforms[t].transpose {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			u, v := x, y
			if transforms[t].rows {
				v = h - 1 - y
			}
			if transforms[t].cols {
				u = w - 1 - x
			}
			if transforms[t].transpose {
				u, v = v, u
			}
			out.SetRGBA(u, v, img.RGBAAt(x, y))
		}
	}
	return out
}

// A picture that was turned or mirrored is found by one of its original's eight hashes:
// the one that is named so.
func TestDihedralIsOfTheTurnedPicture(t *testing.T) {
	img := scene.Draw(480, 300)
	for _, mode := range []Mode{Mode512, ModeFull} {
		all, quality, err := New(mode).ImageDihedral(img)
		if err != nil {
			t.Fatal(err)
		}
		h := New(mode)
		if one, q, err := h.Image(img); err != nil || one != all[Original] || q != quality {
			t.Errorf("mode %v: the original is %v of quality %d, want %v of %d", mode, one, q, all[Original], quality)
		}
		compared := 0
		for turn := range Transform(len(all)) {
			want, _, err := h.Image(turned(img, turn))
			if err != nil {
				t.Fatal(err)
			}
			for other := range Transform(len(all)) {
				d := distance(all[other], want)
				if limit := 24; (d <= limit) != (other == turn) {
					t.Errorf("mode %v: hash %v is %d bits from that of the picture turned by %v", mode, other, d, turn)
				}
				compared++
			}
		}
		if compared != 64 {
			t.Errorf("compared %d hashes, want 64", compared)
		}
	}
}

func TestDihedralVectors(t *testing.T) {
	for _, test := range []struct {
		folder string
		limit  int // In bits.
		want   int // Hashes compared.
		read   func(testing.TB, string) image.Image
	}{
		{"luminance", 0, 11 * 8, readPNM},
		{"image", 4, 16 * 8, decode},
	} {
		dir := testdata(t, test.folder)
		h := New(Mode512)
		compared, total := 0, 0
		for _, v := range vectors(t, dir) {
			if v.file == "toosmall_4x9.pgm" {
				continue
			}
			img := test.read(t, filepath.Join(dir, v.file))
			got, quality, err := h.ImageDihedral(img)
			if err != nil {
				t.Fatalf("%s: %v", v.file, err)
			}
			again, _, err := h.LumaDihedral(LumaOf(img, Mode512))
			if err != nil {
				t.Fatalf("%s: %v", v.file, err)
			}
			if again != got {
				t.Errorf("%s: luminance hashes otherwise than the picture", v.file)
			}
			if quality != v.quality[Mode512] {
				t.Errorf("%s: quality %d, want %d", v.file, quality, v.quality[Mode512])
			}
			for i := range got {
				d := distance(got[i], v.dihedral[i])
				if d > test.limit {
					t.Errorf("%s %v: %d bits from the reference, want at most %d", v.file, Transform(i), d, test.limit)
				}
				total += d
				compared++
			}
		}
		if compared < test.want {
			t.Errorf("%s: compared %d hashes, want %d", test.folder, compared, test.want)
		}
		t.Logf("%s: %d hashes, mean distance %.2f bits", test.folder, compared, float64(total)/float64(compared))
	}
}

func TestMiddleIsWhatSortingFinds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 2000 {
		var values [kept * kept]float32
		for i := range values {
			switch n % 3 {
			case 0:
				values[i] = random.Float32() - 0.5
			case 1:
				values[i] = float32(random.IntN(4)) // Ties.
			case 2:
				values[i] = float32(i * (n - 1000))
			}
		}
		sorted := slices.Sorted(slices.Values(values[:]))
		if low, high := middle(values); low != sorted[127] || high != sorted[128] {
			t.Fatalf("case %d: %v and %v, want %v and %v", n, low, high, sorted[127], sorted[128])
		}
	}
}

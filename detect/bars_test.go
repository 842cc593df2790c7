package detect

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// barred is a picture within bars of a colour, of so many pixels each.
func barred(img image.Image, c color.Color, left, top, right, bottom int) *image.RGBA {
	size := img.Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, left+size.X+right, top+size.Y+bottom))
	draw.Draw(out, out.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(left, top, left+size.X, top+size.Y), img, img.Bounds().Min, draw.Src)
	return out
}

// noisy adds noise of up to n levels.
func noisy(img *image.RGBA, n int) *image.RGBA {
	rng := rand.New(rand.NewPCG(6, 6))
	for i := range img.Pix {
		if i%4 != 3 {
			img.Pix[i] = uint8(min(max(int(img.Pix[i])+rng.IntN(2*n+1)-n, 0), 255))
		}
	}
	return img
}

func decoded(t testing.TB, img image.Image, quality int) image.Image {
	t.Helper()
	out, err := jpeg.Decode(bytes.NewReader(jpegOf(t, img, quality)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBarsAreTrimmed(t *testing.T) {
	black, white, green := color.RGBA{16, 16, 16, 255}, color.White, color.RGBA{0, 177, 64, 255}
	scene := scene(1, 320, 240)
	for name, c := range map[string]struct {
		img  image.Image
		want image.Rectangle // of the scene
	}{
		"letterbox":       {barred(scene, black, 0, 40, 0, 40), image.Rect(0, 40, 320, 280)},
		"pillarbox":       {barred(scene, black, 120, 0, 120, 0), image.Rect(120, 0, 440, 240)},
		"both":            {barred(scene, black, 60, 30, 60, 30), image.Rect(60, 30, 380, 270)},
		"one side":        {barred(scene, black, 0, 0, 0, 90), image.Rect(0, 0, 320, 240)},
		"not alike":       {barred(scene, black, 0, 10, 0, 100), image.Rect(0, 10, 320, 250)},
		"white":           {barred(scene, white, 40, 0, 40, 0), image.Rect(40, 0, 360, 240)},
		"green":           {barred(scene, green, 0, 40, 0, 40), image.Rect(0, 40, 320, 280)},
		"black and white": {barred(barred(scene, black, 0, 30, 0, 0), white, 0, 0, 0, 30), image.Rect(0, 30, 320, 270)},
		"portrait":        {barred(cropped(scene, image.Rect(90, 0, 225, 240)), black, 146, 0, 146, 0), image.Rect(146, 0, 281, 240)},
		"grain":           {noisy(barred(scene, black, 0, 40, 0, 40), 6), image.Rect(0, 40, 320, 280)},
	} {
		for _, quality := range []int{100, 80, 40, 20} {
			img := c.img
			if quality < 100 {
				img = decoded(t, img, quality)
			}
			inner, ok := withoutBars(img)
			if !ok {
				t.Errorf("%s, quality %d: no bars", name, quality)
				continue
			}
			// What rings about the edge may cost some pixels.
			const slack = 5
			got := inner.Bounds()
			for _, d := range []int{got.Min.X - c.want.Min.X, got.Min.Y - c.want.Min.Y, got.Max.X - c.want.Max.X, got.Max.Y - c.want.Max.Y} {
				if d < -slack || d > slack {
					t.Errorf("%s, quality %d: %v is left, want %v", name, quality, got, c.want)
				}
			}
			h := pdq.New(pdq.Mode512)
			hash, _, err := h.Image(inner)
			if err != nil {
				t.Fatal(err)
			}
			source := image.Image(scene)
			if name == "portrait" {
				source = cropped(scene, image.Rect(90, 0, 225, 240))
			}
			want, _, _ := h.Image(source)
			if d := apart((*[32]byte)(&hash), (*[32]byte)(&want)); d > 31 && quality >= 80 || d > 47 {
				t.Errorf("%s, quality %d: %d bits from the source in %v", name, quality, d, got)
			}
		}
	}
}

func cropped(img *image.RGBA, r image.Rectangle) image.Image { return img.SubImage(r) }

func TestWhatHasNoBarsIsNotTrimmed(t *testing.T) {
	dark := scene(1, 320, 240) // a night: a lamp in the dark
	for y := range 240 {
		for x := range 320 {
			if d := (x-160)*(x-160) + (y-120)*(y-120); d > 20*20 {
				dark.SetRGBA(x, y, color.RGBA{uint8(6 + x%5), uint8(6 + y%5), 8, 255})
			}
		}
	}
	half := scene(1, 320, 240) // a wall over most of the picture
	draw.Draw(half, image.Rect(0, 0, 320, 150), image.NewUniform(color.Gray{60}), image.Point{}, draw.Src)
	thin := barred(scene(1, 320, 240), color.Black, 1, 2, 2, 1)
	small := barred(scene(1, 60, 60), color.Black, 20, 20, 20, 20)
	for name, img := range map[string]image.Image{
		"a scene": scene(1, 320, 240), "a dark one": dark, "half a wall": half, "thin": thin, "small": small,
		"nothing": image.NewRGBA(image.Rect(0, 0, 320, 240)), "one pixel": image.NewGray(image.Rect(0, 0, 1, 1)),
		"a line": image.NewGray(image.Rect(0, 0, 1000, 1)), "of no pixels": image.NewGray(image.Rectangle{}), "flat": image.NewGray(image.Rect(0, 0, 9, 0)), "upright": image.NewGray(image.Rect(0, 0, 0, 9)),
	} {
		for _, img := range []image.Image{img, noisy(barred(img, color.Black, 0, 0, 0, 0), 3)} {
			if inner, ok := withoutBars(img); ok {
				t.Errorf("%s is trimmed to %v", name, inner.Bounds())
			}
		}
	}
}

// TestEveryTypeOfPictureIsTrimmedAlike has one picture in the types that decoders give.
func TestEveryTypeOfPictureIsTrimmedAlike(t *testing.T) {
	img := barred(scene(1, 128, 96), color.Black, 0, 20, 0, 20)
	want := image.Rect(0, 20, 128, 116)
	at := img.Rect.Add(image.Pt(3, 5)) // with a corner elsewhere than 0,0
	for _, other := range []draw.Image{
		image.NewNRGBA(at), image.NewRGBA64(at), image.NewNRGBA64(at), image.NewGray(at), image.NewGray16(at), image.NewCMYK(at),
	} {
		draw.Draw(other, at, img, image.Point{}, draw.Src)
		if inner, ok := withoutBars(other); !ok || inner.Bounds() != want.Add(at.Min) {
			t.Errorf("%T: %v", other, inner)
		}
	}
	if inner, ok := withoutBars(decoded(t, img, 95)); !ok || inner.Bounds().Dy() < 94 || inner.Bounds().Dy() > 98 {
		t.Errorf("a jpeg: %v", inner)
	}
}

func BenchmarkWithoutBars(b *testing.B) {
	for name, img := range map[string]image.Image{
		"none": decoded(b, scene(1, 1280, 720), 80), "dark": image.NewGray(image.Rect(0, 0, 1280, 720)),
		"letterbox": decoded(b, barred(scene(1, 1280, 540), color.Black, 0, 90, 0, 90), 80),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				withoutBars(img)
			}
		})
	}
}

// TestRealPicturesAndTheirBars: the bridge within bars is found by the bridge, and the
// others have no bars.
func TestRealPicturesAndTheirBars(t *testing.T) {
	folder := filepath.Join(testData(t), "media", "image")
	files, err := filepath.Glob(filepath.Join(folder, "*.jpg"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d pictures, %v", len(files), err)
	}
	read := func(path string) image.Image {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		img, err := Decode(data, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	h := pdq.New(pdq.Mode512)
	base, _, err := h.Image(read(filepath.Join(folder, "00_base_480x300.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		img := read(file)
		inner, ok := withoutBars(img)
		if !ok {
			continue
		}
		hash, quality, err := h.Image(inner)
		if err != nil {
			t.Fatal(err)
		}
		d := apart((*[32]byte)(&base), (*[32]byte)(&hash))
		t.Logf("%s: %v of %v, quality %d, %d bits from the bridge", filepath.Base(file), inner.Bounds(), img.Bounds(), quality, d)
		if filepath.Base(file) != "pillarbox16x9.jpg" || d > 31 {
			t.Errorf("%s: trimmed to what is %d bits from the bridge", filepath.Base(file), d)
		}
		found++
	}
	if found != 1 {
		t.Error("the bridge within bars is not found")
	}
}

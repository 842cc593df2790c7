package hashdb

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"

	"github.com/corona10/goimagehash"

	"github.com/vigil-stream/vigil/hashdb/pdq"
)

var perceptual = []Kind{KindPDQ, KindPHash, KindDHash, KindAHash}

// scene renders a picture with detail at several scales, the same everywhere.
func scene(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			u, v := 320*x/width, 200*y/height
			c := color.RGBA{uint8(u * 255 / 320), uint8(v * 255 / 200), uint8((u*v/97 + u) % 256), 255}
			if (u-90)*(u-90)+(v-70)*(v-70) < 2500 {
				c = color.RGBA{240, 220, 40, 255}
			}
			if u > 180 && u < 290 && v > 110 && v < 180 && (u/9+v/13)%2 == 0 {
				c = color.RGBA{20, 40, 130, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// A picture hashes the same however it is held in memory.
func TestHashImageKnowsPictureTypes(t *testing.T) {
	base := scene(700, 420)
	gray := image.NewGray(base.Rect)
	draw.Draw(gray, gray.Rect, base, image.Point{}, draw.Src)
	grayAs := func(img draw.Image) image.Image {
		draw.Draw(img, img.Bounds(), gray, image.Point{}, draw.Src)
		return img
	}
	yCbCr := image.NewYCbCr(base.Rect, image.YCbCrSubsampleRatio420)
	copy(yCbCr.Y, gray.Pix)
	for i := range yCbCr.Cb {
		yCbCr.Cb[i], yCbCr.Cr[i] = 128, 128
	}
	wide := image.NewGray(image.Rect(-30, -20, 730, 500))
	draw.Draw(wide, base.Rect, gray, image.Point{}, draw.Src)
	for _, kind := range perceptual {
		h := pdq.New(pdq.Mode512)
		want, _, err := HashImage(h, kind, gray)
		if err != nil {
			t.Fatal(err)
		}
		for name, img := range map[string]image.Image{
			"RGBA":       grayAs(image.NewRGBA(base.Rect)),
			"NRGBA":      grayAs(image.NewNRGBA(base.Rect)),
			"RGBA64":     grayAs(image.NewRGBA64(base.Rect)),
			"Gray16":     grayAs(image.NewGray16(base.Rect)),
			"YCbCr":      yCbCr,
			"part":       wide.SubImage(base.Rect),
			"part YCbCr": partOf(yCbCr),
		} {
			got, quality, err := HashImage(h, kind, img)
			if err != nil {
				t.Fatal(err)
			}
			// The 64-bit kinds go through another scaler for each type.
			d, _ := got.Distance(want)
			if limit := map[bool]int{true: 0, false: 2}[kind == KindPDQ]; d > limit {
				t.Errorf("%v of %s: %d bits from that of Gray", kind, name, d)
			}
			if (quality == NoQuality) != (kind != KindPDQ) {
				t.Errorf("%v of %s: quality %d", kind, name, quality)
			}
		}
	}
}

// partOf returns the same picture as a part of a larger one.
func partOf(img *image.YCbCr) image.Image {
	size := img.Rect.Size()
	large := image.NewYCbCr(image.Rect(0, 0, size.X+40, size.Y+20), img.SubsampleRatio)
	for y := range size.Y {
		for x := range size.X {
			from, to := img.COffset(x, y), large.COffset(x+40, y+20)
			large.Y[large.YOffset(x+40, y+20)] = img.Y[img.YOffset(x, y)]
			large.Cb[to], large.Cr[to] = img.Cb[from], img.Cr[from]
		}
	}
	return large.SubImage(image.Rect(40, 20, size.X+40, size.Y+20))
}

func TestImageHashIsGoimagehash(t *testing.T) {
	img := scene(320, 200)
	for kind, f := range map[Kind]func(image.Image) (*goimagehash.ImageHash, error){
		KindPHash: goimagehash.PerceptionHash, KindDHash: goimagehash.DifferenceHash, KindAHash: goimagehash.AverageHash,
	} {
		want, err := f(img)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := HashImage(pdq.New(pdq.Mode512), kind, img)
		if err != nil || got.String() != want.ToString()[2:] {
			t.Errorf("%v is %v, %v, want %s", kind, got, err, want.ToString())
		}
	}
}

func TestHashImageRejects(t *testing.T) {
	h := pdq.New(pdq.Mode512)
	for _, kind := range perceptual {
		for _, size := range []image.Point{{0, 0}, {0, 9}, {4, 9}} {
			img := image.NewRGBA(image.Rectangle{Max: size})
			if _, _, err := HashImage(h, kind, img); !errors.Is(err, ErrTooSmall) {
				t.Errorf("%v of %v: error %v, want ErrTooSmall", kind, size, err)
			}
		}
	}
	for _, kind := range []Kind{0, KindMD5, KindSHA1, KindSHA256} {
		if _, _, err := HashImage(h, kind, scene(10, 10)); err == nil {
			t.Errorf("no error for %v, which is no hash of a picture", kind)
		}
	}
}

// A 720p frame from its file and from its pixels: of a decoded one only the
// pixels that the hash needs become luminance. The baseline is the decoding.
func BenchmarkHashImage(b *testing.B) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, scene(1280, 720), nil); err != nil {
		b.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(file.Bytes()))
	if err != nil {
		b.Fatal(err)
	}
	var decode float64
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(file.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
		decode = float64(b.Elapsed()) / float64(b.N)
	})
	for _, kind := range perceptual {
		b.Run(kind.String(), func(b *testing.B) {
			h := pdq.New(pdq.Mode512)
			for b.Loop() {
				if _, _, err := HashImage(h, kind, img); err != nil {
					b.Fatal(err)
				}
			}
			if decode > 0 {
				b.ReportMetric(float64(b.Elapsed())/float64(b.N)/decode, "of-decode")
			}
		})
	}
}

package hashdb

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"testing"

	"github.com/corona10/goimagehash"

	"github.com/vigil-stream/vigil/hashdb/internal/scene"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

var perceptual = []Kind{KindPDQ, KindPHash, KindDHash, KindAHash}

// A picture hashes the same however it is held in memory.
func TestHashImageKnowsPictureTypes(t *testing.T) {
	gray, held := scene.Held(700, 420)
	for _, kind := range perceptual {
		h := pdq.New(pdq.Mode512)
		want, _, err := HashImage(h, kind, gray)
		if err != nil {
			t.Fatal(err)
		}
		for name, img := range held {
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

func TestImageHashIsGoimagehash(t *testing.T) {
	img := scene.Draw(320, 200)
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
		if _, _, err := HashImage(h, kind, scene.Draw(10, 10)); err == nil {
			t.Errorf("no error for %v, which is no hash of a picture", kind)
		}
	}
}

// A 720p frame from its file and from its pixels: of a decoded one only the
// pixels that the hash needs become luminance. The baseline is the decoding.
func BenchmarkHashImage(b *testing.B) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, scene.Draw(1280, 720), nil); err != nil {
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

package pdq

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/internal/scene"
)

// A frame of 720p as a decoder leaves it and as luminance. The metric compares with
// image/jpeg's decoding of the same frame within the run.
func BenchmarkHash(b *testing.B) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, scene.Draw(1280, 720), nil); err != nil {
		b.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(file.Bytes()))
	if err != nil {
		b.Fatal(err)
	}
	rgba := image.NewRGBA(img.Bounds())
	draw.Draw(rgba, rgba.Rect, img, image.Point{}, draw.Src)
	perOp := func(b *testing.B) float64 { return float64(b.Elapsed()) / float64(b.N) }
	var decode float64
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(file.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
		decode = perOp(b)
	})
	for _, mode := range []Mode{Mode512, ModeFull} {
		h := New(mode)
		run := func(name string, f func() error) {
			b.Run(mode.String()+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
				if decode > 0 {
					b.ReportMetric(perOp(b)/decode, "of-decode")
				}
			})
		}
		for _, c := range []struct {
			name string
			img  image.Image
		}{{"YCbCr", img}, {"RGBA", rgba}} {
			run("720p-"+c.name, func() error {
				_, _, err := h.Image(c.img)
				return err
			})
		}
		luma := LumaOf(img, ModeFull)
		run("720p-luma", func() error {
			_, _, err := h.Luma(luma)
			return err
		})
		p, _ := pictureOf(img, mode)
		width, height := mode.reduced(p.width, p.height)
		run("reduce", func() error {
			h.filter.apply(&p, width, height, &h.samples)
			return nil
		})
		run("reduce-as-reference", func() error {
			h.reference.apply(&p, h.filter.cols, h.filter.rows, &h.samples)
			return nil
		})
		run("hash", func() error {
			h.samples.quality(0.005)
			h.dct.apply(&h.samples, &h.coeffs)
			h.coeffs.bits(Original)
			return nil
		})
	}
}

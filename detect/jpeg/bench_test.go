package jpeg

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkDecode decodes a rendered picture of 1280 by 720, 4:2:0, with image/jpeg and
// here, in turn, and reports what share of its time is taken here.
func BenchmarkDecode(b *testing.B) {
	all := scenes(rand.New(rand.NewPCG(7, 8)))
	// As a camera sees: little grain on what is smooth, and parts that are bright.
	camera := func(x, y int) colours {
		s, n := all["near saturation"](x, y), all["noisy"](x, y)
		smooth := all["smooth"](x, y)
		return colours{s[0] + (n[0]-smooth[0])/8, s[1], s[2]}
	}
	img := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio420)
	for y := range 720 {
		for x := range 1280 {
			c := camera(x, y)
			byteOf := func(v float64) byte { return byte(min(max(v, 0), 255)) }
			img.Y[img.YOffset(x, y)] = byteOf(c[0])
			img.Cb[img.COffset(x, y)], img.Cr[img.COffset(x, y)] = byteOf(c[1]), byteOf(c[2])
		}
	}
	var quality90 bytes.Buffer
	if err := jpeg.Encode(&quality90, img, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name string
		data []byte
	}{
		{"quality of 90", quality90.Bytes()},
		// ffmpeg's -q:v 4 has steps of 4 at first, and some twelve times that in the end.
		{"as ffmpeg's q 4", drawn(1280, 720, samplings["4:2:0"], [2]byte{4, 4}, camera).encoded(b)},
		{"saturated", drawn(1280, 720, samplings["4:2:0"], [2]byte{4, 4}, all["saturated"]).encoded(b)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var d Decoder
			var here, there time.Duration
			for b.Loop() {
				before := time.Now()
				if _, err := d.Decode(bench.data); err != nil {
					b.Fatal(err)
				}
				between := time.Now()
				if _, err := jpeg.Decode(bytes.NewReader(bench.data)); err != nil {
					b.Fatal(err)
				}
				here, there = here+between.Sub(before), there+time.Since(between)
			}
			b.ReportMetric(float64(here)/float64(there), "of-image/jpeg")
			b.ReportMetric(float64(here.Microseconds())/float64(b.N), "us/picture")
			b.ReportMetric(float64(len(bench.data))/1024, "KiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

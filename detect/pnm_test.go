package detect

import (
	"errors"
	"image/color"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

func TestDecodePNM(t *testing.T) {
	limits := Limits{Bytes: 100, Pixels: 12}
	for _, test := range []struct{ name, data, reason string }{
		{"gray", "P5\n3 2\n255\nabcdef", ""},
		{"colour", "P6 1 2 255 abcdef", ""},
		{"comments", "P5 # a picture\n#another\n3 2# 9\n255\nabcdef", ""},
		{"white space for pixels", "P5\n3 1\n255\n \n\t", ""},
		{"text", "P2\n1 1\n255\n7", "image-format"},
		{"no magic", "P5", "image-format"},
		{"no white space", "P53 2\n255\nabcdef", "image-format"},
		{"nothing", "P5\n", "image-broken"},
		{"no number", "P5\n3 x\n255\nabcdef", "image-broken"},
		{"negative", "P5\n-3 2\n255\nabcdef", "image-broken"},
		{"endless comment", "P5\n3 2 #255 abcdef", "image-broken"},
		{"huge", "P5\n99999999999999999999 2\n255\n", "image-broken"},
		{"16 bits", "P5\n3 1\n65535\nabcdef", "image-broken"},
		{"few values", "P5\n3 2\n15\nabcdef", "image-broken"},
		{"short", "P5\n3 2\n255\nabcde", "image-broken"},
		{"long", "P5\n3 2\n255\nabcdefg", "image-broken"},
		{"no pixels yet", "P5\n3 2\n255", "image-broken"},
		{"glued pixels", "P5\n3 2\n255abcdef", "image-broken"},
		{"empty", "P5\n0 2\n255\n", "image-pixels"},
		{"beyond the pixels", "P5\n13 1\n255\nabcdefghijklm", "image-pixels"},
		{"product beyond 32 bits", "P6\n1000000000 1000000000\n255\n", "image-pixels"},
		{"much behind the pixels", "P5\n3 2\n255\n" + string(make([]byte, 1000)), "image-broken"},
	} {
		img, err := Decode([]byte(test.data), limits)
		if test.reason != "" {
			wantReason(t, err, test.reason)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if test.name == "colour" {
			if got := color.NRGBAModel.Convert(img.At(0, 1)); got != (color.NRGBA{'d', 'e', 'f', 255}) {
				t.Errorf("%s: %v", test.name, got)
			}
		} else if want := test.data[len(test.data)-1]; img.At(img.Bounds().Max.X-1, img.Bounds().Max.Y-1) != (color.Gray{Y: want}) {
			t.Errorf("%s: the last pixel is not %d", test.name, want)
		}
	}
}

func FuzzDecodePNM(f *testing.F) {
	for _, seed := range []string{"P5\n3 2\n255\nabcdef", "P6 1 2 255 abcdef", "P5 # a\n#b\n3 2#\n255\nabcdef", "P6\n1000000000 4\n255\n"} {
		f.Add([]byte(seed))
	}
	limits := Limits{Bytes: 1 << 12, Pixels: 1 << 10}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !isPNM(data) {
			return
		}
		img, err := decodePNM(data, limits)
		if err != nil {
			var r *signal.Rejection
			if !errors.As(err, &r) {
				t.Fatalf("not a Rejection: %v", err)
			}
			return
		}
		size := img.Bounds().Size()
		if size.X < 1 || size.Y < 1 || size.X*size.Y > limits.Pixels || size.X*size.Y > len(data) {
			t.Fatalf("%v pixels of %d bytes", size, len(data))
		}
		img.At(size.X-1, size.Y-1)
	})
}

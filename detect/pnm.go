package detect

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	"github.com/vigil-stream/vigil/signal"
)

// isPNM reports whether data begins like a binary PGM (gray) or PPM (red, green, blue)
// file (netpbm, pgm(5) and ppm(5)).
func isPNM(data []byte) bool {
	return len(data) > 2 && data[0] == 'P' && (data[1] == '5' || data[1] == '6') && isSpace(data[2])
}

// decodePNM decodes a PGM or PPM of 8 bits. It takes one picture whole: one that ends
// too soon, or is followed by anything, is refused. Nothing is compressed, so that the
// limit in pixels is one in bytes, and the other is not asked.
func decodePNM(data []byte, limits Limits) (image.Image, error) {
	channels := 1
	if data[1] == '6' {
		channels = 3
	}
	var header [3]int // Width, height, greatest value.
	rest := data[2:]
	for i, name := range []string{"width", "height", "greatest value"} {
		var err error
		if header[i], rest, err = pnmNumber(rest); err != nil {
			return nil, signal.Reject("image-broken", "pnm header: %s: %w", name, err)
		}
	}
	width, height := header[0], header[1]
	if width < 1 || height < 1 {
		return nil, signal.Reject("image-pixels", "pnm of no pixels")
	}
	// Neither number is above pnmMost, so that the product fits.
	if int64(width)*int64(height) > int64(limits.Pixels) {
		return nil, signal.Reject("image-pixels", "%d by %d pixels, and the limit is %d in all", width, height, limits.Pixels)
	}
	if header[2] != 255 {
		return nil, signal.Reject("image-broken", "pnm with values up to %d, want 255: 8 bits", header[2])
	}
	if len(rest) == 0 || !isSpace(rest[0]) {
		return nil, signal.Reject("image-broken", "pnm header: no white space before the pixels")
	}
	rest = rest[1:]
	if want := width * height * channels; len(rest) != want {
		return nil, signal.Reject("image-broken", "pnm with %d bytes of pixels, want %d", len(rest), want)
	}
	rect := image.Rect(0, 0, width, height)
	if channels == 1 {
		return &image.Gray{Pix: rest, Stride: width, Rect: rect}, nil
	}
	img := image.NewRGBA(rect)
	for i := range width * height {
		from, to := rest[3*i:][:3], img.Pix[4*i:][:4]
		to[0], to[1], to[2], to[3] = from[0], from[1], from[2], 255
	}
	return img, nil
}

// pnmMost is the greatest number that a header may hold.
const pnmMost = 1 << 30

// pnmNumber reads a decimal number behind white space and comments, and returns what
// follows it.
func pnmNumber(data []byte) (n int, rest []byte, err error) {
	start := data
	for len(data) > 0 && (isSpace(data[0]) || data[0] == '#') {
		if data[0] != '#' {
			data = data[1:]
			continue
		}
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return 0, nil, errors.New("a comment without an end")
		}
		data = data[end:]
	}
	if len(data) == len(start) {
		return 0, nil, errors.New("no white space before it")
	}
	digits := 0
	for ; digits < len(data) && data[digits] >= '0' && data[digits] <= '9'; digits++ {
		if n = 10*n + int(data[digits]-'0'); n > pnmMost {
			return 0, nil, fmt.Errorf("above %d", pnmMost)
		}
	}
	if digits == 0 {
		return 0, nil, errors.New("not a decimal number")
	}
	return n, data[digits:], nil
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

package console

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"

	scale "golang.org/x/image/draw"
)

// Pictures are made here, never in the browser: what a person did not ask for in the clear
// does not reach it in the clear.
const (
	maxPixels = 40_000_000
	// A blurred picture is drawn from few grey dots: shapes show, faces do not.
	blurDots, blurSide = 14, 168
	clearSide          = 720
)

var errPicture = errors.New("the picture cannot be shown: it is no JPEG of a bearable size")

func decode(data []byte) (image.Image, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width < 1 || c.Height < 1 || c.Width*c.Height > maxPixels {
		return nil, errPicture
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errPicture
	}
	return m, nil
}

// fit scales a picture to what a longer side has, never up.
func fit(dst func(image.Rectangle) scale.Image, m image.Image, side int) scale.Image {
	out := dst(within(m.Bounds(), side))
	scale.BiLinear.Scale(out, out.Bounds(), m, m.Bounds(), scale.Src, nil)
	return out
}

func within(b image.Rectangle, side int) image.Rectangle {
	w, h := b.Dx(), b.Dy()
	if long := max(w, h); long > side {
		w, h = max(1, w*side/long), max(1, h*side/long)
	}
	return image.Rect(0, 0, w, h)
}

func grey(r image.Rectangle) scale.Image   { return image.NewGray(r) }
func colour(r image.Rectangle) scale.Image { return image.NewRGBA(r) }

// blurred is a small grey picture in which shapes show and no more.
func blurred(data []byte) ([]byte, error) {
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	dots := fit(grey, m, blurDots)
	b := m.Bounds()
	w, h := blurSide, max(1, blurSide*b.Dy()/b.Dx())
	if b.Dy() > b.Dx() {
		w, h = max(1, blurSide*b.Dx()/b.Dy()), blurSide
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	scale.BiLinear.Scale(out, out.Bounds(), dots, dots.Bounds(), scale.Src, nil)
	return encode(out)
}

// clearly is the picture itself, in grey unless colour is asked for. It is encoded anew: what
// else was in the file, and what is meant to harm who decodes it, goes no further.
func clearly(data []byte, inColour bool) ([]byte, error) {
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	dst := grey
	if inColour {
		dst = colour
	}
	return encode(fit(dst, m, clearSide))
}

func encode(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 88}); err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	return b.Bytes(), nil
}

package world

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"

	"golang.org/x/image/draw"
)

// tampered is what a replay does to a picture: another size, a watermark in a
// corner, a colour shift. Encoding at a low quality comes on top.
func tampered(img image.Image) image.Image {
	small := image.NewRGBA(image.Rect(0, 0, width*3/4, height*3/4))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
	for y := small.Rect.Min.Y; y < small.Rect.Max.Y; y++ {
		for x := small.Rect.Min.X; x < small.Rect.Max.X; x++ {
			c := small.RGBAAt(x, y)
			c.R, c.B = clip(int(c.R)+14), clip(int(c.B)-12)
			small.SetRGBA(x, y, c)
		}
	}
	mark := image.Rect(20, 20, 110, 36)
	draw.Draw(small, mark, image.NewUniform(color.RGBA{255, 255, 255, 150}), image.Point{}, draw.Over)
	return small
}

func clip(v int) uint8 { return uint8(min(255, max(0, v))) }

func encodeJPEG(img image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode a frame: %w", err)
	}
	return b.Bytes(), nil
}

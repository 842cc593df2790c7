// Package scene renders the pictures that tests hash. Only tests import it.
package scene

import (
	"image"
	"image/color"
	"image/draw"
)

// Draw renders a picture with detail at several scales, the same everywhere.
func Draw(width, height int) *image.RGBA {
	return Render(width, height, func(x, y int) color.RGBA { return At(320*x/width, 200*y/height) })
}

// At is the colour of Draw's picture at a place in 320x200.
func At(u, v int) color.RGBA {
	c := color.RGBA{uint8(u * 255 / 320), uint8(v * 255 / 200), uint8((u*v/97 + u) % 256), 255}
	if (u-90)*(u-90)+(v-70)*(v-70) < 2500 {
		c = color.RGBA{240, 220, 40, 255}
	}
	if u > 180 && u < 290 && v > 110 && v < 180 && (u/9+v/13)%2 == 0 {
		c = color.RGBA{20, 40, 130, 255}
	}
	return c
}

// Render asks for the colour of each pixel.
func Render(width, height int, at func(x, y int) color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, at(x, y))
		}
	}
	return img
}

// Held returns Draw's picture in grey and, by name, the same as other types of picture
// hold it and as parts of larger ones.
func Held(width, height int) (*image.Gray, map[string]image.Image) {
	base := Draw(width, height)
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
	wide := image.NewGray(image.Rect(-30, -20, width+30, height+80))
	draw.Draw(wide, base.Rect, gray, image.Point{}, draw.Src)
	return gray, map[string]image.Image{
		"RGBA":       grayAs(image.NewRGBA(base.Rect)),
		"NRGBA":      grayAs(image.NewNRGBA(base.Rect)),
		"RGBA64":     grayAs(image.NewRGBA64(base.Rect)),
		"Gray16":     grayAs(image.NewGray16(base.Rect)),
		"YCbCr":      yCbCr,
		"part":       wide.SubImage(base.Rect),
		"part YCbCr": partOf(yCbCr),
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

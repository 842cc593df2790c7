package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

const (
	width, height = 1280, 720
	jpegQuality   = 80
	waves         = 6
	discs         = 8
)

// A scene is a made-up place that a camera pans across: waves of a few directions and
// sizes with discs before them, and grain over all of it as a camera's sensor gives.
type scene struct {
	waves [waves]wave
	discs [discs]disc
	grain []int8
}

type wave struct{ amplitude, x, y, phase, pan float64 }

type disc struct{ x, y, radius, shade, pan float64 }

func newScene(seed uint64) *scene {
	r := rand.New(rand.NewPCG(seed, 0x7363656e65))
	between := func(lo, hi float64) float64 { return lo + r.Float64()*(hi-lo) }
	s := &scene{grain: make([]int8, 1<<16)}
	for i := range s.waves {
		direction, length := between(0, 2*math.Pi), between(60, 600)
		s.waves[i] = wave{
			amplitude: between(15, 35), phase: between(0, 2*math.Pi), pan: between(2, 12),
			x: 2 * math.Pi / length * math.Cos(direction), y: 2 * math.Pi / length * math.Sin(direction),
		}
	}
	for i := range s.discs {
		s.discs[i] = disc{x: between(0, width), y: between(0, height), radius: between(40, 180), shade: between(-110, 110), pan: between(5, 25)}
	}
	for i := range s.grain {
		s.grain[i] = int8(r.NormFloat64() * 7)
	}
	return s
}

// jpeg renders the scene after so many steps of the camera.
func (s *scene) jpeg(step int) ([]byte, error) {
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	pan := float64(step)
	// sin(x+y) of sines and cosines of x and of y, so that no pixel costs one.
	var sinX, cosX [waves][width]float64
	for i, w := range s.waves {
		for x := range width {
			sinX[i][x], cosX[i][x] = math.Sincos(w.x*(float64(x)+pan*w.pan) + w.phase)
			sinX[i][x] *= w.amplitude
			cosX[i][x] *= w.amplitude
		}
	}
	line := make([]float64, width)
	for y := range height {
		clear(line)
		for i, w := range s.waves {
			sinY, cosY := math.Sincos(w.y * float64(y))
			for x := range line {
				line[x] += sinX[i][x]*cosY + cosX[i][x]*sinY
			}
		}
		for _, d := range s.discs {
			dy := float64(y) - d.y
			if math.Abs(dy) >= d.radius {
				continue
			}
			half := math.Sqrt(d.radius*d.radius - dy*dy)
			cx := math.Mod(d.x+pan*d.pan, width)
			for x := max(0, int(cx-half)); x < min(width, int(cx+half)); x++ {
				line[x] = d.shade + line[x]/4
			}
		}
		grain := (y*8191 + step*977) & 0xffff
		for x, v := range line {
			img.Y[y*img.YStride+x] = uint8(min(255, max(0, 128+v+float64(s.grain[(grain+x)&0xffff]))))
		}
	}
	for y := range height / 2 {
		for x := range width / 2 {
			at := y*img.CStride + x
			img.Cb[at] = uint8(110 + x*36/width*2)
			img.Cr[at] = uint8(120 + y*24/height*2)
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegQuality})
	return b.Bytes(), err
}

package world

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
)

// Size of the rendered pictures, in pixels.
const (
	width  = 640
	height = 360
)

// A scene is a landscape that a camera pans across. What is drawn depends on the
// seed alone; pan, in pixels, moves near things more than far ones.
type scene struct {
	sky, ground [2]color.RGBA
	horizon     float64
	hills       []hill
	blocks      []block
	discs       []disc
}

type hill struct {
	base, depth float64 // height as a share of the picture; how much the pan moves it
	waves       [3][3]float64
	fill        color.RGBA
}

type block struct {
	x, y, w, h, depth float64
	fill, edge        color.RGBA
}

type disc struct {
	x, y, r, depth float64
	fill           color.RGBA
}

func newScene(seed uint64) scene {
	r := rand.New(rand.NewPCG(seed, 0x5ce4e))
	shade := func(lo, hi int) color.RGBA {
		// Light and dark differ strongly, so that every scene has structure.
		v := lo + r.IntN(hi-lo)
		tint := func() uint8 { return uint8(min(255, max(0, v+r.IntN(61)-30))) }
		return color.RGBA{tint(), tint(), tint(), 255}
	}
	between := func(lo, hi float64) float64 { return lo + r.Float64()*(hi-lo) }
	s := scene{
		sky:     [2]color.RGBA{shade(120, 250), shade(120, 250)},
		ground:  [2]color.RGBA{shade(20, 140), shade(20, 140)},
		horizon: between(0.3, 0.6),
	}
	for i := range 3 {
		h := hill{base: s.horizon + float64(i)*0.1 - 0.15, depth: 0.2 + 0.2*float64(i), fill: shade(20, 200)}
		for j := range h.waves {
			h.waves[j] = [3]float64{between(0.02, 0.09), between(1, 6) * float64(j+1), between(0, 2*math.Pi)}
		}
		s.hills = append(s.hills, h)
	}
	for range 8 + r.IntN(5) {
		fill := shade(10, 245)
		edge := color.RGBA{255 - fill.R, 255 - fill.G, 255 - fill.B, 255}
		s.blocks = append(s.blocks, block{
			x: between(-0.1, 1), y: between(0, 0.85), w: between(0.06, 0.3), h: between(0.08, 0.45),
			depth: between(0.2, 0.6), fill: fill, edge: edge,
		})
	}
	for range 3 + r.IntN(3) {
		s.discs = append(s.discs, disc{x: between(0, 1), y: between(0, 1), r: between(0.03, 0.16), depth: between(0.1, 0.5), fill: shade(10, 250)})
	}
	return s
}

func (s scene) render(pan float64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		v := float64(y) / height
		row := mix(s.sky[0], s.sky[1], v/s.horizon)
		if v > s.horizon {
			row = mix(s.ground[0], s.ground[1], (v-s.horizon)/(1-s.horizon))
		}
		fill(img, image.Rect(0, y, width, y+1), row)
	}
	for _, h := range s.hills {
		for x := range width {
			u := (float64(x) + pan*h.depth) / width
			top := h.base
			for _, w := range h.waves {
				top += w[0] * math.Sin(w[1]*u*2+w[2])
			}
			fill(img, image.Rect(x, int(top*height), x+1, int(math.Min(1, top+0.2)*height)), h.fill)
		}
	}
	for _, b := range s.blocks {
		x, y, w, h := b.x*width-pan*b.depth, b.y*height, b.w*width, b.h*height
		fill(img, image.Rect(int(x), int(y), int(x+w), int(y+h)), b.fill)
		// A window in each block gives it a second edge.
		fill(img, image.Rect(int(x+0.3*w), int(y+0.2*h), int(x+0.7*w), int(y+0.6*h)), b.edge)
	}
	for _, d := range s.discs {
		cx, cy, r := d.x*width-pan*d.depth, d.y*height, d.r*height
		for y := math.Ceil(cy - r); y < cy+r; y++ {
			half := math.Sqrt(r*r - (y-cy)*(y-cy))
			fill(img, image.Rect(int(cx-half), int(y), int(cx+half), int(y)+1), d.fill)
		}
	}
	return img
}

func fill(img *image.RGBA, r image.Rectangle, c color.RGBA) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	t = math.Min(1, math.Max(0, t))
	m := func(p, q uint8) uint8 { return uint8(float64(p)*(1-t) + float64(q)*t) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

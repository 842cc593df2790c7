package detect

import "image"

// Bars are found in luminance, in the decoded picture.
const (
	// mostBar is the most of a side, in percent, that one bar may take: a picture that is
	// dark or plain further in has no bars, it is dark or plain.
	mostBar = 45
	// leastTrim is the least share of a side, in percent, that is worth a second hash: PDQ
	// stands a crop of 2 % (98 of 100 pictures found).
	leastTrim = 2
	// leastInner is the least side in pixels of what is hashed without its bars: to so
	// many samples a side PDQ reduces a picture.
	leastInner = 64
	// across is how many pixels of a row or column are looked at.
	across = 64
	// stray is how many of them may be of another luminance, as from a faint mark.
	stray = 2
	// dark is the luminance up to which bars pass for black. Encoders leave more noise
	// there, where it is not seen: a dark bar's pixels are within darkNoise of its
	// luminance, any other's within noise.
	dark, darkNoise, noise = 40, 12, 4
	// drift is how far a bar's luminance may be from that at the picture's edge.
	drift = 6
	// block is the side of a JPEG block: so far what a bar borders on may spoil it. There
	// lines are still the bar's whose pixels are, but for a quarter, within darkRing of it,
	// or within ring where it is not dark. A line too many costs a thousandth of the
	// picture, and one left over is an edge that was not there: PDQ stands to lose 2 % at
	// each side, and not to gain 1 %.
	block, darkRing, ring = 8, 32, 12
)

// withoutBars returns the picture without the bars at its sides, and false where it has
// none. First rows are trimmed, then columns of what is left. A bar is rows, or columns,
// from the edge inward of one luminance each and about the same all; it may be on one
// side only.
func withoutBars(img image.Image) (image.Image, bool) {
	sub, ok := img.(interface {
		SubImage(image.Rectangle) image.Image
	})
	if !ok {
		return nil, false
	}
	whole := img.Bounds()
	luma := lumaAt(img)
	r := whole
	top, bottom := bars(r.Dy(), r.Dx(), func(y, x int) uint8 { return luma(r.Min.X+x, r.Min.Y+y) })
	r.Min.Y, r.Max.Y = r.Min.Y+top, r.Max.Y-bottom
	left, right := bars(r.Dx(), r.Dy(), func(x, y int) uint8 { return luma(r.Min.X+x, r.Min.Y+y) })
	r.Min.X, r.Max.X = r.Min.X+left, r.Max.X-right
	if r == whole || r.Dx() < leastInner || r.Dy() < leastInner {
		return nil, false
	}
	return sub.SubImage(r), true
}

// bars returns how many of n lines at each end are bars. A line has width pixels, of
// which at returns the luminance.
func bars(n, width int, at func(line, i int) uint8) (head, tail int) {
	most := n * mostBar / 100
	if width < 1 || most < 1 {
		return 0, 0
	}
	head = barFrom(most, width, func(line, i int) uint8 { return at(line, i) })
	tail = barFrom(most, width, func(line, i int) uint8 { return at(n-1-line, i) })
	if head >= most || tail >= most || (head+tail)*100 < n*leastTrim {
		return 0, 0
	}
	return head, tail
}

// barFrom returns how many of the first lines are a bar, at most most. It goes by steps
// of a block or less, and back by lines: what is so thin in a bar may be passed over.
func barFrom(most, width int, at func(line, i int) uint8) int {
	first := lineOf(0, width, at)
	edge := first.median()
	around, rings := noise, ring
	if edge <= dark {
		around, rings = darkNoise, darkRing
	}
	is := func(number int) bool {
		l := lineOf(number, width, at)
		level := l.median()
		return level <= edge+drift && level >= edge-drift && l.beyond(level, around) <= stray
	}
	if !is(0) {
		return 0
	}
	step := min(max(most/40, 1), block)
	n := step
	for n < most && is(n) {
		n += step
	}
	if n >= most {
		return most
	}
	for n -= step - 1; is(n); n++ {
	}
	spoilt := 0
	for i := 1; i <= block && n+i <= most; i++ {
		if l := lineOf(n+i-1, width, at); 4*l.beyond(edge, rings) <= l.n {
			spoilt = i
		}
	}
	return n + spoilt
}

// line is how many of the pixels that are looked at in a row or column have which
// luminance.
type line struct {
	n      int
	counts [256]uint8
}

func lineOf(number, width int, at func(line, i int) uint8) (l line) {
	l.n = min(across, width)
	for i := range l.n {
		l.counts[at(number, (2*i+1)*width/(2*l.n))]++
	}
	return l
}

// median is the luminance in the middle.
func (l *line) median() (level int) {
	for seen := 0; ; level++ {
		if seen += int(l.counts[level]); 2*seen >= l.n {
			return level
		}
	}
}

// beyond is how many pixels are more than around from a level.
func (l *line) beyond(level, around int) int {
	near := 0
	for _, n := range l.counts[max(0, level-around):min(len(l.counts), level+around+1)] {
		near += int(n)
	}
	return l.n - near
}

// lumaAt returns the function from a pixel to its luminance, about as PDQ sees it.
func lumaAt(img image.Image) func(x, y int) uint8 {
	switch t := img.(type) {
	case *image.YCbCr:
		return func(x, y int) uint8 { return t.Y[t.YOffset(x, y)] }
	case *image.NYCbCrA:
		return func(x, y int) uint8 { return t.Y[t.YOffset(x, y)] }
	case *image.Gray:
		return func(x, y int) uint8 { return t.Pix[t.PixOffset(x, y)] }
	case *image.RGBA:
		return func(x, y int) uint8 { return lumaOf(t.Pix[t.PixOffset(x, y):]) }
	case *image.NRGBA:
		return func(x, y int) uint8 { return lumaOf(t.Pix[t.PixOffset(x, y):]) }
	}
	return func(x, y int) uint8 {
		r, g, b, _ := img.At(x, y).RGBA()
		return lumaOf([]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)})
	}
}

// lumaOf weighs red, green and blue by ITU-R BT.601, in integers.
func lumaOf(rgb []uint8) uint8 {
	return uint8((299*int(rgb[0]) + 587*int(rgb[1]) + 114*int(rgb[2]) + 500) / 1000)
}

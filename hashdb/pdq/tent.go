package pdq

// side is the number of rows and of columns that PDQ's filter leaves.
const side = 64

// PDQ blurs with a box filter along each axis, does it once more, and keeps 64 of
// the rows and columns. Both passes and the decimation are linear and treat the
// axes apart, so together they are 64 weighted sums an axis. A box of width w
// twice over is a tent over at most 2w-1 pixels, narrower where the reference
// clips its box at the edge. Only the pixels under a tent are ever read.

// taps is one weighted sum: weights for the pixels from first on.
type taps struct {
	first   int
	weights []float32
}

// tents is the 64 sums along an axis of size pixels.
type tents struct {
	size int
	taps [side]taps
	box  []float64 // Scratch: weights before rounding.
}

// set computes the tents for an axis of size pixels, if they are not those
// already.
func (t *tents) set(size int) {
	if t.size == size {
		return
	}
	t.size = size
	for o := range t.taps {
		outer := boxAt(centre(o, size), size)
		first := boxAt(outer.lo, size).lo
		last := boxAt(outer.hi-1, size).hi - 1
		t.box = append(t.box[:0], make([]float64, last-first+1)...)
		for m := outer.lo; m < outer.hi; m++ {
			inner := boxAt(m, size)
			weight := 1 / float64(outer.hi-outer.lo) / float64(inner.hi-inner.lo)
			for k := inner.lo; k < inner.hi; k++ {
				t.box[k-first] += weight
			}
		}
		t.taps[o].first = first
		t.taps[o].weights = t.taps[o].weights[:0]
		for _, w := range t.box {
			t.taps[o].weights = append(t.taps[o].weights, float32(w))
		}
	}
}

// span is the pixels lo to hi-1.
type span struct{ lo, hi int }

// centre returns the pixel under the centre of sample o on an axis of size pixels.
func centre(o, size int) int { return (2*o + 1) * size / (2 * side) }

// boxOf returns how wide the reference's box filter is on an axis of size pixels, and
// how many of its pixels lie from its centre on. It is a 128th of the axis, rounded up:
// half a sample, since two passes make a whole one. An even box reaches further right.
func boxOf(size int) (width, right int) {
	width = (size + 2*side - 1) / (2 * side)
	return width, (width + 2) / 2
}

// boxAt returns the pixels that the box averages into pixel i.
func boxAt(i, size int) span {
	width, right := boxOf(size)
	return span{lo: max(0, i+right-width), hi: min(size, i+right)}
}

// tentFilter reduces luminance to 64x64 and reuses its memory.
type tentFilter struct {
	size       [4]int // For which it is set: those filtered, those of the picture.
	x, y       tents
	sums       []float32 // One row, as wide as the picture, already filtered vertically.
	saturation saturation
	cols, rows []int    // The picture's column and row of each of the filtered.
	used       []uint32 // A bit for each of the picture's columns among cols.
}

// set makes the filter ready for a picture of which the mode filters width by height
// pixels.
func (f *tentFilter) set(p *picture, width, height int) {
	f.x.set(width)
	f.y.set(height)
	f.saturation.row = -1
	if size := [...]int{width, height, p.width, p.height}; f.size != size {
		f.size = size
		f.cols, f.rows = nearest(f.cols, width, p.width), nearest(f.rows, height, p.height)
		f.used = append(f.used[:0], make([]uint32, (p.width+31)/32)...)
		for i := range f.x.taps {
			t := &f.x.taps[i]
			for _, col := range f.cols[t.first:][:len(t.weights)] {
				f.used[col/32] |= 1 << (col % 32)
			}
		}
	}
	if n := p.width * p.channels; cap(f.sums) < n {
		f.sums = make([]float32, n)
	}
	f.sums = f.sums[:p.width*p.channels]
}

// apply filters width by height pixels of p, its nearest ones where p has more.
func (f *tentFilter) apply(p *picture, width, height int, out *samples) {
	f.set(p, width, height)
	for o := range f.y.taps {
		clear(f.sums)
		t := &f.y.taps[o]
		for k, weight := range t.weights {
			f.add(p, f.rows[t.first+k], weight)
		}
		if p.channels == 4 {
			f.acrossColour(&out[o])
		} else {
			f.across(&out[o])
		}
	}
}

// add adds row y of p, times weight, to the sums.
func (f *tentFilter) add(p *picture, y int, weight float32) {
	if p.values != nil {
		addValues(f.sums, p.values[y*p.width:][:p.width], weight)
		return
	}
	addBytes(f.sums, p.bytes(y), weight)
	if p.chroma != nil {
		f.saturation.add(f.sums, p, y, weight, f.used)
	}
}

// across filters the sums horizontally.
func (f *tentFilter) across(out *[side]float32) {
	for i := range f.x.taps {
		t := &f.x.taps[i]
		cols := f.cols[t.first:][:len(t.weights)]
		var sum float32
		for k, w := range t.weights {
			sum += float32(w * f.sums[cols[k]])
		}
		out[i] = sum
	}
}

// acrossColour does so for sums of red, green, blue and one more. Filtering is linear,
// so that luminance may as well be taken here as before.
func (f *tentFilter) acrossColour(out *[side]float32) {
	for i := range f.x.taps {
		t := &f.x.taps[i]
		cols := f.cols[t.first:][:len(t.weights)]
		var r, g, b float32
		for k, w := range t.weights {
			rgb := f.sums[4*cols[k]:][:3]
			r += float32(w * rgb[0])
			g += float32(w * rgb[1])
			b += float32(w * rgb[2])
		}
		out[i] = float32(weightR*r) + float32(weightG*g) + float32(weightB*b)
	}
}

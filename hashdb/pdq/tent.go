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
		// The reference's decimation: the pixel under the sample's centre.
		outer := boxAt((2*o+1)*size/(2*side), size)
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

// boxAt returns the pixels that the reference's box filter averages into pixel i
// of an axis of size pixels. The box is a 128th of the axis wide, rounded up: half
// a sample, since two passes make a whole one. An even box reaches further right.
func boxAt(i, size int) span {
	width := (size + 2*side - 1) / (2 * side)
	right := (width + 2) / 2
	return span{lo: max(0, i+right-width), hi: min(size, i+right)}
}

// tentFilter reduces luminance to 64x64 and reuses its memory.
type tentFilter struct {
	x, y tents
	row  []float32 // One row, as wide as the picture, already filtered vertically.
}

// apply returns the filtered picture, in the scale of l.
func (f *tentFilter) apply(l Luma, out *[side][side]float32) {
	f.x.set(l.Width)
	f.y.set(l.Height)
	if cap(f.row) < l.Width {
		f.row = make([]float32, l.Width)
	}
	row := f.row[:l.Width]
	for o := range f.y.taps {
		ty := &f.y.taps[o]
		clear(row)
		for k, w := range ty.weights {
			src := l.Pix[(ty.first+k)*l.Width:][:len(row)]
			for x, v := range src {
				row[x] += float32(w * v)
			}
		}
		for p := range f.x.taps {
			tx := &f.x.taps[p]
			src := row[tx.first:][:len(tx.weights)]
			var sum float32
			for k, w := range tx.weights {
				sum += float32(w * src[k])
			}
			out[o][p] = sum
		}
	}
}

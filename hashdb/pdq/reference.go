package pdq

// referenceFilter computes the 64x64 samples as the reference does, addition by
// addition: it slides each box along, adding what comes in and subtracting what goes
// out in 32 bits, and so carries rounding from one end of the picture to the other.
// That takes some ten times as long as tentFilter, and is needed where rounding
// decides.
//
// Boxes go along the rows, the columns, the rows and the columns again. A row goes
// through all four as it comes, so that no whole picture is kept.
type referenceFilter struct {
	row           []float32
	first, second columnBox
}

// apply does what tentFilter.apply does.
func (f *referenceFilter) apply(p *picture, cols, rows []int, out *samples) {
	width, height := len(cols), len(rows)
	if cap(f.row) < 2*width {
		f.row = make([]float32, 2*width)
	}
	in, boxed := f.row[:width], f.row[width:2*width]
	f.first.reset(width, height)
	f.second.reset(width, height)
	taken := 0
	last := func(row []float32) {
		if !f.second.push(row) {
			return
		}
		for ; taken < side && centre(taken, height) == f.second.done-1; taken++ {
			for j := range side {
				out[taken][j] = f.second.out[centre(j, width)]
			}
		}
	}
	for y := range height + f.first.ahead() {
		var row []float32
		if y < height {
			p.fill(in, rows[y], cols)
			boxRow(boxed, in)
			row = boxed
		}
		if f.first.push(row) {
			boxRow(boxed, f.first.out)
			last(boxed)
		}
	}
	for range f.second.ahead() {
		last(nil)
	}
}

// boxRow averages src into dst.
func boxRow(dst, src []float32) {
	n := len(src)
	width, right := boxOf(n)
	var sum, count float32
	in := 0 // The next pixel that comes in.
	for ; in < right-1; in++ {
		sum += src[in]
		count++
	}
	i := 0
	for ; in < width; in++ {
		sum += src[in]
		count++
		dst[i] = sum / count
		i++
	}
	full := dst[i:][:n-in]
	for k, v := range src[in:n] {
		sum += v
		sum -= src[k]
		full[k] = sum / count
	}
	out := n - in // The next that goes out.
	for i += out; i < n; i++ {
		sum -= src[out]
		count--
		out++
		dst[i] = sum / count
	}
}

// columnBox averages along all columns of a picture that comes row by row.
type columnBox struct {
	rows, width, right int
	in, done           int // How many rows came in and how many went out.
	count              float32
	sums, out          []float32
	kept               []float32 // The last width rows.
}

func (c *columnBox) reset(cols, rows int) {
	c.rows, c.in, c.done, c.count = rows, 0, 0, 0
	c.width, c.right = boxOf(rows)
	if cap(c.kept) < c.width*cols {
		c.kept = make([]float32, c.width*cols)
	}
	if cap(c.sums) < cols {
		c.sums, c.out = make([]float32, cols), make([]float32, cols)
	}
	c.sums, c.out = c.sums[:cols], c.out[:cols]
	clear(c.sums)
}

// ahead is how many rows must follow a row for its average.
func (c *columnBox) ahead() int { return c.right - 1 }

// push takes the next row, or nil below the last, and reports whether there is a next
// row in out.
func (c *columnBox) push(row []float32) bool {
	kept := c.kept[c.in%c.width*len(c.sums):][:len(c.sums)]
	leaves := c.in >= c.width
	c.in++
	if row != nil {
		c.count++
		addValues(c.sums, row, 1)
	}
	if leaves {
		c.count--
		addValues(c.sums, kept, -1)
	}
	copy(kept, row)
	if c.in < c.right {
		return false
	}
	c.done++
	out, count := c.out[:len(c.sums)], c.count
	for j, v := range c.sums {
		out[j] = v / count
	}
	return true
}

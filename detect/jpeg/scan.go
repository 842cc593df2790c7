package jpeg

// zigzag is where the coefficients of a scan lie in a block (T.81, figure A.6), with room
// for a run of zeros too many.
var zigzag = [64 + 16]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}

// scan decodes the entropy-coded data of all blocks into the planes. It reports whether
// there was all of it and nothing more.
func (d *Decoder) scan(data []byte) bool {
	f := &d.frame
	d.bits = bits{data: data}
	across, down := f.units()
	left, number := f.restart, byte(0)
	for y := range down {
		for x := range across {
			if f.restart > 0 && left == 0 {
				if marker, ok := d.bits.marker(); !ok || marker != rst0+number {
					return false
				}
				left, number = f.restart, (number+1)%8
				for i := range f.components {
					f.components[i].last = 0
				}
			}
			left--
			if !d.unit(x, y) || d.bits.missing > d.bits.n {
				return false
			}
		}
	}
	marker, ok := d.bits.marker()
	return ok && marker == eoi
}

// unit decodes the blocks of one unit.
func (d *Decoder) unit(x, y int) bool {
	f := &d.frame
	var luma span
	var b block
	first := &f.components[0]
	for i := range first.h * first.v {
		b = block{}
		used, size, ok := d.block(first, &b)
		if !ok {
			return false
		}
		reach := spanOf(b[0], size)
		if i == 0 {
			luma = reach
		}
		luma = span{min(luma.lo, reach.lo), max(luma.hi, reach.hi)}
		at, stride := first.at(x, y, i)
		b.pixels(used, at, stride)
	}
	if len(f.components) == 1 {
		return true
	}
	return d.chroma(x, y, luma)
}

// at is where the block of a number in a unit begins.
func (c *component) at(x, y, number int) ([]byte, int) {
	x, y = c.h*x+number&(c.h-1), c.v*y+number>>(c.h-1) // Of one or two.
	return c.plane[8*(y*c.stride+x):], c.stride
}

// block decodes the coefficients of one block into b, which must be zero, each times its
// step. It returns those used but the first, a bit each, and the sum of their magnitudes.
func (d *Decoder) block(c *component, b *block) (used uint64, size int32, ok bool) {
	quant := &d.quant[c.quant].of
	bits := &d.bits
	pos, acc, n := bits.pos, bits.acc, bits.n
	if n < enough {
		pos, acc, n = bits.refill(pos, acc, n)
	}
	s := c.dc.quick[acc>>(64-quickBits)]
	if s == 0 {
		s = c.dc.long(acc)
	}
	acc, n = acc<<(s.length()&63), n-s.length()
	diff := s.value()
	if more := s.size(); more > 0 {
		diff = extend(acc>>((64-more)&63), more)
		acc, n = acc<<(more&63), n-more
	}
	c.last += diff
	b[0] = c.last * quant[0]
	ok = s != 0
	table := c.ac
	for k := 1; k < 64; k++ {
		if n < enough {
			pos, acc, n = bits.refill(pos, acc, n)
		}
		s := table.quick[acc>>(64-quickBits)]
		v := s.value()
		if v == 0 {
			if s == 0 {
				if s = table.long(acc); s == 0 {
					ok = false
					break
				}
			}
			acc, n = acc<<(s.length()&63), n-s.length()
			more := s.size()
			if more == 0 {
				if s.run() == 0 {
					break
				}
				if k += 15; k > 63 {
					ok = false
				}
				continue
			}
			v = extend(acc>>((64-more)&63), more)
			acc, n = acc<<(more&63), n-more
		} else {
			acc, n = acc<<(s.length()&63), n-s.length()
		}
		k += s.run()
		v *= quant[k]
		at := zigzag[k] & 63
		b[at] = v
		used |= 1 << at
		size += max(v, -v)
		if k > 63 {
			ok = false
		}
	}
	bits.pos, bits.acc, bits.n = pos, acc, n
	return used, size, ok
}

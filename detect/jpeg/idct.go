package jpeg

import "encoding/binary"

// block is the coefficients of 8 by 8 pixels, row after row, the lowest frequencies
// first.
type block [64]int32

// The inverse transform is that of Loeffler, Ligtenberg and Moschytz (Practical fast 1-D
// DCT algorithms with 11 multiplications, ICASSP 1989), along the rows and then along the
// columns, in integers. Where image/jpeg drops bits decides about the pixels, and so this
// drops the same: the shifts to the right must stay as they are, and all else may be
// arranged anew, for sums and products of int32 do not depend on it even when they
// overflow.
const (
	cos1, sin1 = 4017, 799  // Of 1π/16, in 4096ths.
	cos3, sin3 = 3406, 2276 // Of 3π/16.
	cos6, sin6 = 1108, 2676 // Of 6π/16, times √½.
	cos6Fine   = 70936      // In 262144ths.
	sin6Fine   = 171254     //
	halfRoot   = 181        // √½, in 256ths.
	rootFine   = 11585      // √2, in 8192nds.
	rounding   = 1 << 19    // A half pixel, before the columns.
	neutral    = 128        // The pixel that no coefficients make.
	replicate  = ^uint64(0) / 255
)

// rotate turns a and b by an angle.
func rotate(a, b, cos, sin int32) (int32, int32) {
	both := cos * (a + b)
	return both - (sin+cos)*b, both + (sin-cos)*a
}

// pixels transforms b, of which no coefficients but the first and those in used differ
// from zero, to 8 rows of dst. It leaves b spoilt.
func (b *block) pixels(used uint64, dst []byte, stride int) {
	if used == 0 {
		fill(dst, stride, pixel((b[0]<<17+rounding)>>2))
		return
	}
	b.rows(used)
	if used < 1<<8 {
		var row uint64
		for i := range 8 {
			row |= uint64(pixel((b[i]+rounding)>>2)) << (8 * i)
		}
		for y := range 8 {
			binary.LittleEndian.PutUint64(dst[y*stride:], row)
		}
		return
	}
	if used < 1<<32 {
		b.columnsOfFour(dst, stride)
	} else {
		b.columns(dst, stride)
	}
}

// columns transforms along the columns.
func (b *block) columns(dst []byte, stride int) {
	r0, r1, r2, r3 := (*[8]byte)(dst), (*[8]byte)(dst[stride:]), (*[8]byte)(dst[2*stride:]), (*[8]byte)(dst[3*stride:])
	dst = dst[4*stride:]
	r4, r5, r6, r7 := (*[8]byte)(dst), (*[8]byte)(dst[stride:]), (*[8]byte)(dst[2*stride:]), (*[8]byte)(dst[3*stride:])
	for i := range 8 {
		e0, e1 := (b[i]+b[32+i]+rounding)>>2, (b[i]-b[32+i]+rounding)>>2
		e2, e3 := rotate(b[16+i]>>13, b[48+i]>>13, cos6, sin6)
		e0, e1, e2, e3 = e0+e3, e1+e2, e1-e2, e0-e3
		o0, o3 := b[8+i]+b[56+i], b[8+i]-b[56+i]
		o1, o2 := (b[24+i]>>13)*rootFine, (b[40+i]>>13)*rootFine
		o0, o1, o2, o3 = o0+o1, o0-o1, o3-o2, o3+o2
		o3, o0 = rotate(o3>>14, o0>>14, cos3, sin3)
		o2, o1 = rotate(o1>>14, o2>>14, cos1, sin1)
		r0[i], r7[i] = pixel(e0+o0), pixel(e0-o0)
		r1[i], r6[i] = pixel(e1+o1), pixel(e1-o1)
		r2[i], r5[i] = pixel(e2+o2), pixel(e2-o2)
		r3[i], r4[i] = pixel(e3+o3), pixel(e3-o3)
	}
}

// columnsOfFour does so where the lower half is zero.
func (b *block) columnsOfFour(dst []byte, stride int) {
	r0, r1, r2, r3 := (*[8]byte)(dst), (*[8]byte)(dst[stride:]), (*[8]byte)(dst[2*stride:]), (*[8]byte)(dst[3*stride:])
	dst = dst[4*stride:]
	r4, r5, r6, r7 := (*[8]byte)(dst), (*[8]byte)(dst[stride:]), (*[8]byte)(dst[2*stride:]), (*[8]byte)(dst[3*stride:])
	for i := range 8 {
		e, f := (b[i]+rounding)>>2, b[16+i]>>13
		e0, e1, e2, e3 := e+sin6*f, e+cos6*f, e-cos6*f, e-sin6*f
		o, third := b[8+i], (b[24+i]>>13)*rootFine
		o3, o0 := rotate(o>>14, (o+third)>>14, cos3, sin3)
		o2, o1 := rotate((o-third)>>14, o>>14, cos1, sin1)
		r0[i], r7[i] = pixel(e0+o0), pixel(e0-o0)
		r1[i], r6[i] = pixel(e1+o1), pixel(e1-o1)
		r2[i], r5[i] = pixel(e2+o2), pixel(e2-o2)
		r3[i], r4[i] = pixel(e3+o3), pixel(e3-o3)
	}
}

// rows transforms along the rows, but for those that are zero.
func (b *block) rows(used uint64) {
	used |= 1
	for y := range 8 {
		in := uint8(used >> (8 * y))
		if in == 0 {
			continue
		}
		r := (*[8]int32)(b[8*y:])
		if in == 1 {
			v := r[0] << 17
			*r = [8]int32{v, v, v, v, v, v, v, v}
			continue
		}
		var e0, e1, e2, e3, o0, o1, o2, o3 int32
		if in < 1<<4 {
			e, f := r[0]<<17, r[2]
			e0, e1, e2, e3 = e+sin6Fine*f, e+cos6Fine*f, e-cos6Fine*f, e-sin6Fine*f
			o, third := r[1]<<7, r[3]*halfRoot
			o0, o1, o2, o3 = o+third, o-third, o, o
		} else {
			e0, e1 = (r[0]+r[4])<<17, (r[0]-r[4])<<17
			e2, e3 = rotate(r[2], r[6], cos6Fine, sin6Fine)
			e0, e1, e2, e3 = e0+e3, e1+e2, e1-e2, e0-e3
			o0, o3 = (r[1]+r[7])<<7, (r[1]-r[7])<<7
			o1, o2 = r[3]*halfRoot, r[5]*halfRoot
			o0, o1, o2, o3 = o0+o1, o0-o1, o3-o2, o3+o2
		}
		o3, o0 = rotate(o3>>2, o0>>2, cos3, sin3)
		o2, o1 = rotate(o1>>2, o2>>2, cos1, sin1)
		*r = [8]int32{e0 + o0, e1 + o1, e2 + o2, e3 + o3, e3 - o3, e2 - o2, e1 - o1, e0 - o0}
	}
}

// pixel is the value of v, in 2^18ths, which may be out of range.
func pixel(v int32) uint8 {
	if v = v>>18 + neutral; uint32(v) > 255 {
		v = ^(v >> 31)
	}
	return uint8(v)
}

// fill sets 8 rows of 8 pixels.
func fill(dst []byte, stride int, v uint8) {
	for y := range 8 {
		binary.LittleEndian.PutUint64(dst[y*stride:], uint64(v)*replicate)
	}
}

package jpeg

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"math"
	"testing"
)

// sampling is how many blocks of luminance and of each colour a unit has, across and down;
// no colours at all when none.
type sampling struct{ h, v, ch, cv int }

// All that are taken, in the usual notation and in the others that mean the same.
var samplings = map[string]sampling{
	"gray": {1, 1, 0, 0}, "gray 2x2": {2, 2, 0, 0},
	"4:4:4": {1, 1, 1, 1}, "4:2:2": {2, 1, 1, 1}, "4:2:0": {2, 2, 1, 1}, "4:4:0": {1, 2, 1, 1},
	"4:4:4 as 2x1": {2, 1, 2, 1}, "4:4:4 as 1x2": {1, 2, 1, 2}, "4:2:2 as 2x2": {2, 2, 1, 2}, "4:4:0 as 2x2": {2, 2, 2, 1},
}

// drawing is what encoded writes: coefficients by component and place of the block, in
// their natural order and already divided by their steps.
type drawing struct {
	width, height int
	sampling
	quant   [2]byte // The steps of the first coefficients; they grow with the frequency.
	restart int
	block   func(component, x, y int) [64]int
}

// steps returns a table of steps in natural order.
func steps(first byte) (q [64]int) {
	for i := range q {
		q[i] = min(255, int(first)+int(first)*(i/8+i%8)/4)
	}
	return q
}

// annexK returns the tables of T.81, annex K, which have codes of up to 16 bits for all
// values there are: as a segment, and as codes by class and number.
func annexK(t testing.TB) (segment []byte, codes [2][2]map[byte]string) {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	start := bytes.Index(out.Bytes(), []byte{0xff, dht})
	segment = out.Bytes()[start:][:2+binary.BigEndian.Uint16(out.Bytes()[start+2:])]
	for body := segment[4:]; len(body) > 0; {
		of, code, index := map[byte]string{}, 0, 17
		for i, n := range body[1:17] {
			for range n {
				text := make([]byte, i+1)
				for k := range text {
					text[k] = '0' + byte(code>>(i-k)&1)
				}
				of[body[index]] = string(text)
				code++
				index++
			}
			code <<= 1
		}
		codes[body[0]>>4][body[0]&15] = of
		body = body[index:]
	}
	return segment, codes
}

// bitWriter writes entropy-coded data.
type bitWriter struct {
	out []byte
	acc byte
	n   int
}

func (w *bitWriter) text(code string) {
	for _, c := range code {
		w.acc = w.acc<<1 | byte(c-'0')
		if w.n++; w.n == 8 {
			w.out = append(w.out, w.acc)
			if w.acc == 0xff {
				w.out = append(w.out, 0)
			}
			w.acc, w.n = 0, 0
		}
	}
}

func (w *bitWriter) value(v int) {
	size := sizeOf(v)
	if v < 0 {
		v += 1<<size - 1
	}
	for i := size - 1; i >= 0; i-- {
		w.text(string('0' + rune(v>>i&1)))
	}
}

func (w *bitWriter) flush() {
	for w.n > 0 {
		w.text("1")
	}
}

// encoded writes a picture.
func (d drawing) encoded(t testing.TB) []byte {
	t.Helper()
	n := 3
	if d.ch == 0 {
		n = 1
	}
	out := []byte{0xff, soi}
	segment := func(marker byte, body ...byte) {
		out = append(out, 0xff, marker, byte((len(body)+2)>>8), byte(len(body)+2))
		out = append(out, body...)
	}
	for i, first := range d.quant {
		body, q := []byte{byte(i)}, steps(first)
		for _, at := range zigzag[:64] {
			body = append(body, byte(q[at]))
		}
		segment(dqt, body...)
	}
	tables, codes := annexK(t)
	out = append(out, tables...)
	if d.restart > 0 {
		segment(dri, byte(d.restart>>8), byte(d.restart))
	}
	frame := []byte{8, byte(d.height >> 8), byte(d.height), byte(d.width >> 8), byte(d.width), byte(n)}
	scan := []byte{byte(n)}
	for i := range n {
		h, v := d.of(i)
		frame = append(frame, byte(i+1), byte(h<<4|v), byte(min(i, 1)))
		scan = append(scan, byte(i+1), byte(min(i, 1)*0x11))
	}
	segment(sof0, frame...)
	segment(sos, append(scan, 0, 63, 0)...)

	var w bitWriter
	var last [3]int
	put := func(component, x, y int) {
		b, of := d.block(component, x, y), min(component, 1)
		diff := b[0] - last[component]
		last[component] = b[0]
		w.text(codes[0][of][byte(sizeOf(diff))])
		w.value(diff)
		run := 0
		for _, at := range zigzag[1:64] {
			v := b[at]
			if v == 0 {
				run++
				continue
			}
			for ; run > 15; run -= 16 {
				w.text(codes[1][of][0xf0])
			}
			w.text(codes[1][of][byte(run<<4|sizeOf(v))])
			w.value(v)
			run = 0
		}
		if run > 0 {
			w.text(codes[1][of][0])
		}
	}
	h, v := d.h, d.v
	if n == 1 {
		h, v = 1, 1
	}
	across, down := (d.width+8*h-1)/(8*h), (d.height+8*v-1)/(8*v)
	for unit := range across * down {
		if d.restart > 0 && unit > 0 && unit%d.restart == 0 {
			w.flush()
			w.out = append(w.out, 0xff, rst0+byte((unit/d.restart-1)%8))
			last = [3]int{}
		}
		for i := range n {
			h, v := d.of(i)
			if n == 1 {
				h, v = 1, 1
			}
			for k := range h * v {
				put(i, unit%across*h+k%h, unit/across*v+k/h)
			}
		}
	}
	w.flush()
	return append(append(out, w.out...), 0xff, eoi)
}

func (d drawing) of(component int) (h, v int) {
	if component == 0 {
		return d.h, d.v
	}
	return d.ch, d.cv
}

// colours are a pixel's luminance, Cb and Cr.
type colours [3]float64

// drawn returns the drawing of a function from a pixel to its colours.
func drawn(width, height int, s sampling, quality [2]byte, at func(x, y int) colours) drawing {
	d := drawing{width: width, height: height, sampling: s, quant: quality}
	q := [2][64]int{steps(quality[0]), steps(quality[1])}
	var cosines [8][8]float64
	for u := range 8 {
		for x := range 8 {
			cosines[u][x] = math.Cos(float64(2*x+1)*float64(u)*math.Pi/16) / 2
			if u == 0 {
				cosines[u][x] = math.Sqrt2 / 4
			}
		}
	}
	d.block = func(component, bx, by int) (b [64]int) {
		across, down := 1, 1
		if component > 0 {
			across, down = d.h/d.ch, d.v/d.cv
		}
		var rows, all [64]float64
		for y := range 8 {
			for u := range 8 {
				for x := range 8 {
					rows[8*y+u] += cosines[u][x] * (at((8*bx+x)*across, (8*by+y)*down)[component] - 128)
				}
			}
		}
		for v := range 8 {
			for u := range 8 {
				for y := range 8 {
					all[8*v+u] += cosines[v][y] * rows[8*y+u]
				}
				step := q[min(component, 1)][8*v+u]
				b[8*v+u] = min(max(int(math.Round(all[8*v+u]/float64(step))), -1023), 1023)
			}
		}
		return b
	}
	return d
}

// withDC returns a block of some coefficients, by place.
func withDC(dc int, of map[int]int) (b [64]int) {
	b[0] = dc
	for at, v := range of {
		b[at] = v
	}
	return b
}

// sizeOf is how many bits a value takes.
func sizeOf(v int) (n int) {
	for v = max(v, -v); v > 0; v >>= 1 {
		n++
	}
	return n
}

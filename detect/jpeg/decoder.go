package jpeg

import (
	"encoding/binary"
	"errors"
	"image"
)

// ErrUnsupported says that image/jpeg is to decode the picture, or to say what is wrong
// with it.
var ErrUnsupported = errors.New("not a jpeg of the plain kind")

// Markers (T.81, table B.1).
const (
	sof0 = 0xc0 // Start of a baseline frame.
	dht  = 0xc4
	rst0 = 0xd0
	soi  = 0xd8
	eoi  = 0xd9
	sos  = 0xda
	dqt  = 0xdb
	dri  = 0xdd
	app0 = 0xe0
	appE = 0xee // Adobe's.
	appF = 0xef
	com  = 0xfe
)

// Decoder decodes pictures. It keeps its buffers and is for one goroutine at a time. Its
// zero value is ready.
type Decoder struct {
	quant  [4]quantTable
	tables [2][2]table // DC and AC, by number.
	frame  frame
	bits   bits
	blocks [maxBlocks]chromaBlock
	planes [3][]byte
}

// quantTable is in the order of the scan, with room for a run of zeros too many.
type quantTable struct {
	of    [64 + 16]int32
	known bool
}

// frame is what the headers say.
type frame struct {
	width, height int
	components    []component // One or three; empty before they are known.
	restart       int         // Units between restarts; 0 for none.
	kept          [3]component
}

// component is one plane.
type component struct {
	id, quant byte
	h, v      int // Blocks of a unit.
	dc, ac    *table
	plane     []byte
	stride    int
	last      int32 // DC coefficient.
}

// Decode returns an *image.Gray or *image.YCbCr that is as image/jpeg's for PDQ; see the
// package. It is good until the next call. The error is ErrUnsupported and nothing else.
func (d *Decoder) Decode(data []byte) (image.Image, error) {
	if len(data) < 2 || data[0] != 0xff || data[1] != soi {
		return nil, ErrUnsupported
	}
	d.reset()
	for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		marker, length := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if length < 2 || 2+length > len(rest) {
			break
		}
		body := rest[4 : 2+length]
		rest = rest[2+length:]
		if marker == sos {
			if !d.startScan(body) || !d.makePlanes(len(rest)) || !d.scan(rest) {
				break
			}
			return d.image(), nil
		}
		if !d.segment(marker, body) {
			break
		}
	}
	return nil, ErrUnsupported
}

func (d *Decoder) reset() {
	d.frame = frame{}
	for i := range d.quant {
		d.quant[i].known = false
	}
	for class := range d.tables {
		for i := range d.tables[class] {
			d.tables[class][i].known = false
		}
	}
}

// segment reads one segment before the scan, and reports whether it is plain.
func (d *Decoder) segment(marker byte, body []byte) bool {
	switch {
	case marker == dqt:
		return d.quantTables(body)
	case marker == dht:
		return d.huffmanTables(body)
	case marker == sof0:
		return d.startFrame(body)
	case marker == dri:
		if len(body) != 2 {
			return false
		}
		d.frame.restart = int(binary.BigEndian.Uint16(body))
		return true
	case marker == appE && len(body) >= 12 && string(body[:5]) == "Adobe":
		return body[11] == 1 // YCbCr.
	}
	return marker >= app0 && marker <= appF || marker == com
}

func (d *Decoder) quantTables(body []byte) bool {
	for ; len(body) >= 65; body = body[65:] {
		number := body[0]
		if number > 3 { // Or 16 bits.
			return false
		}
		q := &d.quant[number]
		for i, v := range body[1:65] {
			q.of[i] = int32(v)
		}
		q.known = true
	}
	return len(body) == 0
}

func (d *Decoder) huffmanTables(body []byte) bool {
	for len(body) >= 17 {
		class, number := body[0]>>4, body[0]&15
		counts, n := body[1:17], 0
		for _, c := range counts {
			n += int(c)
		}
		if class > 1 || number > 1 || n > 256 || 17+n > len(body) {
			return false
		}
		if !d.tables[class][number].set(counts, body[17:17+n], class == 1) {
			return false
		}
		body = body[17+n:]
	}
	return len(body) == 0
}

func (d *Decoder) startFrame(body []byte) bool {
	f := &d.frame
	if len(f.components) > 0 || len(body) < 6 || body[0] != 8 || len(body) != 6+3*int(body[5]) {
		return false
	}
	n := int(body[5])
	f.height, f.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	if n != 1 && n != 3 || f.height == 0 || f.width == 0 {
		return false
	}
	f.components = f.kept[:n]
	blocks := 0
	for i := range f.components {
		c, body := &f.components[i], body[6+3*i:]
		c.id, c.h, c.v, c.quant = body[0], int(body[1]>>4), int(body[1]&15), body[2]
		if c.h < 1 || c.h > 2 || c.v < 1 || c.v > 2 || c.quant > 3 {
			return false
		}
		blocks += c.h * c.v
	}
	if n == 1 {
		// Its blocks are in order, whatever is said of units.
		f.components[0].h, f.components[0].v = 1, 1
		return true
	}
	y, cb, cr := f.components[0], f.components[1], f.components[2]
	if y.id == cb.id || y.id == cr.id || cb.id == cr.id || [3]byte{y.id, cb.id, cr.id} == [3]byte{'R', 'G', 'B'} {
		return false
	}
	return cb.h == cr.h && cb.v == cr.v && cb.h <= y.h && cb.v <= y.v && blocks <= 10
}

// startScan reads the header of a scan, which must be the only one.
func (d *Decoder) startScan(body []byte) bool {
	n := len(d.frame.components)
	if n == 0 || len(body) != 4+2*n || int(body[0]) != n || string(body[1+2*n:]) != "\x00\x3f\x00" {
		return false
	}
	for i := range d.frame.components {
		c, body := &d.frame.components[i], body[1+2*i:]
		if body[0] != c.id || body[1]&^0x11 != 0 {
			return false
		}
		c.dc, c.ac = &d.tables[0][body[1]>>4], &d.tables[1][body[1]&15]
		if !c.dc.known || !c.ac.known || !d.quant[c.quant].known {
			return false
		}
	}
	return true
}

// units is how many units, of all components' blocks, lie across and down.
func (f *frame) units() (across, down int) {
	w, h := 8*f.components[0].h, 8*f.components[0].v
	return (f.width + w - 1) / w, (f.height + h - 1) / h
}

// makePlanes makes room for whole units. It reports whether as many bytes as there are
// can fill them.
func (d *Decoder) makePlanes(bytes int) bool {
	across, down := d.frame.units()
	perUnit := 0
	for _, c := range d.frame.components {
		perUnit += c.h * c.v
	}
	if across*down*perUnit > 4*bytes {
		return false
	}
	for i := range d.frame.components {
		c := &d.frame.components[i]
		c.stride = 8 * c.h * across
		n := c.stride * 8 * c.v * down
		if cap(d.planes[i]) < n {
			d.planes[i] = make([]byte, n)
		}
		c.plane = d.planes[i][:n]
	}
	return true
}

func (d *Decoder) image() image.Image {
	f := &d.frame
	all := image.Rect(0, 0, f.width, f.height)
	y := f.components[0]
	if len(f.components) == 1 {
		return &image.Gray{Pix: y.plane, Stride: y.stride, Rect: all}
	}
	cb, cr := f.components[1], f.components[2]
	ratio := image.YCbCrSubsampleRatio444
	switch [2]int{y.h / cb.h, y.v / cb.v} {
	case [2]int{2, 1}:
		ratio = image.YCbCrSubsampleRatio422
	case [2]int{2, 2}:
		ratio = image.YCbCrSubsampleRatio420
	case [2]int{1, 2}:
		ratio = image.YCbCrSubsampleRatio440
	}
	return &image.YCbCr{
		Y: y.plane, Cb: cb.plane, Cr: cr.plane,
		YStride: y.stride, CStride: cb.stride, SubsampleRatio: ratio, Rect: all,
	}
}

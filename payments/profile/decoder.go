package profile

import "encoding/binary"

// A decoder reads values from one place on, and zeros once it is broken. What it
// takes are parts of data.
type decoder struct {
	data   []byte
	at     int
	broken bool
}

func (d *decoder) check(ok bool) { d.broken = d.broken || !ok }

func (d *decoder) take(n int) []byte {
	if d.broken || n < 0 || n > len(d.data)-d.at {
		d.broken = true
		return nil
	}
	d.at += n
	return d.data[d.at-n : d.at]
}

func (d *decoder) byte() byte {
	if d.broken || d.at >= len(d.data) {
		d.broken = true
		return 0
	}
	d.at++
	return d.data[d.at-1]
}

func (d *decoder) uint16() uint16 {
	if s := d.take(2); s != nil {
		return binary.LittleEndian.Uint16(s)
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if s := d.take(8); s != nil {
		return binary.LittleEndian.Uint64(s)
	}
	return 0
}

func (d *decoder) token() (t Token) {
	copy(t[:], d.take(len(t)))
	return t
}

// text takes a length and that many bytes.
func (d *decoder) text() []byte { return d.take(d.count(1)) }

func (d *decoder) uvarint() uint64 {
	if d.at < len(d.data) && d.data[d.at] < 0x80 && !d.broken {
		d.at++
		return uint64(d.data[d.at-1])
	}
	v, n := binary.Uvarint(d.data[min(d.at, len(d.data)):])
	if n <= 0 || d.broken {
		d.broken = true
		return 0
	}
	d.at += n
	return v
}

// number is a uvarint that fits an int64 and is not negative.
func (d *decoder) number() int64 {
	v := d.uvarint()
	d.check(v < 1<<62)
	return int64(v)
}

func (d *decoder) varint() int64 {
	u := d.uvarint()
	v := int64(u >> 1)
	if u&1 != 0 {
		v = ^v
	}
	return v
}

// count reads how many things of at least size bytes follow.
func (d *decoder) count(size int) int {
	v := d.uvarint()
	if d.broken || v > uint64((len(d.data)-d.at)/size) {
		d.broken = true
		return 0
	}
	return int(v)
}

func appendUvarint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

func appendVarint(b []byte, v int64) []byte { return binary.AppendVarint(b, v) }

func appendUint16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }

func appendUint64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }

func appendText[T string | []byte](b []byte, s T) []byte {
	return append(appendUvarint(b, uint64(len(s))), s...)
}

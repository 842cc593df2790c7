package profile

// A decoder reads values from one place on, and zeros once it is broken. Its
// strings are parts of text.
type decoder struct {
	text   string
	at     int
	broken bool
}

func (d *decoder) check(ok bool) { d.broken = d.broken || !ok }

func (d *decoder) take(n int) string {
	if d.broken || n < 0 || n > len(d.text)-d.at {
		d.broken = true
		return ""
	}
	d.at += n
	return d.text[d.at-n : d.at]
}

func (d *decoder) byte() byte {
	if d.broken || d.at >= len(d.text) {
		d.broken = true
		return 0
	}
	d.at++
	return d.text[d.at-1]
}

func (d *decoder) uint16() uint16 {
	s := d.take(2)
	if d.broken {
		return 0
	}
	return uint16(s[0]) | uint16(s[1])<<8
}

func (d *decoder) uint64() (v uint64) {
	s := d.take(8)
	for i := range len(s) {
		v |= uint64(s[i]) << (8 * i)
	}
	return v
}

func (d *decoder) string() string { return d.take(d.count(1)) }

func (d *decoder) uvarint() (v uint64) {
	for shift := 0; shift < 64; shift += 7 {
		b := d.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	d.broken = true
	return 0
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
	if d.broken || v > uint64((len(d.text)-d.at)/size) {
		d.broken = true
		return 0
	}
	return int(v)
}

package jpeg

// quickBits is how many bits are looked up at once. Of codes and values together that is
// more than nine in ten.
const quickBits = 10

// symbol is what the next bits say: how many of them, how many zero coefficients come
// first, and the next coefficient, or how many more bits it has.
type symbol uint32

func newSymbol(length, run, size, value int) symbol {
	return symbol(uint32(value)<<16 | uint32(size)<<12 | uint32(run)<<8 | uint32(length))
}

func (s symbol) length() uint { return uint(s & 0xff) }
func (s symbol) run() int     { return int(s>>8) & 15 }
func (s symbol) size() uint   { return uint(s>>12) & 15 }
func (s symbol) value() int32 { return int32(s) >> 16 }

// table is a Huffman table (ITU-T T.81, C and F.2.2).
type table struct {
	quick [1 << quickBits]symbol // Zero for codes that are longer.
	// Of codes of each length: the first one not yet of it, with zeros to 16 bits; and
	// what to add to a code for its index among the values.
	end    [17]uint32
	offset [17]int
	values [256]byte
	known  bool
}

const (
	maxDCSize = 11 // T.81, table F.1.
	maxACSize = 10 // T.81, table F.2.
)

// set makes the table that has counts[i] codes of i+1 bits. It reports whether it is
// sound, and none but what baseline pictures need.
func (t *table) set(counts, values []byte, ac bool) bool {
	*t = table{}
	copy(t.values[:], values)
	code, index := 0, 0
	for length := 1; length <= 16; length++ {
		count := int(counts[length-1])
		t.offset[length] = index - code
		for range count {
			if index >= len(values) || !t.add(length, code, values[index], ac) {
				return false
			}
			code++
			index++
		}
		if code > 1<<length {
			return false
		}
		t.end[length] = uint32(code) << (16 - length)
		code <<= 1
	}
	t.known = index > 0 && index == len(values)
	return t.known
}

// add adds one code to the quick ones.
func (t *table) add(length, code int, value byte, ac bool) bool {
	run, size := int(value>>4), int(value&15)
	switch {
	case !ac && value > maxDCSize, ac && size > maxACSize:
		return false
	case ac && size == 0 && run != 0 && run != 15: // For progressive pictures.
		return false
	}
	if length > quickBits {
		return true
	}
	first := code << (quickBits - length)
	if first+1<<(quickBits-length) > len(t.quick) {
		return false
	}
	for i := range 1 << (quickBits - length) {
		s := newSymbol(length, run, size, 0)
		if rest := quickBits - length - size; size > 0 && rest >= 0 {
			s = newSymbol(length+size, run, 0, int(extend(uint64(i)>>rest, uint(size))))
		}
		t.quick[first+i] = s
	}
	return true
}

// long returns the symbol of a code that is not among the quick ones, and zero for none.
func (t *table) long(acc uint64) symbol {
	code := uint32(acc >> 48)
	for length := quickBits + 1; length <= 16; length++ {
		if code < t.end[length] {
			value := t.values[uint8(int(code>>(16-length))+t.offset[length])]
			return newSymbol(length, int(value>>4), int(value&15), 0)
		}
	}
	return 0
}

// extend is the value that size bits stand for (T.81, F.2.2.1): those that begin with a
// zero are negative.
func extend(bits uint64, size uint) int32 {
	v := int32(bits)
	if v < 1<<((size-1)&31) {
		v += -1<<(size&31) + 1
	}
	return v
}

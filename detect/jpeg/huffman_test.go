package jpeg

import (
	"bytes"
	"testing"
)

func TestTablesOfTooManyCodesAreRefused(t *testing.T) {
	full := []byte{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}
	for name, c := range map[string]struct {
		counts []byte
		values int
		ok     bool
	}{
		"full":                  {full, 17, true},
		"one of 16 bits more":   {[]byte{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3}, 18, false},
		"one of 12 bits more":   {[]byte{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 0, 0, 0, 0}, 14, false},
		"one of a bit too many": {[]byte{3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 3, false},
		"too few values":        {full, 16, false},
		"too many values":       {full, 18, false},
		"none":                  {make([]byte, 16), 0, false},
	} {
		var table table
		values := bytes.Repeat([]byte{1}, c.values)
		if got := table.set(c.counts, values, true); got != c.ok || table.known != c.ok {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Zeros that lead out of a block are not passed over, as image/jpeg does, but left to it.
func TestRunsBeyondABlockAreLeftAlone(t *testing.T) {
	p := drawing{width: 8, height: 8, sampling: samplings["gray"], quant: [2]byte{3, 3}, block: func(int, int, int) [64]int { return [64]int{} }}
	data := p.encoded(t)
	header := data[:bytes.Index(data, []byte{0xff, sos})+2+8]
	_, codes := annexK(t)
	var d Decoder
	for name, c := range map[string]struct {
		ac []byte
		ok bool
	}{
		"the end":                 {[]byte{0}, true},
		"the last":                {[]byte{0xf0, 0xf0, 0xf0, 0xe1}, true},
		"one beyond":              {[]byte{0xf0, 0xf0, 0xf0, 0xf1}, false},
		"the last, of more bits":  {[]byte{0xf0, 0xf0, 0xf0, 0xe8}, true},
		"one beyond, of more":     {[]byte{0xf0, 0xf0, 0xf0, 0xf8}, false},
		"zeros beyond by little":  {[]byte{0x01, 0xf0, 0xf0, 0xf0, 0xf0}, false},
		"zeros up to the last":    {[]byte{0xe1, 0xf0, 0xf0, 0xf0}, true},
		"zeros beyond":            {[]byte{0xf0, 0xf0, 0xf0, 0xf0}, false},
		"zeros beyond and an end": {[]byte{0xf0, 0xf0, 0xf0, 0xf0, 0}, false},
	} {
		var w bitWriter
		w.text(codes[0][0][0])
		for _, value := range c.ac {
			w.text(codes[1][0][value])
			for range value & 15 {
				w.text("1")
			}
		}
		w.flush()
		data := append(append(bytes.Clone(header), w.out...), 0xff, eoi)
		if got := compared(t, &d, data); got != c.ok {
			t.Errorf("%s: taken: %v", name, got)
		}
	}
}

// What is no code is not passed over either. The bits are none of a first coefficient's,
// and would be those of another one.
func TestBitsThatAreNoCodeAreLeftAlone(t *testing.T) {
	p := drawing{width: 8, height: 8, sampling: samplings["gray"], quant: [2]byte{3, 3}, block: func(int, int, int) [64]int { return [64]int{} }}
	data := p.encoded(t)
	header := data[:bytes.Index(data, []byte{0xff, sos})+2+8]
	_, codes := annexK(t)
	var d Decoder
	for name, text := range map[string]string{
		"of a first coefficient": codes[1][0][0x09] + "111111111" + codes[1][0][0],
		"of another one":         codes[0][0][0] + "1111111111111111" + codes[1][0][0],
	} {
		var w bitWriter
		w.text(text)
		w.flush()
		if compared(t, &d, append(append(bytes.Clone(header), w.out...), 0xff, eoi)) {
			t.Errorf("%s: taken", name)
		}
	}
}

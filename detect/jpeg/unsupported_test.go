package jpeg

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"testing"
)

// What is not plain, or wrong, is left to image/jpeg, whatever that says of it.
func TestWhatIsNotPlainIsLeftAlone(t *testing.T) {
	p := drawn(40, 24, samplings["4:2:0"], [2]byte{8, 8}, scenes(rand.New(rand.NewPCG(1, 1)))["noisy"])
	p.restart = 1
	good := p.encoded(t)
	var d Decoder
	if !compared(t, &d, good) {
		t.Fatal("the picture itself is not taken")
	}
	// The segments of good, by their marker.
	at := func(marker byte) int {
		i := bytes.Index(good, []byte{0xff, marker})
		if i < 0 {
			t.Fatalf("no marker %x", marker)
		}
		return i
	}
	with := func(i int, b ...byte) []byte {
		out := bytes.Clone(good)
		copy(out[i:], b)
		return out
	}
	insert := func(i int, b ...byte) []byte {
		return append(append(bytes.Clone(good[:i]), b...), good[i:]...)
	}
	frame, scan, quant, huffman := at(sof0), at(sos), at(dqt), at(dht)
	data := scan + 2 + 12
	for name, data := range map[string][]byte{
		"nothing":                  {},
		"a start":                  good[:2],
		"no start":                 good[1:],
		"progressive":              with(frame+1, 0xc2),
		"extended":                 with(frame+1, 0xc1),
		"arithmetic":               with(frame+1, 0xc9),
		"12 bits":                  with(frame+4, 12),
		"no height":                with(frame+5, 0, 0),
		"no width":                 with(frame+7, 0, 0),
		"sampled by four":          with(frame+11, 0x41),
		"sampled by none":          with(frame+11, 0x02),
		"colours unlike":           with(frame+14, 0x21),
		"finer colours":            with(frame+11, 0x11, 0, 2, 0x22, 1, 3, 0x22),
		"12 blocks a unit":         with(frame+11, 0x22, 0, 2, 0x22, 1, 3, 0x22),
		"a component twice":        with(frame+13, 1),
		"red, green, blue":         with(frame+10, 'R', 0x22, 0, 'G', 0x11, 1, 'B', 0x11, 1),
		"a table of steps too far": with(frame+12, 4),
		"an unknown table":         with(frame+12, 3),
		"two frames":               insert(scan, good[frame:scan]...),
		"no frame":                 append(bytes.Clone(good[:frame]), good[scan:]...),
		"adobe's red, green, blue": insert(2, 0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 0, 0, 0, 0, 0, 0),
		"steps of 16 bits":         with(quant+4, 0x10),
		"steps cut short":          with(quant+2, 0, 60),
		"too many codes":           with(huffman+5, 3),
		"an empty huffman table":   insert(scan, append([]byte{0xff, dht, 0, 19}, make([]byte, 17)...)...),
		"values too large":         insert(scan, append([]byte{0xff, dht, 0, 20, 0, 1}, append(make([]byte, 15), 12)...)...),
		"a third huffman table":    with(huffman+4, 2),
		"another class":            with(huffman+4, 0x20),
		"a restart of one byte":    insert(scan, 0xff, dri, 0, 3, 1),
		"fill bytes":               insert(scan, 0xff),
		"bytes between":            insert(scan, 1, 2, 3),
		"an unknown segment":       insert(scan, 0xff, 0xf0, 0, 2),
		"a segment of no length":   insert(scan, 0xff, com, 0, 1),
		"a scan of one component":  with(scan+4, 1),
		"a scan in another order":  with(scan+5, 2, 0x11, 1, 0),
		"a scan of few":            with(scan+11, 0, 5, 0),
		"a scan by tables missing": with(scan+6, 0x20),
		"cut in the header":        good[:scan+6],
		"cut before the data":      good[:data],
		"cut":                      good[:data+40],
		"cut before the end":       good[:len(good)-2],
		"cut within the end":       good[:len(good)-1],
		"no data":                  append(bytes.Clone(good[:data]), 0xff, eoi),
		"a byte more":              append(bytes.Clone(good[:len(good)-2]), 0, 0xff, eoi),
		"another restart":          bytes.Replace(good, []byte{0xff, rst0 + 1}, []byte{0xff, rst0 + 2}, 1),
		"no restart":               bytes.Replace(good, []byte{0xff, rst0 + 1}, nil, 1),
		"a second scan":            append(bytes.Clone(good[:len(good)-2]), good[scan:]...),
		"millions of pixels":       with(frame+5, 0xff, 0xff, 0xff, 0xff),
	} {
		if got, err := d.Decode(data); !errors.Is(err, ErrUnsupported) || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Each is as before thereafter.
	if !compared(t, &d, good) {
		t.Error("the picture itself is no more taken")
	}
	for name, data := range map[string][]byte{
		"a comment":           insert(2, 0xff, com, 0, 4, 'h', 'i'),
		"adobe's colours":     insert(2, 0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 0, 0, 0, 0, 0, 1),
		"what follows an end": append(bytes.Clone(good), "more"...),
	} {
		if !compared(t, &d, data) {
			t.Errorf("%s: not taken", name)
		}
	}
}

// Every beginning of a picture is left alone, and none is read beyond.
func TestNoPartIsTakenForAll(t *testing.T) {
	var d Decoder
	n := 0
	for _, p := range small(rand.New(rand.NewPCG(2, 2))) {
		data := p.encoded(t)
		for i := range data {
			if _, err := d.Decode(bytes.Clone(data[:i])); !errors.Is(err, ErrUnsupported) {
				t.Fatalf("the first %d of %d bytes: %v", i, len(data), err)
			}
			n++
		}
	}
	if n < 5000 {
		t.Errorf("%d beginnings", n)
	}
}

// A header of few bytes costs no planes.
func TestMemoryIsBoundedByTheData(t *testing.T) {
	p := drawn(16, 16, samplings["4:2:0"], [2]byte{8, 8}, func(int, int) colours { return colours{} })
	data := p.encoded(t)
	i := bytes.Index(data, []byte{0xff, sof0})
	copy(data[i+5:], []byte{0xff, 0xff, 0xff, 0xff})
	var d Decoder
	if _, err := d.Decode(data); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
	for i, plane := range d.planes {
		if cap(plane) > 0 {
			t.Errorf("plane %d of %d bytes for a picture of %d", i, cap(plane), len(data))
		}
	}
}

// The planes of one picture are those of the next.
func TestPlanesAreUsedAgain(t *testing.T) {
	data := drawn(64, 64, samplings["4:2:0"], [2]byte{8, 8}, func(x, y int) colours { return colours{float64(x), 100, float64(y)} }).encoded(t)
	var d Decoder
	if n := testing.AllocsPerRun(20, func() {
		if _, err := d.Decode(data); err != nil {
			t.Fatal(err)
		}
	}); n > 1 { // The image itself.
		t.Errorf("%v allocations a picture, want 1", n)
	}
}

// Colour is left out where it cannot matter, or all of this were in vain, and only there.
func TestColourIsNeutralWhereNothingSaturates(t *testing.T) {
	var d Decoder
	for scene, want := range map[string]bool{"smooth": true, "saturated": false} {
		data := drawn(160, 160, samplings["4:2:0"], [2]byte{4, 4}, scenes(rand.New(rand.NewPCG(4, 4)))[scene]).encoded(t)
		img, err := d.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		got := img.(*image.YCbCr)
		full, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		left := 0
		for i, v := range got.Cb {
			if v == neutral && full.(*image.YCbCr).Cb[i] != neutral {
				left++
			}
		}
		if share := float64(left) / float64(len(got.Cb)); share > 0.5 != want {
			t.Errorf("%s: %.2f of the colour was left out", scene, share)
		}
	}
}

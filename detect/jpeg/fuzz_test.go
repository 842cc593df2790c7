package jpeg

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// Whatever is taken, image/jpeg takes, and to PDQ the two pictures are one. Bytes of
// entropy-coded data are changed too, in which nearly everything is a picture.
func FuzzDecode(f *testing.F) {
	for _, p := range small(rand.New(rand.NewPCG(9, 10))) {
		data := p.encoded(f)
		f.Add(data, uint32(0), byte(0))
		f.Add(data, uint32(len(data)-20), byte(0xff))
	}
	f.Fuzz(func(t *testing.T, data []byte, at uint32, with byte) {
		if len(data) > 0 {
			data = bytes.Clone(data)
			data[int(at)%len(data)] ^= with
		}
		// What a caller would have checked: no more than a megapixel.
		if width, height := sizeIn(data); width*height > 1<<20 {
			return
		}
		var d Decoder
		compared(t, &d, data)
	})
}

// sizeIn returns the size that the first frame header says, wherever it is.
func sizeIn(data []byte) (width, height int) {
	for i := 0; i+8 < len(data); i++ {
		if data[i] == 0xff && data[i+1] == sof0 {
			return int(data[i+7])<<8 | int(data[i+8]), int(data[i+5])<<8 | int(data[i+6])
		}
	}
	return 0, 0
}

// small returns a picture of each sampling, some with restarts.
func small(rng *rand.Rand) (all []drawing) {
	for _, s := range samplings {
		p := drawing{
			width: 20 + rng.IntN(20), height: 10 + rng.IntN(20), sampling: s,
			quant: [2]byte{byte(1 + rng.IntN(40)), byte(1 + rng.IntN(40))}, restart: rng.IntN(3),
			block: func(int, int, int) [64]int {
				b := withDC(rng.IntN(200)-100, nil)
				for range rng.IntN(20) {
					b[rng.IntN(64)] = rng.IntN(40) - 20
				}
				return b
			},
		}
		all = append(all, p)
	}
	return all
}

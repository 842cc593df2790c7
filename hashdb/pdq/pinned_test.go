package pdq

import (
	"image/color"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/internal/scene"
)

// pinned is what a rendered picture hashes to, so that another processor or compiler
// that computes it differently shows even where the reference vectors are not at hand.
// Rounding decides all but the first and the last. In ModeFull the hashes and qualities
// are those of PyPI's pdqhash 0.2.8.
var pinned = []struct {
	name          string
	width, height int
	at            func(x, y int) color.RGBA
	hash          [2]string // By Mode.
	quality       [2]int
}{
	{
		"scene", 960, 600, func(x, y int) color.RGBA { return scene.At(320*x/960, 200*y/600) },
		[2]string{
			"62e999f270e132e48df305e10e914e1b8f146d1bf31e761fa07410ee81debf61",
			"66ed99f270e170e185e304e18c914e1b8f346d9b731e771fa07410ee80debf61",
		}, [2]int{100, 100},
	},
	{
		"flat", 300, 220, func(int, int) color.RGBA { return color.RGBA{200, 30, 77, 255} },
		[2]string{
			"07ffffff03ff000007ff0000ffff0000ffff0000ffff000000000000ffffffff",
			"07ffffff03ff000007ff0000ffff0000ffff0000ffff000000000000ffffffff",
		}, [2]int{0, 0},
	},
	{
		"flat-large", 720, 576, func(int, int) color.RGBA { return color.RGBA{13, 200, 150, 255} },
		[2]string{
			"1134113400002c4b2c4b00002c4b2c4b0000554b2c4b0403554b2c4b11340000",
			"0000554b11342c4b00002c4b000011340000a7a12c4b13a02c4b11342c4bc09c",
		}, [2]int{0, 0},
	},
	{
		"gradient", 500, 333, func(x, y int) color.RGBA { return gray((255*x/499 + 128*y/332) / 2) },
		[2]string{
			"e4f19b0ae4f59b0ab2d71b0a64f164f164f11b0a64f11b0a96db9b0ae4f164f5",
			"e4f19b0ae4f59b0ab2d71b0a64f164f164f11b0a64f11b0a96db9b0ae4f164f5",
		}, [2]int{0, 0},
	},
	{
		"checker", 385, 511, func(x, y int) color.RGBA { return gray((x/16 + y/16) % 2 * 180) },
		[2]string{
			"7fffaaaa8000aaaaffafaaaa2affaaaa2aaaaaaaab2aaaaaaaaaaaaa0000aaaa",
			"7fffaaaaaaffaaaa3a7faaaaf555aaaa00d5aaaa8080aaaa8500aaaad580aaaa",
		}, [2]int{100, 100},
	},
	{
		"stripes", 641, 360, func(x, _ int) color.RGBA { return color.RGBA{uint8(x / 3 % 256), 90, uint8(x % 7 * 30), 255} },
		[2]string{
			"b46bd196d62bb9d64aa951e236ab8b55f6a92d762669c672a4e192569125f0d0",
			"62b9916d230b528351564e5eb4d37332b9389277d56a8d34798f495d511d55e6",
		}, [2]int{14, 0},
	},
	{
		"dim", 1280, 720, func(x, y int) color.RGBA { return gray((x*x + y*y) / 4000 % 9) },
		[2]string{
			"fe4bd240920481b601bf6fff7fff6fffffdbffc8fa40f240f240900090009000",
			"fe49f2489248813e01bf7fff7fff7ffefffaffc0fe00f000f000f00090009000",
		}, [2]int{17, 17},
	},
}

func gray(v int) color.RGBA { return color.RGBA{uint8(v), uint8(v), uint8(v), 255} }

func TestRenderedPicturesArePinned(t *testing.T) {
	slow := 0
	for _, test := range pinned {
		img := scene.Render(test.width, test.height, test.at)
		for _, mode := range []Mode{Mode512, ModeFull} {
			h := New(mode)
			hash, quality, err := h.Image(img)
			if err != nil || hash.String() != test.hash[mode] || quality != test.quality[mode] {
				t.Errorf("%s mode %v: %v of quality %d, %v, want %v of %d", test.name, mode, hash, quality, err, test.hash[mode], test.quality[mode])
			}
			if h.reference.row != nil {
				slow++
			}
		}
	}
	if slow < 8 {
		t.Errorf("the reference's filter was needed for %d hashes only", slow)
	}
}

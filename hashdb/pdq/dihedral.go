package pdq

import "image"

// Transform is one of the eight ways to lay a square on itself.
type Transform uint8

// The transforms, named and ordered as in the reference (facebook/ThreatExchange, pdq).
// Rotations are against the clock. FlipX swaps top and bottom, FlipY left and right,
// FlipPlus1 rows and columns, and FlipMinus1 does so about the other diagonal.
const (
	Original Transform = iota
	Rotate90
	Rotate180
	Rotate270
	FlipX
	FlipY
	FlipPlus1
	FlipMinus1
)

// Turning or mirroring a picture changes its coefficients' places and signs only: in an
// even row (its frequency is odd, for the first is left out) every sign when top and
// bottom change places, in an even column when left and right do, and rows become
// columns when rows of the picture do.
var transforms = [...]struct {
	name                  string
	rows, cols, transpose bool // Signs first, then places.
}{
	Original:   {"original", false, false, false},
	Rotate90:   {"rot90", false, true, true},
	Rotate180:  {"rot180", true, true, false},
	Rotate270:  {"rot270", true, false, true},
	FlipX:      {"flipx", true, false, false},
	FlipY:      {"flipy", false, true, false},
	FlipPlus1:  {"flipplus1", false, false, true},
	FlipMinus1: {"flipminus1", true, true, true},
}

// String returns the transform's name: original, rot90, rot180, rot270, flipx, flipy,
// flipplus1 or flipminus1.
func (t Transform) String() string { return transforms[t].name }

// Dihedral is the hashes of a picture under each Transform.
type Dihedral [len(transforms)]Hash

// ImageDihedral returns the hashes of a picture as it is, turned and mirrored, and its
// quality. All come from one transform of the picture, and for that those of the turned
// and mirrored differ by some bits from what Image returns for the picture turned: where
// samples fall is not symmetric. Compare with each of them, not with a chosen one.
func (h *Hasher) ImageDihedral(img image.Image) (hashes Dihedral, quality int, err error) {
	p := h.picture(img)
	return h.dihedral(&p)
}

// LumaDihedral does so for luminance. Its errors are Luma's.
func (h *Hasher) LumaDihedral(l Luma) (hashes Dihedral, quality int, err error) {
	if err := l.check(); err != nil {
		return Dihedral{}, 0, err
	}
	p := l.picture()
	return h.dihedral(&p)
}

func (h *Hasher) dihedral(p *picture) (hashes Dihedral, quality int, err error) {
	if quality, err = h.transform(p, Original, Rotate180, FlipX, FlipY); err != nil {
		return Dihedral{}, 0, err
	}
	for t := range hashes {
		hashes[t] = h.coeffs.bits(Transform(t))
	}
	return hashes, quality, nil
}

// coefficients are those of a picture, by row and column.
type coefficients [kept][kept]float32

// signed returns the coefficients with the signs that t gives them, each row after the
// other in the places of the original.
func (c *coefficients) signed(t Transform) (signed [kept * kept]float32) {
	for i := range c {
		row := transforms[t].rows && i%2 == 0
		for j, v := range c[i] {
			if row != (transforms[t].cols && j%2 == 0) {
				v = -v
			}
			signed[i*kept+j] = v
		}
	}
	return signed
}

// bits sets bit 16i+j, counted from the hash's last, where coefficient i,j is above the
// median: the 128th of the 256 in order.
func (c *coefficients) bits(t Transform) (hash Hash) {
	signed := c.signed(t)
	median, _ := middle(signed)
	for n, v := range signed {
		if v <= median {
			continue
		}
		if transforms[t].transpose {
			n = n%kept*kept + n/kept
		}
		hash[31-n/8] |= 1 << (n % 8)
	}
	return hash
}

// middle returns the 128th and the 129th of the values in order.
func middle(values [kept * kept]float32) (low, high float32) {
	const at = len(values)/2 - 1
	// Keep the part that holds place at, split it about its middle, and again.
	lo, hi := 0, len(values)-1
	for lo < hi {
		pivot, i, j := values[lo+(hi-lo)/2], lo, hi
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case at <= j:
			hi = j
		case at >= i:
			lo = i
		default:
			lo, hi = at, at
		}
	}
	low, high = values[at], values[at+1]
	for _, v := range values[at+2:] {
		high = min(high, v)
	}
	return low, high
}

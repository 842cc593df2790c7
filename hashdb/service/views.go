package service

import (
	"image"
	"image/color"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// viewNames are the ways to turn and mirror a picture, in the order in which the PDQ
// reference has them.
var viewNames = [8]string{"original", "rotate90", "rotate180", "rotate270", "flipx", "flipy", "flipplus1", "flipminus1"}

// pdqViews returns the PDQ hash of a picture, or those of all its views, and its
// quality.
func pdqViews(h *pdq.Hasher, img image.Image, dihedral bool) (views []hashdb.Hash, quality int, err error) {
	hash, quality, err := h.Image(img)
	if err != nil {
		return nil, 0, err
	}
	views = []hashdb.Hash{{Kind: hashdb.KindPDQ, Bits: hash}}
	if !dihedral {
		return views, quality, nil
	}
	for i := 1; i < len(viewNames); i++ {
		hash, _, err := h.Image(turned{img, i})
		if err != nil {
			return nil, 0, err
		}
		views = append(views, hashdb.Hash{Kind: hashdb.KindPDQ, Bits: hash})
	}
	return views, quality, nil
}

// turned is a picture seen as one of the views.
type turned struct {
	image.Image
	view int
}

func (t turned) sideways() bool { return t.view == 1 || t.view == 3 || t.view >= 6 }

// Bounds returns the view's bounds, zero-based.
func (t turned) Bounds() image.Rectangle {
	size := t.Image.Bounds().Size()
	if t.sideways() {
		size.X, size.Y = size.Y, size.X
	}
	return image.Rectangle{Max: size}
}

// At returns the view's colour.
func (t turned) At(x, y int) color.Color {
	b := t.Image.Bounds()
	if t.sideways() {
		x, y = y, x
	}
	if t.view == 2 || t.view == 3 || t.view == 4 || t.view == 7 {
		x = b.Dx() - 1 - x
	}
	if t.view == 1 || t.view == 2 || t.view == 5 || t.view == 7 {
		y = b.Dy() - 1 - y
	}
	return t.Image.At(b.Min.X+x, b.Min.Y+y)
}

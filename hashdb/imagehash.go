package hashdb

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"

	"github.com/corona10/goimagehash"
)

// NoQuality is the quality of a hash whose kind measures none.
const NoQuality = -1

// HashImage returns the hash of a decoded picture and its quality: 0 to 100 for
// PDQ, computed by h in its mode, and NoQuality for the 64-bit kinds, which
// goimagehash computes and which say nothing about how far they can be trusted.
//
// The error wraps ErrTooSmall for a picture that is too small.
func HashImage(h *Hasher, kind Kind, img image.Image) (Hash, int, error) {
	// An empty picture has nothing to sample, and goimagehash would read past it.
	size := img.Bounds().Size()
	if size.X < 1 || size.Y < 1 {
		return Hash{}, 0, tooSmall(size.X, size.Y)
	}
	if kind == KindPDQ {
		return h.PDQ(h.sampler.luma(img, h.mode))
	}
	if size.X < minSide || size.Y < minSide {
		return Hash{}, 0, tooSmall(size.X, size.Y)
	}
	hash, err := imageHash(kind, zeroBased(img))
	return hash, NoQuality, err
}

func imageHash(kind Kind, img image.Image) (Hash, error) {
	var sum *goimagehash.ImageHash
	var err error
	switch kind {
	case KindPHash:
		sum, err = goimagehash.PerceptionHash(img)
	case KindDHash:
		sum, err = goimagehash.DifferenceHash(img)
	case KindAHash:
		sum, err = goimagehash.AverageHash(img)
	default:
		return Hash{}, fmt.Errorf("%v is not a kind of hash", kind)
	}
	if err != nil {
		return Hash{}, fmt.Errorf("%v: %w", kind, err)
	}
	hash := Hash{Kind: kind}
	binary.BigEndian.PutUint64(hash.Bits[:], sum.GetHash())
	return hash, nil
}

// zeroBased returns img with its corner at 0,0, which goimagehash takes for
// granted. It shrinks pictures to the square it needs by itself; its fault with
// pictures that are not square is in the hashes of chosen size, not used here.
func zeroBased(img image.Image) image.Image {
	b := img.Bounds()
	if b.Min == (image.Point{}) {
		return img
	}
	moved := image.NewRGBA(image.Rectangle{Max: b.Size()})
	draw.Draw(moved, moved.Rect, img, b.Min, draw.Src)
	return moved
}

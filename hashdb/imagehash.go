package hashdb

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"

	"github.com/corona10/goimagehash"

	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// ErrTooSmall is wrapped by the error for a picture with fewer than 5 pixels
// along a side, which no kind hashes.
var ErrTooSmall = pdq.ErrTooSmall

// NoQuality is the quality of a hash whose kind measures none.
const NoQuality = -1

// HashImage returns the hash of a decoded picture and its quality: 0 to 100 for
// PDQ, computed by h in its mode, and NoQuality for the 64-bit kinds, which
// goimagehash computes and which say nothing about how far they can be trusted.
//
// The error wraps ErrTooSmall for a picture that is too small.
func HashImage(h *pdq.Hasher, kind Kind, img image.Image) (Hash, int, error) {
	// An empty picture has nothing to sample, and goimagehash would read past it.
	size := img.Bounds().Size()
	if size.X < 1 || size.Y < 1 {
		return Hash{}, 0, tooSmall(size)
	}
	if kind == KindPDQ {
		sum, quality, err := h.Image(img)
		return Hash{Kind: KindPDQ, Bits: sum}, quality, err
	}
	if size.X < pdq.MinSide || size.Y < pdq.MinSide {
		return Hash{}, 0, tooSmall(size)
	}
	hash, err := imageHash(kind, zeroBased(img))
	return hash, NoQuality, err
}

func tooSmall(size image.Point) error {
	return fmt.Errorf("%d by %d pixels, want at least %d a side: %w", size.X, size.Y, pdq.MinSide, ErrTooSmall)
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
	case KindMD5, KindSHA1, KindSHA256:
		return Hash{}, fmt.Errorf("%v is a digest of a file's bytes, not a hash of a picture", kind)
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

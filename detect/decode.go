package detect

import (
	"image"

	"github.com/vigil-stream/vigil/signal"
)

// Decode decodes a picture of the format that its bytes begin with: JPEG, PNG,
// WebP, or the binary PGM or PPM that no frame comes in, within the limits. The error
// is a Rejection.
func Decode(data []byte, limits Limits) (image.Image, error) {
	for _, contentType := range []string{JPEG, PNG, WebP} {
		if f, ok := formats(contentType); ok && f.magic(data) {
			return open(contentType, data, limits, nil)
		}
	}
	if isPNM(data) {
		return decodePNM(data, limits)
	}
	return nil, signal.Reject("image-format", "is neither JPEG nor PNG nor WebP nor binary PGM nor PPM")
}

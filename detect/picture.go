package detect

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"mime"
	"strings"

	"golang.org/x/image/webp"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

// The content types of a frame.
const (
	JPEG     = "image/jpeg"
	PNG      = "image/png"
	WebP     = "image/webp"
	HashType = "application/vnd.vigil.hash+json"
)

// Limits bound what a frame may cost.
type Limits struct {
	Bytes int // of the encoded picture
	// Pixels is the most width times height may be. While a picture is decoded
	// it takes up to 16 bytes a pixel (a progressive JPEG without subsampling,
	// an interlaced PNG of 16 bits a channel), and as many are decoded at once
	// as there are processors.
	Pixels int
}

// DefaultLimits are 8 MiB and 25 megapixels.
func DefaultLimits() Limits { return Limits{Bytes: 8 << 20, Pixels: 25_000_000} }

// A fingerprint is all that is kept of a frame.
type fingerprint struct {
	base    hashdb.Hash // of the frame as it came, of whichever kind was sent
	looks   []look      // to be looked up, none below MinQuality
	trimmed pdq.Hash    // without bars, when hasBars
	hasBars bool
	quality int    // PDQ's, 0 to 100
	sha256  string // of the original bytes, "" when only a hash was sent
}

// A format is one kind of picture that is taken.
type format struct {
	magic  func([]byte) bool
	config func([]byte) (image.Config, error)
	// bound refuses what would cost more to decode than its pixels say.
	bound  func([]byte, Limits) error
	decode func([]byte) (image.Image, error)
}

// formats are named one by one and not taken from package image's registry: an
// import elsewhere must not widen what is decoded here.
func formats(contentType string) (format, bool) {
	switch contentType {
	case JPEG:
		return format{
			magic:  func(b []byte) bool { return bytes.HasPrefix(b, []byte("\xff\xd8\xff")) },
			config: func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) },
			bound:  boundJPEG,
			decode: func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) },
		}, true
	case PNG:
		return format{
			magic:  func(b []byte) bool { return bytes.HasPrefix(b, []byte(pngSignature)) },
			config: func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
			bound:  boundPNG,
			decode: func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) },
		}, true
	case WebP:
		return format{
			magic:  func(b []byte) bool { return len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" },
			config: func(b []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(b)) },
			bound:  boundWebP,
			decode: func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) },
		}, true
	}
	return format{}, false
}

// mediaType is a content type without its parameters, "" when it is none.
func mediaType(contentType string) string {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return t
}

// open decodes a picture after its format, its size, its dimensions and its
// structure were found within the limits. It tries quick first, if not nil.
func open(contentType string, data []byte, limits Limits, quick func([]byte) (image.Image, error)) (image.Image, error) {
	f, ok := formats(contentType)
	if !ok {
		return nil, signal.Reject("content-type", "is none of %s, %s, %s, %s", JPEG, PNG, WebP, HashType)
	}
	name := strings.TrimPrefix(contentType, "image/")
	if len(data) > limits.Bytes {
		return nil, signal.Reject("image-too-large", "%d bytes, and the limit is %d", len(data), limits.Bytes)
	}
	if !f.magic(data) {
		return nil, signal.Reject("image-format", "the content type says %s, and the bytes are %s", name, sniff(data))
	}
	c, err := f.config(data)
	if err != nil {
		return nil, signal.Reject("image-broken", "%s header: %w", name, err)
	}
	if c.Width < 1 || c.Height < 1 {
		return nil, signal.Reject("image-pixels", "%s of no pixels", name)
	}
	if int64(c.Width)*int64(c.Height) > int64(limits.Pixels) {
		return nil, signal.Reject("image-pixels", "%d by %d pixels, and the limit is %d in all", c.Width, c.Height, limits.Pixels)
	}
	if err := f.bound(data, limits); err != nil {
		return nil, err
	}
	if quick != nil {
		if img, err := quick(data); err == nil {
			return img, nil
		}
	}
	img, err := f.decode(data)
	if err != nil {
		return nil, signal.Reject("image-broken", "%s: %w", name, err)
	}
	return img, nil
}

// sniff names the format that data begins like.
func sniff(data []byte) string {
	for _, t := range []string{JPEG, PNG, WebP} {
		if f, ok := formats(t); ok && f.magic(data) {
			return strings.TrimPrefix(t, "image/")
		}
	}
	return "no picture that is taken"
}

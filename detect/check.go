package detect

import (
	"image"
	"strings"

	"github.com/vigil-stream/vigil/signal"
)

// CheckPicture refuses a picture that a Detector would refuse before it decodes it:
// content type, format, size, dimensions and structure are looked at, what it shows is
// not. The error is a Rejection.
func CheckPicture(contentType string, data []byte, limits Limits) (image.Config, error) {
	f, ok := formats(contentType)
	if !ok {
		return image.Config{}, signal.Reject("content-type", "is none of %s, %s, %s", JPEG, PNG, WebP)
	}
	name := strings.TrimPrefix(contentType, "image/")
	if len(data) > limits.Bytes {
		return image.Config{}, signal.Reject("image-too-large", "%d bytes, and the limit is %d", len(data), limits.Bytes)
	}
	if !f.magic(data) {
		return image.Config{}, signal.Reject("image-format", "the content type says %s, and the bytes are %s", name, sniff(data))
	}
	c, err := f.config(data)
	if err != nil {
		return image.Config{}, signal.Reject("image-broken", "%s header: %w", name, err)
	}
	if c.Width < 1 || c.Height < 1 {
		return image.Config{}, signal.Reject("image-pixels", "%s of no pixels", name)
	}
	if int64(c.Width)*int64(c.Height) > int64(limits.Pixels) {
		return image.Config{}, signal.Reject("image-pixels", "%d by %d pixels, and the limit is %d in all", c.Width, c.Height, limits.Pixels)
	}
	return c, f.bound(data, limits)
}

// ValidSubject tells a subject token from an account name that a sender forgot to
// replace.
func ValidSubject(s signal.Subject) bool { return validSubject(s) }

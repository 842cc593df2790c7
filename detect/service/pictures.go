package service

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/detect"
)

// partRoom is what the parts' headers and the borders between them may take.
const partRoom = 64 << 10

// part is one part of a multipart body.
type part struct {
	contentType string // Of a picture.
	data        []byte
}

// pictures is POST /v1/frames with several pictures and, in a part of JSON, an array of
// what is said of each.
func (v *service) pictures(c *call) error {
	r := v.read(c)
	if _, err := c.Parameters(); err != nil {
		return err
	}
	limit := v.MaxUpload + partRoom
	if c.R.ContentLength > int64(limit) {
		return api.Problemf(http.StatusRequestEntityTooLarge, "more than %d bytes, which is the most", v.MaxUpload)
	}
	free, err := v.hold(c, limit)
	if err != nil {
		return err
	}
	defer free()
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, int64(limit))
	said, pictures, err := v.parts(c)
	if err != nil {
		return err
	}
	records, at, err := decode[labels](r, said)
	if err != nil {
		return err
	}
	if len(records) != len(pictures) {
		return api.Problemf(http.StatusBadRequest, "%d pictures, and the part of JSON is about %d", len(pictures), len(records))
	}
	frames := make([]detect.Frame, len(records))
	for i, l := range records {
		p := at + place(i)
		frames[i] = r.frame(p, l)
		seal(&frames[i], pictures[i].contentType, pictures[i].data)
		r.check(p, frames[i])
	}
	if err := r.err(); err != nil {
		return err
	}
	return v.takeFrames(c, r, frames, at)
}

// parts reads the parts of a body: pictures, in their order, and one of JSON, which may
// be anywhere and need not say what it is, as fields of a form do not.
func (v *service) parts(c *call) (said []byte, pictures []part, err error) {
	form, err := c.R.MultipartReader()
	if err != nil {
		return nil, nil, api.Problemf(http.StatusBadRequest, "Content-Type: the multipart body has no boundary")
	}
	for {
		// Raw, so that what is passed on is what was sent.
		next, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, nil, api.Problemf(http.StatusRequestEntityTooLarge, "more than %d bytes, which is the most", v.MaxUpload)
		}
		if err != nil {
			return nil, nil, api.Problemf(http.StatusBadRequest, "the multipart body ends too soon or is none")
		}
		contentType, _, _ := mime.ParseMediaType(next.Header.Get("Content-Type"))
		if !strings.HasPrefix(contentType, "image/") {
			if said != nil {
				return nil, nil, api.Problemf(http.StatusBadRequest, "more than one part that is no picture; want one, of JSON")
			}
			if said, err = c.ReadLimited(next, v.MaxBody); err != nil {
				return nil, nil, err
			}
			said = append([]byte{}, said...) // Not nil, even when empty.
			continue
		}
		if len(pictures) == v.MaxParts {
			return nil, nil, api.Problemf(http.StatusRequestEntityTooLarge, "more than %d pictures, which is the most", v.MaxParts)
		}
		data, err := c.ReadLimited(next, v.Limits.Bytes)
		if err != nil {
			return nil, nil, err
		}
		pictures = append(pictures, part{contentType, data})
	}
	if said == nil {
		return nil, nil, api.Problemf(http.StatusBadRequest, "want a part of JSON that says of each picture whose it is, of which stream and time")
	}
	return said, pictures, nil
}

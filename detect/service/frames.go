package service

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/signal"
)

// accountHeader has the account of a single picture, percent-encoded.
const accountHeader = "Vigil-Account"

const typeJSON = "application/json"

// frames is POST /v1/frames.
func (v *service) frames(c *call) error {
	kind, _, err := c.MediaType(detect.JPEG, detect.PNG, detect.WebP, typeJSON, "multipart/mixed", "multipart/form-data")
	if err != nil {
		return err
	}
	switch kind {
	case typeJSON:
		return v.hashes(c)
	case detect.JPEG, detect.PNG, detect.WebP:
		return v.picture(c, kind)
	}
	return v.pictures(c)
}

// labels are what a frame has beside its picture or hash.
type labels struct {
	origin
	ID   text `json:"id"`
	Time text `json:"time"`
}

// frame checks a frame's labels. Its id, content type and data are still to be set.
func (r *reading) frame(p place, l labels) detect.Frame {
	f := detect.Frame{Platform: r.platform, At: r.time(p, "time", l.Time), ID: r.text(p, "id", l.ID, false)}
	f.Stream, f.Subject = r.origin(p, l.origin)
	return f
}

// seal gives a frame what it carries and the id by which it is known when it comes
// again: of the platform's own id, else of its moment and its bytes as they were sent.
func seal(f *detect.Frame, contentType string, data []byte) {
	f.ContentType, f.Data = contentType, data
	if f.ID != "" {
		f.ID = signal.ID("frame", f.Platform, f.Stream, f.ID)
		return
	}
	sum := sha256.Sum256(data)
	f.ID = signal.ID("frame", f.Platform, f.Stream, f.At.Format(time.RFC3339Nano), hex.EncodeToString(sum[:]))
}

// picture is POST /v1/frames with one picture.
func (v *service) picture(c *call, contentType string) error {
	r := v.read(c)
	values, err := c.Parameters("platform", "stream", "subject", "time", "id")
	if err != nil {
		return err
	}
	l := labels{
		origin: origin{Platform: given(values, "platform"), Stream: given(values, "stream"), Subject: given(values, "subject")},
		ID:     given(values, "id"), Time: given(values, "time"),
	}
	if headers := c.R.Header.Values(accountHeader); len(headers) > 0 {
		account, err := url.PathUnescape(headers[0])
		l.Account = text{value: account, given: true}
		if len(headers) > 1 || err != nil {
			r.bad(parameters, accountHeader, "want it once, percent-encoded")
		}
	}
	f := r.frame(parameters, l)
	if err := r.err(); err != nil {
		return err
	}
	free, err := v.hold(c, v.Limits.Bytes)
	if err != nil {
		return err
	}
	defer free()
	data, err := c.ReadLimited(c.R.Body, v.Limits.Bytes)
	if err != nil {
		return err
	}
	seal(&f, contentType, data)
	r.check(parameters, f)
	if err := r.err(); err != nil {
		return err
	}
	return v.takeFrames(c, r, []detect.Frame{f}, parameters)
}

// check looks at a picture without decoding it.
func (r *reading) check(p place, f detect.Frame) {
	if _, err := detect.CheckPicture(f.ContentType, f.Data, r.v.Limits); err != nil {
		r.fault(http.StatusUnprocessableEntity, p, "", "the picture: %v", err)
	}
}

// given is a parameter of the query.
func given(values url.Values, name string) text {
	return text{value: values.Get(name), given: values.Has(name)}
}

// hashRecord is a frame of which the picture stayed with the platform.
type hashRecord struct {
	labels
	Kind    text              `json:"kind"`
	Hash    text              `json:"hash"`
	Quality number            `json:"quality"`
	SHA256  text              `json:"sha256"`
	Views   objects[hashView] `json:"views"`
}

type hashView struct {
	View text `json:"view"`
	Hash text `json:"hash"`
}

// hashes is POST /v1/frames with hash records.
func (v *service) hashes(c *call) error {
	r := v.read(c)
	records, at, free, err := readJSON[hashRecord](c, r)
	if err != nil {
		return err
	}
	defer free()
	frames := make([]detect.Frame, len(records))
	for i, h := range records {
		p := at + place(i)
		frames[i] = r.frame(p, h.labels)
		hash := r.hash(p, h)
		if r.faults.Any() {
			continue
		}
		// Not by Encode, whose schema says what was checked here: that takes some twenty
		// times as long, and a fuzz test holds this against it.
		data, err := json.Marshal(hash)
		if err != nil {
			return err
		}
		seal(&frames[i], detect.HashType, data)
	}
	if err := r.err(); err != nil {
		return err
	}
	return v.takeFrames(c, r, frames, at)
}

// readJSON reads a body of one record, which is alone, or of several from 0 on. The
// caller has to call free.
func readJSON[T any](c *call, r *reading) (records []T, first place, free func(), err error) {
	if _, err := c.Parameters(); err != nil {
		return nil, 0, nil, err
	}
	if _, _, err := c.MediaType(typeJSON); err != nil {
		return nil, 0, nil, err
	}
	if free, err = r.v.hold(c, r.v.MaxBody); err != nil {
		return nil, 0, nil, err
	}
	body, err := c.ReadLimited(c.R.Body, r.v.MaxBody)
	if err == nil {
		records, first, err = decode[T](r, body)
	}
	if err != nil {
		free()
		return nil, 0, nil, err
	}
	return records, first, free, nil
}

// decode reads records of JSON. Those that are no objects of T are faults.
func decode[T any](r *reading, body []byte) ([]T, place, error) {
	records, array, err := api.DecodeMany[T](body, r.v.MaxRecords, &r.faults)
	if err != nil {
		return nil, 0, err
	}
	if !array {
		return records, alone, nil
	}
	if len(records) == 0 {
		return nil, 0, api.Problemf(http.StatusBadRequest, "want at least one record")
	}
	return records, 0, r.err()
}

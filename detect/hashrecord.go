package detect

import (
	"fmt"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

// A HashRecord stands for a frame whose picture stayed with the platform.
type HashRecord struct {
	Kind string `json:"kind"` // pdq, phash, dhash or ahash
	Hash string `json:"hash"` // hex
	// Quality is PDQ's measure of the picture, 0 to 100, whatever the kind of
	// the hash: below MinQuality there is too little in it to tell it by.
	Quality int `json:"quality"`
	// SHA256 is the digest of the original frame, in lower-case hex, if known.
	SHA256 string `json:"sha256,omitempty"`
	// Views are hashes of the same kind of the same frame laid otherwise, at most
	// maxViews. Without them, turned and mirrored frames are not found.
	Views []View `json:"views,omitempty"`
}

// A View is the hash of a frame laid otherwise: turned or mirrored as pdq.Transform
// names it ("rot90", "flipx", …), "trimmed" of its bars, or both ("trimmed-rot90").
type View struct {
	View string `json:"view"`
	Hash string `json:"hash"` // hex
}

// maxViews is all eight turns, plain and trimmed, but for the frame as it is.
const maxViews = 15

// Encode returns the record as JSON that fits its schema.
func (r HashRecord) Encode() ([]byte, error) {
	data, err := signal.Marshal(r)
	if err == nil {
		if _, ok := quickHashRecord(data); ok {
			return data, nil
		}
		data, err = encode(hashSchema, r)
	}
	if err != nil {
		return nil, fmt.Errorf("hash record: %w", err)
	}
	return data, nil
}

// readHash takes the fingerprint that a hash record brings along.
func readHash(data []byte) (fingerprint, error) {
	r, ok := quickHashRecord(data)
	if !ok {
		// Slowly, and with the reason if it is refused.
		r = HashRecord{}
		if err := hashSchema.Decode(data, &r); err != nil {
			return fingerprint{}, fmt.Errorf("hash record: %w", err)
		}
	}
	kind, err := hashdb.ParseKind(r.Kind)
	if err != nil {
		return fingerprint{}, fmt.Errorf("hash record: %w", signal.Reject("schema", "/kind: no kind of hash"))
	}
	// The errors of ParseHash are not passed on: nothing here may quote a hash.
	wrong := func(field, format string, args ...any) error {
		return fmt.Errorf("hash record: %w", signal.Reject("schema", "%s: %s", field, fmt.Sprintf(format, args...)))
	}
	fp := fingerprint{quality: r.Quality, sha256: r.SHA256}
	if fp.base, err = hashdb.ParseHash(kind, r.Hash); err != nil {
		return fingerprint{}, wrong("/hash", "is not the %d hex digits of a %s hash", kind.Bits()/4, kind)
	}
	looks := append(make([]look, 0, 1+len(r.Views)), look{plain, fp.base})
	for i, v := range r.Views {
		laid, ok := viewOf(v.View)
		if !ok || laid == plain {
			return fingerprint{}, wrong(fmt.Sprintf("/views/%d/view", i), "is no view of a frame")
		}
		h, err := hashdb.ParseHash(kind, v.Hash)
		if err != nil {
			return fingerprint{}, wrong(fmt.Sprintf("/views/%d/hash", i), "is not the %d hex digits of a %s hash", kind.Bits()/4, kind)
		}
		if laid == trimmed && kind == hashdb.KindPDQ {
			fp.trimmed, fp.hasBars = h.Bits, true
		}
		looks = append(looks, look{laid, h})
	}
	if fp.quality >= MinQuality {
		fp.looks = looks
	}
	return fp, nil
}

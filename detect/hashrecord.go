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
	data, err := encode(hashSchema, r)
	if err != nil {
		return nil, fmt.Errorf("hash record: %w", err)
	}
	return data, nil
}

// readHash takes the fingerprint that a hash record brings along.
func readHash(data []byte) (fingerprint, error) {
	var r HashRecord
	if err := hashSchema.Decode(data, &r); err != nil {
		return fingerprint{}, fmt.Errorf("hash record: %w", err)
	}
	kind, err := hashdb.ParseKind(r.Kind)
	if err != nil {
		return fingerprint{}, fmt.Errorf("hash record: %w", signal.Reject("schema", "/kind: no kind of hash"))
	}
	// The error of ParseHash is not passed on: nothing here may quote a hash.
	hash, err := hashdb.ParseHash(kind, r.Hash)
	if err != nil {
		return fingerprint{}, fmt.Errorf("hash record: %w", signal.Reject("schema", "/hash: is not the %d hex digits of a %s hash", kind.Bits()/4, kind))
	}
	return fingerprint{hashes: []hashdb.Hash{hash}, quality: r.Quality, sha256: r.SHA256}, nil
}

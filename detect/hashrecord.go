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
}

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

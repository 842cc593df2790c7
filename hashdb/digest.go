package hashdb

import (
	"crypto/md5"  //nolint:gosec // Lists hold it; nothing is signed with it.
	"crypto/sha1" //nolint:gosec // As above.
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// Digest returns the digest of all that r holds, of kind MD5, SHA-1 or SHA-256,
// without keeping more than a buffer of it.
func Digest(kind Kind, r io.Reader) (Hash, error) {
	var sum hash.Hash
	switch kind {
	case KindMD5:
		sum = md5.New() //nolint:gosec // As above.
	case KindSHA1:
		sum = sha1.New() //nolint:gosec // As above.
	case KindSHA256:
		sum = sha256.New()
	default:
		return Hash{}, fmt.Errorf("%v is not a digest of bytes", kind)
	}
	if _, err := io.Copy(sum, r); err != nil {
		return Hash{}, fmt.Errorf("%v: %w", kind, err)
	}
	return NewHash(kind, sum.Sum(nil))
}

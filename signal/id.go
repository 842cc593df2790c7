package signal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// ID derives an id from what caused the thing: the same parts give the same id
// on every machine and in every run. Parts are length-prefixed before hashing
// (SHA-256, first 16 bytes, lower-case hex), so that no two lists of parts
// collide by concatenation.
func ID(parts ...string) string {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

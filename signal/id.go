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
	digits := idOf(parts)
	return string(digits[:])
}

// IsID reports whether id is that of the parts.
func IsID(id string, parts ...string) bool {
	digits := idOf(parts)
	return string(digits[:]) == id
}

func idOf(parts []string) (digits [32]byte) {
	var memory [256]byte
	b := memory[:0]
	for _, p := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	hex.Encode(digits[:], sum[:16])
	return digits
}

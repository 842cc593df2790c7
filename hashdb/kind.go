package hashdb

import (
	"fmt"
	"strings"
)

// Kind says how a hash was made. Hashes of different kinds are never compared.
type Kind uint8

// The kinds. The numbers are part of the file formats and never change.
const (
	// KindPDQ is the 256-bit PDQ hash (facebook/ThreatExchange).
	KindPDQ Kind = 1
	// KindPHash is goimagehash's 64-bit DCT hash.
	KindPHash Kind = 2
	// KindDHash is goimagehash's 64-bit hash of horizontal differences.
	KindDHash Kind = 3
	// KindAHash is goimagehash's 64-bit hash of pixels above the mean.
	KindAHash Kind = 4
	// KindMD5, KindSHA1 and KindSHA256 are digests of an original file's bytes, for
	// lists that hold those. They match only when equal.
	KindMD5    Kind = 5
	KindSHA1   Kind = 6
	KindSHA256 Kind = 7
)

// kinds lists every kind in the order of their numbers.
var kinds = [...]struct {
	kind      Kind
	name      string
	bits      int
	radius    int // A list's default.
	maxRadius int
}{
	// PDQ's 31 is its authors' recommendation. The widest, 47, is as far as the index
	// is faster than a scan; the nearest of 31,125 pairs of unrelated pictures were 94
	// bits apart.
	{KindPDQ, "pdq", 256, 31, 47},
	// For 64 bits nothing is published: 10 is often seen, but two uniform hashes are
	// within 10 with a chance of 1e-8, so that a list of a million would match one
	// innocent frame in a hundred. Within 8 it is 2.8e-10, one frame in 3,600 at a
	// million entries, and pictures are less uniform than that: use PDQ where there
	// is a choice.
	{KindPHash, "phash", 64, 8, 16},
	{KindDHash, "dhash", 64, 8, 16},
	{KindAHash, "ahash", 64, 8, 16},
	{KindMD5, "md5", 128, 0, 0},
	{KindSHA1, "sha1", 160, 0, 0},
	{KindSHA256, "sha256", 256, 0, 0},
}

// valid reports whether k is one of the constants.
func (k Kind) valid() bool { return k >= 1 && int(k) <= len(kinds) }

// Kinds returns every kind in the order of their numbers.
func Kinds() []Kind {
	all := make([]Kind, len(kinds))
	for i := range kinds {
		all[i] = kinds[i].kind
	}
	return all
}

// String returns the kind's name: pdq, phash, dhash, ahash, md5, sha1 or sha256.
func (k Kind) String() string {
	if !k.valid() {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kinds[k-1].name
}

// ParseKind returns the kind with the given name.
func ParseKind(name string) (Kind, error) {
	names := make([]string, len(kinds))
	for i := range kinds {
		if names[i] = kinds[i].name; names[i] == name {
			return kinds[i].kind, nil
		}
	}
	return 0, fmt.Errorf("hash kind %.20q is not one of %s", name, strings.Join(names, ", "))
}

// MarshalText returns the kind's name.
func (k Kind) MarshalText() ([]byte, error) {
	if !k.valid() {
		return nil, fmt.Errorf("%v is not a kind of hash", k)
	}
	return []byte(k.String()), nil
}

// UnmarshalText reads the kind's name.
func (k *Kind) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKind(string(text))
	return err
}

// Bits returns the length of the kind's hashes in bits, and 0 for a Kind that is
// none of the constants.
func (k Kind) Bits() int {
	if !k.valid() {
		return 0
	}
	return kinds[k-1].bits
}

// Exact reports whether hashes of the kind match only when equal.
func (k Kind) Exact() bool { return k == KindMD5 || k == KindSHA1 || k == KindSHA256 }

// size returns the length of the kind's hashes in bytes.
func (k Kind) size() int { return k.Bits() / 8 }

// DefaultRadius is the radius in bits of a list for which none was chosen.
func (k Kind) DefaultRadius() int {
	if !k.valid() {
		return 0
	}
	return kinds[k-1].radius
}

// MaxRadius is the widest radius in bits that a list or a look-up may have.
func (k Kind) MaxRadius() int {
	if !k.valid() {
		return 0
	}
	return kinds[k-1].maxRadius
}

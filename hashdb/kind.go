package hashdb

import "fmt"

// Kind says how a hash was made. Hashes of different kinds are never compared.
type Kind uint8

// The kinds. The numbers are part of the list file format and never change.
const (
	// KindPDQ is the 256-bit PDQ hash (facebook/ThreatExchange).
	KindPDQ Kind = 1
	// KindPHash is goimagehash's 64-bit DCT hash.
	KindPHash Kind = 2
	// KindDHash is goimagehash's 64-bit hash of horizontal differences.
	KindDHash Kind = 3
	// KindAHash is goimagehash's 64-bit hash of pixels above the mean.
	KindAHash Kind = 4
)

// kinds lists every kind in the order of their numbers.
var kinds = [...]Kind{KindPDQ, KindPHash, KindDHash, KindAHash}

// String returns the kind's name: pdq, phash, dhash or ahash.
func (k Kind) String() string {
	switch k {
	case KindPDQ:
		return "pdq"
	case KindPHash:
		return "phash"
	case KindDHash:
		return "dhash"
	case KindAHash:
		return "ahash"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind returns the kind with the given name.
func ParseKind(name string) (Kind, error) {
	for _, k := range kinds {
		if name == k.String() {
			return k, nil
		}
	}
	return 0, fmt.Errorf("hash kind %.20q is not one of pdq, phash, dhash, ahash", name)
}

// Bits returns the length of the kind's hashes in bits: 256 or 64, and 0 for a
// Kind that is none of the constants.
func (k Kind) Bits() int {
	switch k {
	case KindPDQ:
		return 256
	case KindPHash, KindDHash, KindAHash:
		return 64
	}
	return 0
}

// size returns the length of the kind's hashes in bytes.
func (k Kind) size() int { return k.Bits() / 8 }

// defaultRadius is the radius of a list whose import names none.
//
// PDQ's 31 is its authors' recommendation. For 64 bits there is none: 10 is often
// seen, but two uniform hashes are within 10 with a chance of 1e-8, so that a list
// of a million would match one innocent frame in a hundred. Within 8 it is
// 2.8e-10, one frame in 3,600 at a million entries, and pictures are less uniform
// than that: use PDQ where there is a choice.
func (k Kind) defaultRadius() int {
	if k == KindPDQ {
		return 31
	}
	return 8
}

// maxRadius is the widest radius a list may have: a quarter of the bits. The
// nearest of 31,125 pairs of unrelated pictures were 94 bits apart in PDQ; a list
// that reaches further than 64 would soon match everything.
func (k Kind) maxRadius() int { return k.Bits() / 4 }

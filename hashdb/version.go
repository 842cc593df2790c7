package hashdb

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// sum is the sum modulo 2^256 of a digest of each entry of a list, least significant
// word first. The order of adding does not matter, and what was added can be taken
// away again, so that it is kept up with every change.
//
// It tells states of a list apart. It is no commitment: who chooses the entries can
// find two lists with one sum, as for every such sum of 256 bits.
type sum [4]uint64

func (s *sum) add(d sum) {
	var c uint64
	for i := range s {
		s[i], c = bits.Add64(s[i], d[i], c)
	}
}

func (s *sum) sub(d sum) {
	var c uint64
	for i := range s {
		s[i], c = bits.Sub64(s[i], d[i], c)
	}
}

// digestOf returns SHA-256 over an entry's kind, hash, id and whether it is disputed.
// What else is said of an entry changes no match and so no version.
func digestOf(k Kind, c index.Code, ref string, disputed bool) sum {
	var b [2 + 32 + maxRef]byte
	h := bitsOf(c)
	n := k.size()
	b[0] = byte(k)
	if disputed {
		b[1] = 1
	}
	copy(b[2:], h[:n])
	d := sha256.Sum256(b[:2+n+copy(b[2+n:], ref)])
	var s sum
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(d[8*i:])
	}
	return s
}

// version returns the first 8 bytes in hexadecimal of SHA-256 over kind, radius, sum
// and number of entries.
func (s *sum) version(k Kind, radius, entries int) string {
	b := binary.BigEndian.AppendUint16([]byte{byte(k)}, uint16(radius))
	for _, w := range s {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	d := sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(entries)))
	return hex.EncodeToString(d[:8])
}

// MarshalText returns the sum in hexadecimal.
func (s sum) MarshalText() ([]byte, error) {
	var b []byte
	for _, w := range s {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return hex.AppendEncode(nil, b), nil
}

// UnmarshalText reads what MarshalText gives.
func (s *sum) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != 32 {
		return fmt.Errorf("a sum of %d characters, want 64 hexadecimal digits", len(text))
	}
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return nil
}

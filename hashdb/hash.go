package hashdb

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// Hash is one perceptual hash. It is comparable; the zero Hash is of no kind.
type Hash struct {
	Kind Kind
	// Bits holds the hash in the order of its hexadecimal form. Kinds of fewer than
	// 256 bits use the first bytes, and the others are zero.
	Bits [32]byte
}

// ParseHash reads a hash of kind k from its hexadecimal form, a digit for four
// bits, in either case. An error says what is wrong and
// where, without repeating the text.
func ParseHash(k Kind, text string) (Hash, error) {
	digits := k.Bits() / 4
	if digits == 0 {
		return Hash{}, fmt.Errorf("%v is not a kind of hash", k)
	}
	if len(text) != digits {
		return Hash{}, fmt.Errorf("%v hash has %d characters, want %d hexadecimal digits", k, len(text), digits)
	}
	h := Hash{Kind: k}
	for i := range digits {
		v, ok := hexDigit(text[i])
		if !ok {
			return Hash{}, fmt.Errorf("%v hash: character %d of %d is not a hexadecimal digit", k, i+1, digits)
		}
		h.Bits[i/2] = h.Bits[i/2]<<4 | v
	}
	return h, nil
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// String returns the hash in lower-case hexadecimal. It is
// empty for a Hash of no kind. Logs and metrics must not hold it.
func (h Hash) String() string { return hex.EncodeToString(h.Bits[:h.Kind.size()]) }

// NewHash returns the hash of kind k with the given bytes.
func NewHash(k Kind, b []byte) (Hash, error) {
	h := Hash{Kind: k}
	if !k.valid() {
		return Hash{}, fmt.Errorf("%v is not a kind of hash", k)
	}
	if len(b) != k.size() {
		return Hash{}, fmt.Errorf("%v hash has %d bytes, want %d", k, len(b), k.size())
	}
	copy(h.Bits[:], b)
	return h, nil
}

// Bytes returns a copy of the hash's bytes, as many as its kind has.
func (h Hash) Bytes() []byte { return append([]byte(nil), h.Bits[:h.Kind.size()]...) }

// Entry names the hash without giving it away: the first 16 hexadecimal digits of
// SHA-256 over the kind's name, a colon and the hash's bytes. It is the same in every
// list and every process.
func (h Hash) Entry() string { return entryID(h.Kind, h.code()) }

// Distance returns the number of bits in which h and o differ, and false when
// they are of different kinds and so have no distance.
func (h Hash) Distance(o Hash) (int, bool) {
	if h.Kind != o.Kind {
		return 0, false
	}
	return h.code().Distance(o.code()), true
}

// code returns the hash's bits as the index keeps them. 64-bit kinds leave the last
// three words zero, which spends memory on lists that are seldom long and saves a
// second code path.
func (h Hash) code() index.Code {
	var c index.Code
	for i := range c {
		c[i] = binary.BigEndian.Uint64(h.Bits[8*i:])
	}
	return c
}

// bitsOf returns the Bits of which c was made.
func bitsOf(c index.Code) (b [32]byte) {
	for i, v := range c {
		binary.BigEndian.PutUint64(b[8*i:], v)
	}
	return b
}

// entryID names the entry c of a list of kind k: the first 16 hexadecimal
// digits of SHA-256 over the kind's name, a colon and the hash's bytes. It is the
// same in every list and every process, and does not give the hash away.
func entryID(k Kind, c index.Code) string {
	b := bitsOf(c)
	sum := sha256.Sum256(append([]byte(k.String()+":"), b[:k.size()]...))
	return hex.EncodeToString(sum[:8])
}

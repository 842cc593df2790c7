package seal

import (
	"bytes"
	"math/bits"
)

// pad puts blanks behind the last line, which every reader of JSON passes over, so that the
// size of what is encrypted tells less of what is in it.
func pad(plain []byte) []byte {
	return append(plain, bytes.Repeat([]byte(" "), padme(len(plain))-len(plain))...)
}

// padme is the size to which one is padded: the next that in binary is a floating-point number
// whose mantissa is no longer than its exponent. It adds at most 12 %, less the larger the size,
// and leaves O(log log n) bits of it to be seen. Padmé, of Nikitin et al., "Reducing Metadata
// Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019(4), algorithm 1.
func padme(n int) int {
	if n < 2 {
		return n
	}
	e := bits.Len(uint(n)) - 1
	s := bits.Len(uint(e))
	mask := 1<<(e-s) - 1
	return (n + mask) &^ mask
}

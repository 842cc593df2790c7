package detect

import (
	"encoding/binary"
	"time"
)

// unpacker reads what was appended as unsigned varints, times and strings with their
// length before them. What is damaged reads as zero, and bad says so.
type unpacker struct {
	data []byte
	bad  bool
}

func (u *unpacker) uint() uint64 {
	n, size := binary.Uvarint(u.data)
	if size <= 0 {
		u.bad, u.data = true, nil
		return 0
	}
	u.data = u.data[size:]
	return n
}

// int reads a number that is at most most.
func (u *unpacker) int(most int) int {
	n := u.uint()
	if n > uint64(most) {
		u.bad = true
		return 0
	}
	return int(n)
}

func (u *unpacker) bytes(n int) []byte {
	if n > len(u.data) {
		u.bad, u.data = true, nil
		return make([]byte, n)
	}
	b := u.data[:n]
	u.data = u.data[n:]
	return b
}

func (u *unpacker) time() time.Time { return readTime(u.bytes(timeSize)) }

// maxPacked is the longest string that is packed, in bytes.
const maxPacked = 4 * maxRef

func (u *unpacker) string() string { return string(u.bytes(u.int(maxPacked))) }

func appendString(data []byte, s string) []byte {
	return append(binary.AppendUvarint(data, uint64(len(s))), s...)
}

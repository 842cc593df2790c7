package split

import (
	"bytes"
	"errors"
	"io/fs"
	"time"

	"github.com/vigil-stream/vigil/payments"
)

// town is a token by which two municipalities can be compared, and no others.
func (s *Splitter) town(country string, town []byte) string {
	if len(town) == 0 {
		return ""
	}
	return s.tok.Town(country, string(town))
}

// oneAddress compares addresses, which go no further. An address without a town may
// be that of many towns, so towns and countries must not contradict each other.
func oneAddress(a, b payments.Party) bool {
	if a.Address == "" || b.Address == "" || differ(a.Country, b.Country) {
		return false
	}
	var scratch [4][128]byte
	townA, townB := appendPlace(scratch[0][:0], a.Town), appendPlace(scratch[1][:0], b.Town)
	if len(townA) > 0 && len(townB) > 0 && !bytes.Equal(townA, townB) {
		return false
	}
	lineA, lineB := appendPlace(scratch[2][:0], a.Address), appendPlace(scratch[3][:0], b.Address)
	return len(lineA) > 0 && bytes.Equal(lineA, lineB)
}

// differ reports whether both are known and not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }

// maxPaidOut is ten years, in minutes.
const maxPaidOut = 5_256_000

// paidOutAfter is in minutes, rounded up; a payout before the transfer is no payout.
func paidOutAfter(t *payments.Transaction) int {
	if t.PaidOut.IsZero() || t.PaidOut.Before(t.At) {
		return 0
	}
	minutes := (t.PaidOut.Sub(t.At) + time.Minute - 1) / time.Minute
	return int(min(max(minutes, 1), maxPaidOut))
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

package profile

import (
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

// TestTokensAreHex holds what reads eight digits at once to what reads each.
func TestTokensAreHex(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		var want Token
		for i := range want {
			want[i] = byte(r.Uint32())
		}
		digits := hex.EncodeToString(want[:])
		if got := TokenOf(signal.Subject("sub_" + digits)); got != want {
			t.Fatalf("%s: got %x", digits, got)
		}
		id, err := strconv.ParseUint(digits[:16], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := first8(digits); got != id {
			t.Fatalf("%s: the first eight bytes are %x", digits, got)
		}
	}
	for _, s := range []string{"", "sub_", "sub_0123", "0123456789abcde"} {
		if TokenOf(signal.Subject(s)) != (Token{}) || first8(s) != 0 {
			t.Errorf("%q has a token", s)
		}
	}
}

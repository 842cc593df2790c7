package hashdb

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDigest(t *testing.T) {
	// The digests of "abc" that RFC 1321 and FIPS 180 give.
	for kind, want := range map[Kind]string{
		KindMD5:    "900150983cd24fb0d6963f7d28e17f72",
		KindSHA1:   "a9993e364706816aba3e25717850c26c9cd0d89d",
		KindSHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	} {
		got, err := Digest(kind, iotest.OneByteReader(strings.NewReader("abc")))
		if err != nil || got.Kind != kind || got.String() != want {
			t.Errorf("%v: %v, %v, want %v", kind, got, err, want)
		}
		broken := errors.New("broken")
		if _, err := Digest(kind, io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("%v of what cannot be read: error %v", kind, err)
		}
	}
	for _, kind := range []Kind{0, KindPDQ, KindPHash, KindDHash, KindAHash, 99} {
		if _, err := Digest(kind, strings.NewReader("abc")); err == nil {
			t.Errorf("%v: no error for a kind that is no digest", kind)
		}
	}
}

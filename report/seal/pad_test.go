package seal

import (
	"bytes"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

// TestSizesTellLittle: payloads of many sizes make records of few, and attachments are padded
// with them. All open, line by line as they were.
func TestSizesTellLittle(t *testing.T) {
	s, id := newSigner(t), newIdentity(t)
	sizes := map[int]int{}
	for n := range 200 {
		payload := []byte(strings.Repeat("x", 12_000+n*40))
		data, _, err := Seal(payloadType, payload, s.key, s.sign, []age.Recipient{id.Recipient()})
		if err != nil {
			t.Fatal(err)
		}
		sizes[len(data)]++
		if _, got, err := Open(data, s.key, []age.Identity{id}); err != nil || !bytes.Equal(got, payload) {
			t.Fatal(err)
		}
	}
	if len(sizes) > 12 { // a KiB apart, of envelopes of 16 to 27 KiB
		t.Errorf("%d sizes: %v", len(sizes), sizes)
	}
	files := []Attachment{Attach("image/jpeg", []byte("one")), Attach("image/jpeg", []byte("another"))}
	data, _, err := SealWith(payloadType, []byte(`{}`), files, s.key, s.sign, []age.Recipient{id.Recipient()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := OpenRecord(data, s.key, []age.Identity{id})
	if err != nil || !slices.EqualFunc(r.Attachments, files, func(a, b Attachment) bool { return a.SHA256 == b.SHA256 }) {
		t.Errorf("%+v, %v", r, err)
	}
	plain, err := decrypt(data, []age.Identity{id})
	if err != nil || len(plain) != padme(len(plain)) || bytes.Count(plain, []byte("\n")) != len(files) {
		t.Errorf("%d bytes in %d lines, %v", len(plain), bytes.Count(plain, []byte("\n"))+1, err)
	}
}

// TestPadme holds sizes to what the paper says of them.
func TestPadme(t *testing.T) {
	for n := range 1 << 20 {
		p := padme(n)
		mantissa := bits.Len(uint(p)) - bits.TrailingZeros(uint(p)) - 1
		exponent := bits.Len(uint(max(bits.Len(uint(p)), 1) - 1))
		if p < n || padme(p) != p || n > 0 && float64(p-n)/float64(n) > 0.12 || n > 1 && mantissa > exponent {
			t.Fatalf("%d is padded to %d", n, p)
		}
	}
	if most := padme(MaxSealed - 1); most > MaxSealed {
		t.Errorf("what is smaller than the limit is padded to %d", most)
	}
}

package hashdb

import (
	"strings"
	"testing"
)

const pdqHex = "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22"

func mustParse(t testing.TB, k Kind, text string) Hash {
	t.Helper()
	h, err := ParseHash(k, text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestParseHash(t *testing.T) {
	for _, test := range []struct {
		name string
		kind Kind
		text string
		want string // In the error; empty for none.
	}{
		{"pdq", KindPDQ, pdqHex, ""},
		{"capitals", KindPDQ, strings.ToUpper(pdqHex), ""},
		{"phash", KindPHash, "00112233aabbccdd", ""},
		{"short", KindPDQ, pdqHex[1:], "pdq hash has 63 characters, want 64"},
		{"long", KindAHash, pdqHex, "ahash hash has 64 characters, want 16"},
		{"empty", KindDHash, "", "dhash hash has 0 characters, want 16"},
		{"not hex", KindPHash, "0011223xaabbccdd", "character 8 of 16 is not"},
		{"first", KindPHash, "g011223faabbccdd", "character 1 of 16 is not"},
		{"last", KindPHash, "0011223faabbccd:", "character 16 of 16 is not"},
		{"no kind", Kind(9), pdqHex, "kind(9) is not a kind"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, err := ParseHash(test.kind, test.text)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("error %v, want one with %q", err, test.want)
				}
				if len(test.text) > 4 && strings.Contains(err.Error(), test.text[:4]) {
					t.Errorf("error %q quotes the text", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := h.String(); got != strings.ToLower(test.text) {
				t.Errorf("reads back as %s", got)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	a := mustParse(t, KindPDQ, pdqHex)
	flipped := a
	flipped.Bits[0] ^= 0x80
	flipped.Bits[13] ^= 0x18
	flipped.Bits[31] ^= 0x01
	if d, ok := a.Distance(flipped); d != 4 || !ok {
		t.Errorf("distance %d, %v, want 4, true", d, ok)
	}
	inverse := a
	for i := range inverse.Bits {
		inverse.Bits[i] ^= 0xff
	}
	if d, ok := a.Distance(inverse); d != 256 || !ok {
		t.Errorf("distance %d, %v, want 256, true", d, ok)
	}
	p, d := mustParse(t, KindPHash, "00112233aabbccdd"), mustParse(t, KindDHash, "00112233aabbccdd")
	if _, ok := p.Distance(d); ok {
		t.Error("hashes of different kinds have a distance")
	}
}

func TestKindNames(t *testing.T) {
	for _, k := range Kinds() {
		got, err := ParseKind(k.String())
		if err != nil || got != k {
			t.Errorf("ParseKind(%s) = %v, %v", k, got, err)
		}
	}
	for _, name := range []string{"", "PDQ", "md4", "kind(0)"} {
		if _, err := ParseKind(name); err == nil {
			t.Errorf("ParseKind(%q) gave no error", name)
		}
	}
}

func TestEntryIDsTellKindsApart(t *testing.T) {
	c := mustParse(t, KindPHash, "00112233aabbccdd").code()
	p, d := entryID(KindPHash, c), entryID(KindDHash, c)
	if p == d || len(p) != 16 {
		t.Errorf("ids %q and %q, want two of 16 digits", p, d)
	}
	if strings.Contains(p, "0011") {
		t.Errorf("id %q gives the hash away", p)
	}
}

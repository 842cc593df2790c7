package hashdb

import (
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadLines(t *testing.T) {
	upper := strings.ToUpper(pdqHex)
	input := "\ufeff" + pdqHex + "\n" +
		"# a comment\r\n" +
		"\r\n" +
		"  " + upper + "\t\r\n" +
		"not a hash\n" +
		strings.Repeat("f", 2*maxLine) + "\n" +
		"#" + strings.Repeat(" long comment", maxLine) + "\n" +
		pdqHex[:63] + "\x00\n" +
		pdqHex // No end of line.
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(input), "byte by byte": iotest.OneByteReader(strings.NewReader(input)),
		"data with EOF": iotest.DataErrReader(strings.NewReader(input)),
	} {
		got, err := readLines(t.Context(), KindPDQ, r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := mustParse(t, KindPDQ, pdqHex).words()
		if !reflect.DeepEqual(got.hashes, []words{want, want, want}) {
			t.Errorf("%s: %d hashes, want the same one thrice", name, len(got.hashes))
		}
		var lines []int
		for _, bad := range got.bad {
			lines = append(lines, bad.Line)
			if strings.Contains(bad.Err.Error(), "not a hash") || strings.Contains(bad.Err.Error(), pdqHex[:8]) {
				t.Errorf("%s: error %q quotes the line", name, bad.Err)
			}
		}
		if !reflect.DeepEqual(lines, []int{5, 6, 8}) || got.badCount != 3 {
			t.Errorf("%s: bad lines %v, %d in all, want 5, 6 and 8", name, lines, got.badCount)
		}
	}
}

func TestBadLinesAreCapped(t *testing.T) {
	got, err := readLines(t.Context(), KindPHash, strings.NewReader(strings.Repeat("x\n", 3000)))
	if err != nil || len(got.bad) != maxBadLines || got.badCount != 3000 {
		t.Errorf("%d bad lines kept of %d, %v, want %d of 3000", len(got.bad), got.badCount, err, maxBadLines)
	}
}

func TestReadLinesFails(t *testing.T) {
	broken := errors.New("connection lost")
	for name, r := range map[string]io.Reader{
		"between lines": io.MultiReader(strings.NewReader(pdqHex+"\n"), errReader{broken}),
		"in a line":     io.MultiReader(strings.NewReader(pdqHex), errReader{broken}),
		"in a long one": io.MultiReader(strings.NewReader(strings.Repeat("f", 2*maxLine)), errReader{broken}),
	} {
		if _, err := readLines(t.Context(), KindPDQ, r); !errors.Is(err, broken) {
			t.Errorf("%s: error %v, want the reader's", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readLines(ctx, KindPDQ, strings.NewReader(pdqHex)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
}

func FuzzReadLines(f *testing.F) {
	f.Add([]byte(pdqHex + "\n# comment\n\nbad\n"))
	f.Add([]byte("\xef\xbb\xbf\r\n \x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readLines(t.Context(), KindPDQ, strings.NewReader(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range got.hashes {
			text := Hash{Kind: KindPDQ, Bits: w.bytes()}.String()
			if !strings.Contains(strings.ToLower(string(data)), text) {
				t.Fatalf("%s was not in the input", text)
			}
		}
		if lines := strings.Count(string(data), "\n") + 1; len(got.hashes)+got.badCount > lines || len(got.bad) > maxBadLines {
			t.Fatalf("%d hashes and %d bad of %d lines", len(got.hashes), got.badCount, lines)
		}
	})
}

func FuzzParseHash(f *testing.F) {
	f.Add(uint8(KindPDQ), pdqHex)
	f.Add(uint8(KindAHash), "FFFFFFFFFFFFFFFF")
	f.Add(uint8(0), "")
	f.Fuzz(func(t *testing.T, k uint8, text string) {
		h, err := ParseHash(Kind(k), text)
		if err != nil {
			return
		}
		if h.String() != strings.ToLower(text) || h.words().bytes() != h.Bits {
			t.Fatalf("%q reads back as %s", text, h)
		}
	})
}

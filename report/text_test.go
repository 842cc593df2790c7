package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"  a \t b  ":               "a b",
		"a\r\nb\n\n\nc":            "a\nb\nc",
		"a\x00b\x1bc\x85d":         "a b c d",
		"a\u202eb\u200bc\ufeffd":   "abcd",
		"bad \xff\xfe bytes":       "bad bytes",
		"e\u0301":                  "é",
		"e\u200d\u0301":            "é",
		"a\uFFFEb\U000FFFFFc":      "abc",
		"<&>\"' ]]>":               "<&>\"' ]]>",
		"漢字 and العربية":           "漢字 and العربية",
		"":                         "",
		"\n \t":                    "",
		"line\u2028other\u2029end": "line\nother\nend",
	} {
		if got := PlainText(in); got != want {
			t.Errorf("PlainText(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzPlainText: whatever it was, XML holds what comes out, and gives it back as it is.
func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"a", "\x00\xff", "e\u0301", "\u202e", "a\r\nb", "]]>", "\U0001F600", "\uFFFE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := PlainText(in)
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) || PlainText(got) != got {
			t.Fatalf("PlainText(%q) = %q, and of that %q", in, got, PlainText(got))
		}
		for _, r := range got {
			if r != '\n' && r != ' ' && !unicode.IsGraphic(r) {
				t.Fatalf("PlainText(%q) has %U", in, r)
			}
		}
		type element struct {
			Says string `xml:"says"`
		}
		data, err := xml.Marshal(element{got})
		if err != nil {
			t.Fatal(err)
		}
		var back element
		if err := xml.NewDecoder(strings.NewReader(string(data))).Decode(&back); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if back.Says != got {
			t.Fatalf("PlainText(%q) = %q, and comes back as %q", in, got, back.Says)
		}
	})
}

package goaml

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

func TestText(t *testing.T) {
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
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFoldName(t *testing.T) {
	for in, want := range map[string]string{
		"José Ñandú": "Jose Nandu", "Straße": "Strasse", "Łukasz": "Lukasz", "D’Arcy–Smith": "D'Arcy-Smith",
		"Nguyễn": "Nguyen", "Ægir": "AEgir", "زينب": "زينب",
	} {
		if got := foldName(in); got != want {
			t.Errorf("foldName(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzText: whatever it was, XML holds what comes out, and gives it back as it is.
func FuzzText(f *testing.F) {
	for _, s := range []string{"a", "\x00\xff", "e\u0301", "\u202e", "a\r\nb", "]]>", "\U0001F600", "\uFFFE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := Text(in)
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) || Text(got) != got {
			t.Fatalf("Text(%q) = %q, and of that %q", in, got, Text(got))
		}
		for _, r := range got {
			if r != '\n' && r != ' ' && !unicode.IsGraphic(r) {
				t.Fatalf("Text(%q) has %U", in, r)
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
			t.Fatalf("Text(%q) = %q, and comes back as %q", in, got, back.Says)
		}
	})
}

// FuzzBooks: no books that people give make the builder panic, and what it makes holds
// to its own rules.
func FuzzBooks(f *testing.F) {
	f.Add(string(read(f, "testdata/books.json")))
	f.Add(`{"holder":"DEMOPHXX","transactions":[{"transactionnumber":"TX-0001"}]}`)
	b, a := builder(f), sampleAlert(f)
	f.Fuzz(func(t *testing.T, text string) {
		given, err := LoadBooks([]byte(text))
		if err != nil {
			return
		}
		out, err := b.Build(Filing{Alert: a, At: submitted, Books: given})
		if err != nil {
			return
		}
		for d := xml.NewDecoder(strings.NewReader(string(out))); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}

package goaml

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

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

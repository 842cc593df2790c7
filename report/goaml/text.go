package goaml

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Text returns s as it may stand in an element: in composed form (NFC), without what
// XML cannot hold or nobody can see (control characters, marks that turn the direction
// of text, unassigned and private ones), blanks made one blank each and lines kept.
func Text(s string) string {
	s = strings.ToValidUTF8(s, " ")
	var b strings.Builder
	var blank, line bool // what stands between the last character and the next
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			line = true
			continue
		case unicode.IsSpace(r) || unicode.IsControl(r):
			blank = true
			continue
		case !unicode.IsGraphic(r):
			continue
		}
		if b.Len() > 0 {
			switch {
			case line:
				b.WriteByte('\n')
			case blank:
				b.WriteByte(' ')
			}
		}
		blank, line = false, false
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String()) // after, since what was taken out may have stood between a letter and its accent
}

// plain are letters and marks that have no accent to take off.
var plain = strings.NewReplacer(
	"ß", "ss", "Æ", "AE", "æ", "ae", "Œ", "OE", "œ", "oe", "Ø", "O", "ø", "o", "Ð", "D", "ð", "d",
	"Đ", "D", "đ", "d", "Ł", "L", "ł", "l", "Þ", "Th", "þ", "th", "ı", "i",
	"’", "'", "‘", "'", "ʼ", "'", "`", "'", "´", "'", "‐", "-", "‑", "-", "–", "-", "—", "-", "\n", " ")

// foldName writes a name of Latin letters without accents. It leaves letters of other
// scripts, which only people can write in Latin ones.
func foldName(s string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(plain.Replace(s))))
}

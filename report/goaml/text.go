package goaml

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

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

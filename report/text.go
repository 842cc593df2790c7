package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// PlainText returns s as it may stand in an element of XML: in composed form (NFC), without what
// XML cannot hold or nobody can see (control characters, marks that turn the direction
// of text, unassigned and private ones), blanks made one blank each and lines kept.
func PlainText(s string) string {
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

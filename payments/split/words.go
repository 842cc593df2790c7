package split

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// appendFolded appends a text in lower case and without accents. Most texts are
// ASCII, and for those nothing is decomposed.
func appendFolded(dst []byte, text string) []byte {
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			return appendDecomposed(dst, text[i:])
		}
		if c >= 'A' && c <= 'Z' {
			// A letter whose accent follows as a mark of its own is plain already.
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func appendDecomposed(dst []byte, text string) []byte {
	for _, r := range norm.NFKD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
	}
	return dst
}

// nextWord returns the first run of letters of a folded text, empty at the end,
// and what follows it.
func nextWord(folded []byte) (word, rest []byte) {
	from := -1
	for i := 0; i < len(folded); {
		r, size := rune(folded[i]), 1
		letter := r >= 'a' && r <= 'z'
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(folded[i:])
			letter = unicode.IsLetter(r)
		}
		switch {
		case letter && from < 0:
			from = i
		case !letter && from >= 0:
			return folded[from:i], folded[i:]
		}
		i += size
	}
	if from < 0 {
		return nil, nil
	}
	return folded[from:], nil
}

// appendPlace appends the letters and digits of a text, folded, with one blank
// between words: the form in which towns, addresses and merchants are compared.
func appendPlace(dst []byte, text string) []byte {
	var scratch [128]byte
	start, blank := len(dst), false
	folded := appendFolded(scratch[:0], text)
	for i := 0; i < len(folded); {
		r, size := rune(folded[i]), 1
		keep := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(folded[i:])
			keep = unicode.IsLetter(r) || unicode.IsDigit(r)
		}
		if keep {
			if blank && len(dst) > start {
				dst = append(dst, ' ')
			}
			dst = append(dst, folded[i:i+size]...)
		}
		blank = !keep
		i += size
	}
	return dst
}

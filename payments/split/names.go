package split

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/signal"
)

// maxNameWords limits the words of a name that are compared.
const maxNameWords = 8

// notNames are words in names that many strangers share: particles, titles and
// forms of companies.
var notNames = wordSet(`
	al bin binti bint da das de del dela della den der di do dos du e el la las le los san santa st van vd von y
	dr herr frau miss mr mrs ms prof sr jr sir
	ag bank bv co company corp foundation gmbh inc limited llc ltd nv oy plc pte pty sa sas srl
	and the und et`)

// nameTokens makes tokens of the words of a name. Which word is the family name
// is not said in a payment, and its place differs between countries. So any word
// in common counts as a tie (notNames apart), which errs on the side of the
// innocent: strangers who share a given name are taken for relatives.
func nameTokens(tok *signal.Tokenizer, name string) []string {
	if name == "" {
		return nil
	}
	var scratch [160]byte
	word, rest := nextWord(appendFolded(scratch[:0], name))
	var tokens []string
	for ; word != nil && len(tokens) < maxNameWords; word, rest = nextWord(rest) {
		if utf8.RuneCount(word) > 1 && !notNames[string(word)] {
			if tokens == nil {
				tokens = make([]string, 0, 4)
			}
			tokens = append(tokens, tok.Surname(string(word)))
		}
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

// nameWords joins the words of a name, for a subject that has nothing else.
func nameWords(name string) string {
	var scratch [160]byte
	word, rest := nextWord(appendFolded(scratch[:0], name))
	var joined []byte
	for ; word != nil; word, rest = nextWord(rest) {
		if joined != nil {
			joined = append(joined, ' ')
		}
		joined = append(joined, word...)
	}
	return string(joined)
}

func wordSet(list string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

package rule

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The placeholders of a sentence. None stands for a name, an account or a text.
var placeholders = []string{"amounts", "count", "counterparties", "days", "value", "window"}

// A piece is a stretch of a sentence: text, or a placeholder.
type piece struct {
	text  string
	holds string
}

// sentence cuts a sentence at its placeholders; ok is false where a brace is open
// or a placeholder is none, which bad names.
func sentence(says string) (pieces []piece, bad string, ok bool) {
	for says != "" {
		before, rest, found := strings.Cut(says, "{")
		if strings.Contains(before, "}") {
			return nil, "}", false
		}
		if before != "" {
			pieces = append(pieces, piece{text: before})
		}
		if !found {
			return pieces, "", true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, "{", false
		}
		if !slices.Contains(placeholders, name) {
			return nil, name, false
		}
		pieces = append(pieces, piece{holds: name})
		says = after
	}
	return pieces, "", true
}

func (r *reader) placeholders(key string, n ast.Node, says string) {
	_, bad, ok := sentence(says)
	switch {
	case ok:
	case bad == "{" || bad == "}":
		r.at(n, key, "has a brace without its other half; placeholders are {%s}", strings.Join(placeholders, "}, {"))
	default:
		r.at(n, key, "has a placeholder that there is not; want {%s}", strings.Join(placeholders, "}, {"))
	}
}

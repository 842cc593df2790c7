// Package yamlfile parses and reads the files of YAML that people write for rooms: streams, policies,
// rules and maps of columns. It bounds a text before the parser recurses, wants one
// document, and leaves in what is given twice; a room walks the nodes itself and so tells
// every fault with its line, where a decoder would stop at the first and quote the text
// around it. It trusts no text and keeps none.
package yamlfile

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// A Fault says what is wrong with a file as such, and where: lines and columns from 1.
type Fault struct {
	Line, Column int
	Says         string // repeats nothing of the text
	Err          error  // what the parser said, which may; nil where it was not that
}

// Parse returns the one document of a text, nil where there is none, or what is wrong.
// A text has at most so many bytes, and so many brackets, or dashes of one line, open at
// once.
func Parse(text []byte, maxBytes, maxNested int) (ast.Node, *Fault) {
	if len(text) > maxBytes {
		return nil, &Fault{1, 1, fmt.Sprintf("longer than it may be: %d bytes, and the limit is %d", len(text), maxBytes), nil}
	}
	if line := deep(text, maxNested); line > 0 {
		return nil, &Fault{line, 1, fmt.Sprintf("more than %d brackets or dashes are open at once", maxNested), nil}
	}
	file, err := parse(text)
	if err != nil {
		f := &Fault{1, 1, "not YAML", err}
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
			f.Line, f.Column = at.GetToken().Position.Line, at.GetToken().Position.Column
		}
		return nil, f
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			return nil, &Fault{max(1, Line(d.Body)), 1, "a second document; want one", nil}
		}
		body = d.Body
	}
	return body, nil
}

// deep returns the line where too much is open at once, or 0. The parser recurses, and
// takes the square of the depth in time and memory.
func deep(text []byte, most int) int {
	line, depth, dashes, start := 1, 0, 0, true
	for _, c := range text {
		switch c {
		case '\n':
			line, dashes, start = line+1, 0, true
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		case '-', '?', ':':
			if start {
				dashes++
			}
		case ' ', '\t', '\r':
		default:
			start = false
		}
		if depth > most || dashes > most {
			return line
		}
	}
	return 0
}

// parse allows duplicate keys. The parser panics at some texts that are not YAML.
func parse(text []byte) (file *ast.File, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = errors.New("the parser gives up")
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

// Line is the line of a node, 0 where it is not known.
func Line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// Mapping returns the keys and values of a mapping, false where a node is none.
func Mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// Scalar returns a scalar of one line as the text it is written as, false where a node is
// none.
func Scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

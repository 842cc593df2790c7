package columns

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits of a map.
const (
	maxMap    = 256 << 10 // bytes
	maxNested = 16        // brackets open at once
	maxFaults = 50        // told at once
)

// faults gathers what is wrong with a map. The file is walked and not decoded, since a
// decoder stops at the first fault.
type faults struct{ all []fault }

type fault struct {
	line int
	text string
}

func (f *faults) add(line int, format string, args ...any) {
	f.all = append(f.all, fault{line, fmt.Sprintf(format, args...)})
}

func (f *faults) err() error {
	slices.SortStableFunc(f.all, func(a, b fault) int { return a.line - b.line })
	var errs []error
	for i, one := range f.all {
		switch {
		case i == maxFaults:
			return errors.Join(append(errs, fmt.Errorf("and %d more", len(f.all)-i))...)
		case one.line > 0:
			errs = append(errs, fmt.Errorf("line %d: %s", one.line, one.text))
		default:
			errs = append(errs, errors.New(one.text))
		}
	}
	return errors.Join(errs...)
}

// parse returns the mapping that a file is, nil where it is none.
func parse(f *faults, text []byte) []*ast.MappingValueNode {
	if len(text) > maxMap {
		f.add(1, "longer than %d bytes", maxMap)
		return nil
	}
	depth := 0 // The parser recurses.
	for _, c := range text {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > maxNested {
			f.add(1, "more than %d brackets are open at once", maxNested)
			return nil
		}
	}
	file, err := parseYAML(text)
	if err != nil {
		where := 1
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
			where = at.GetToken().Position.Line
		}
		f.add(where, "not YAML")
		return nil
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			f.add(line(d.Body), "a second document; want one")
			return nil
		}
		body = d.Body
	}
	if body == nil {
		f.add(1, "empty; want a mapping")
		return nil
	}
	return mapping(f, "the map", body)
}

// parseYAML allows duplicate keys: they are told with the rest. The parser panics at
// some texts that are not YAML.
func parseYAML(text []byte) (file *ast.File, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = errors.New("the parser gives up")
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

func line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

func mapping(f *faults, what string, n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	f.add(line(n), "%s: want a mapping", what)
	return nil
}

// keys are what to do with the value of each key.
type keys map[string]func(n ast.Node)

// in reads a mapping of known keys; prefix is told before their names.
func (k keys) in(f *faults, prefix string, values []*ast.MappingValueNode) {
	seen := map[string]bool{}
	for _, v := range values {
		name, ok := scalar(v.Key)
		switch {
		case !ok || k[name] == nil:
			f.add(line(v.Key), "%san unknown key; want %s", prefix, strings.Join(slices.Sorted(maps.Keys(k)), ", "))
		case seen[name]:
			f.add(line(v.Key), "%s%s: given twice", prefix, name)
		default:
			seen[name] = true
			k[name](v.Value)
		}
	}
}

// pairs reads a mapping of texts to texts, in its order.
func pairs(f *faults, what string, n ast.Node) (out []pair) {
	for _, v := range mapping(f, what, n) {
		key, ok := scalar(v.Key)
		value, valued := scalar(v.Value)
		if !ok || !valued {
			f.add(line(v.Key), "%s: want a text and what it stands for", what)
			continue
		}
		out = append(out, pair{key, value, line(v.Key)})
	}
	return out
}

type pair struct {
	key, value string
	line       int
}

// scalar is any scalar as the text it is written as.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func text(f *faults, what string, to *string) func(ast.Node) {
	return func(n ast.Node) {
		value, ok := scalar(n)
		if !ok {
			f.add(line(n), "%s: want a text", what)
			return
		}
		*to = value
	}
}

func texts(f *faults, what string, to *[]string) func(ast.Node) {
	return func(n ast.Node) {
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			f.add(line(n), "%s: want a sequence, as in [one, two]", what)
			return
		}
		for _, item := range list.Values {
			value, ok := scalar(item)
			if !ok {
				f.add(line(item), "%s: want a sequence of texts", what)
				continue
			}
			*to = append(*to, value)
		}
	}
}

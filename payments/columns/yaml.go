package columns

import (
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// Limits of a map.
const (
	maxMap    = 256 << 10 // bytes
	maxNested = 16        // brackets or dashes open at once
)

// parse returns the mapping that a file is, nil where it is none. It is walked and not
// decoded, since a decoder stops at the first fault.
func parse(f *yamlfile.Faults, text []byte) []*ast.MappingValueNode {
	body, fault := yamlfile.Parse(text, maxMap, maxNested)
	switch {
	case fault != nil:
		f.Add(fault.Line, "%s", fault.Says)
		return nil
	case body == nil:
		f.Add(1, "empty; want a mapping")
		return nil
	}
	return mapping(f, "the map", body)
}

func mapping(f *yamlfile.Faults, what string, n ast.Node) []*ast.MappingValueNode {
	values, ok := yamlfile.Mapping(n)
	if !ok {
		f.Add(yamlfile.Line(n), "%s: want a mapping", what)
	}
	return values
}

// keys are what to do with the value of each key.
type keys map[string]func(n ast.Node)

// in reads a mapping of known keys; prefix is told before their names.
func (k keys) in(f *yamlfile.Faults, prefix string, values []*ast.MappingValueNode) {
	seen := map[string]bool{}
	for _, v := range values {
		name, ok := yamlfile.Scalar(v.Key)
		switch {
		case !ok || k[name] == nil:
			f.Add(yamlfile.Line(v.Key), "%san unknown key; want %s", prefix, strings.Join(slices.Sorted(maps.Keys(k)), ", "))
		case seen[name]:
			f.Add(yamlfile.Line(v.Key), "%s%s: given twice", prefix, name)
		default:
			seen[name] = true
			k[name](v.Value)
		}
	}
}

// pairs reads a mapping of texts to texts, in its order.
func pairs(f *yamlfile.Faults, what string, n ast.Node) (out []pair) {
	for _, v := range mapping(f, what, n) {
		key, ok := yamlfile.Scalar(v.Key)
		value, valued := yamlfile.Scalar(v.Value)
		if !ok || !valued {
			f.Add(yamlfile.Line(v.Key), "%s: want a text and what it stands for", what)
			continue
		}
		out = append(out, pair{key, value, yamlfile.Line(v.Key)})
	}
	return out
}

type pair struct {
	key, value string
	line       int
}

func text(f *yamlfile.Faults, what string, to *string) func(ast.Node) {
	return func(n ast.Node) { yamlfile.Text(f, to)(what, n) }
}

func texts(f *yamlfile.Faults, what string, to *[]string) func(ast.Node) {
	return func(n ast.Node) { yamlfile.Texts(f, to)(what, n) }
}

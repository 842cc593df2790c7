package columns

import (
	"errors"
	"fmt"
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
	body, fault := yamlfile.Parse(text, maxMap, maxNested)
	switch {
	case fault != nil:
		f.add(fault.Line, "%s", fault.Says)
		return nil
	case body == nil:
		f.add(1, "empty; want a mapping")
		return nil
	}
	return mapping(f, "the map", body)
}

func mapping(f *faults, what string, n ast.Node) []*ast.MappingValueNode {
	values, ok := yamlfile.Mapping(n)
	if !ok {
		f.add(yamlfile.Line(n), "%s: want a mapping", what)
	}
	return values
}

// keys are what to do with the value of each key.
type keys map[string]func(n ast.Node)

// in reads a mapping of known keys; prefix is told before their names.
func (k keys) in(f *faults, prefix string, values []*ast.MappingValueNode) {
	seen := map[string]bool{}
	for _, v := range values {
		name, ok := yamlfile.Scalar(v.Key)
		switch {
		case !ok || k[name] == nil:
			f.add(yamlfile.Line(v.Key), "%san unknown key; want %s", prefix, strings.Join(slices.Sorted(maps.Keys(k)), ", "))
		case seen[name]:
			f.add(yamlfile.Line(v.Key), "%s%s: given twice", prefix, name)
		default:
			seen[name] = true
			k[name](v.Value)
		}
	}
}

// pairs reads a mapping of texts to texts, in its order.
func pairs(f *faults, what string, n ast.Node) (out []pair) {
	for _, v := range mapping(f, what, n) {
		key, ok := yamlfile.Scalar(v.Key)
		value, valued := yamlfile.Scalar(v.Value)
		if !ok || !valued {
			f.add(yamlfile.Line(v.Key), "%s: want a text and what it stands for", what)
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

func text(f *faults, what string, to *string) func(ast.Node) {
	return func(n ast.Node) {
		value, ok := yamlfile.Scalar(n)
		if !ok {
			f.add(yamlfile.Line(n), "%s: want a text", what)
			return
		}
		*to = value
	}
}

func texts(f *faults, what string, to *[]string) func(ast.Node) {
	return func(n ast.Node) {
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			f.add(yamlfile.Line(n), "%s: want a sequence, as in [one, two]", what)
			return
		}
		for _, item := range list.Values {
			value, ok := yamlfile.Scalar(item)
			if !ok {
				f.add(yamlfile.Line(item), "%s: want a sequence of texts", what)
				continue
			}
			*to = append(*to, value)
		}
	}
}

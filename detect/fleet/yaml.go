package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// A FileError lists what is wrong with a file, a line for each fault.
type FileError struct{ Faults []string }

// Error returns all faults.
func (e *FileError) Error() string { return strings.Join(e.Faults, "\n") }

const (
	maxFile   = 4 << 20 // bytes
	maxNested = 64      // brackets or dashes open at once
	maxFaults = 100     // told at once
)

// faults gathers what is wrong. The reader is written out and not left to a decoder,
// which stops at the first fault and quotes the text around it, where there may be an
// account or a stream key.
type faults struct {
	all []fault
}

type fault struct {
	line int
	text string
}

func (f *faults) add(line int, format string, args ...any) {
	f.all = append(f.all, fault{line, fmt.Sprintf(format, args...)})
}

func (f *faults) err() error {
	if len(f.all) == 0 {
		return nil
	}
	slices.SortStableFunc(f.all, func(a, b fault) int { return a.line - b.line })
	e := &FileError{}
	for i, one := range f.all {
		if i == maxFaults {
			e.Faults = append(e.Faults, fmt.Sprintf("and %d more", len(f.all)-i))
			break
		}
		text := one.text
		if one.line > 0 {
			text = fmt.Sprintf("line %d: %s", one.line, text)
		}
		e.Faults = append(e.Faults, text)
	}
	return e
}

// parse returns the one document of a file, or nil where it is empty or no YAML.
func parse(f *faults, text []byte) ast.Node {
	body, fault := yamlfile.Parse(text, maxFile, maxNested)
	if fault != nil {
		f.add(fault.Line, "%s", fault.Says)
	}
	return body
}

// fields are what to do with the value of each key.
type fields map[string]func(at string, n ast.Node)

// in reads a mapping; lines, if not nil, gets the line of each key that is there.
func (k fields) in(f *faults, at string, n ast.Node, lines map[string]int) {
	want := "a mapping of " + strings.Join(slices.Sorted(maps.Keys(k)), ", ")
	values, ok := yamlfile.Mapping(n)
	if !ok {
		f.add(yamlfile.Line(n), "%s: want %s", at, want)
		return
	}
	seen := map[string]bool{}
	for _, v := range values {
		name, ok := v.Key.(*ast.StringNode)
		switch {
		case !ok || k[name.Value] == nil:
			f.add(yamlfile.Line(v.Key), "%s: an unknown key; want %s", at, want)
		case seen[name.Value]:
			f.add(yamlfile.Line(v.Key), "%s.%s: given twice", at, name.Value)
		default:
			seen[name.Value] = true
			if lines != nil {
				lines[name.Value] = yamlfile.Line(v.Key)
			}
			k[name.Value](at+"."+name.Value, v.Value)
		}
	}
}

// text reads any scalar as the text it is written as.
func text(f *faults, to *string) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		value, ok := yamlfile.Scalar(n)
		if !ok {
			f.add(yamlfile.Line(n), "%s: want a text", at)
			return
		}
		*to = value
	}
}

func texts(f *faults, to *[]string) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			f.add(yamlfile.Line(n), "%s: want a sequence, as in [one, two]", at)
			return
		}
		for i, item := range list.Values {
			var one string
			text(f, &one)(fmt.Sprintf("%s[%d]", at, i), item)
			*to = append(*to, one)
		}
	}
}

func truth(f *faults, to *bool) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		b, ok := n.(*ast.BoolNode)
		if !ok {
			f.add(yamlfile.Line(n), "%s: want true or false", at)
			return
		}
		*to = b.Value
	}
}

func number(f *faults, to *float64) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		switch n := n.(type) {
		case *ast.IntegerNode:
			switch v := n.Value.(type) {
			case uint64:
				*to = float64(v)
				return
			case int64:
				*to = float64(v)
				return
			}
		case *ast.FloatNode:
			*to = n.Value
			return
		}
		f.add(yamlfile.Line(n), "%s: want a number", at)
	}
}

func duration(f *faults, to *time.Duration) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		if s, ok := n.(*ast.StringNode); ok {
			if d, err := time.ParseDuration(s.Value); err == nil {
				*to = d
				return
			}
		}
		f.add(yamlfile.Line(n), "%s: want a duration, as in 90s or 10m", at)
	}
}

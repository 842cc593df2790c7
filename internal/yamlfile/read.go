package yamlfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// An Error lists what is wrong with a file, a line for each fault.
type Error struct{ Faults []string }

// Error returns all faults.
func (e *Error) Error() string { return strings.Join(e.Faults, "\n") }

// maxFaults is how many faults are told at once.
const maxFaults = 100

// Faults gathers what is wrong with a file.
type Faults struct{ all []told }

type told struct {
	line int
	text string
}

// Add notes a fault; its line is 0 where it has none.
func (f *Faults) Add(line int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if line > 0 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	f.all = append(f.all, told{line, text})
}

// Len is how many faults there are.
func (f *Faults) Len() int { return len(f.all) }

// Err is an *[Error] of all faults in the order of their lines, nil where there are none.
func (f *Faults) Err() error {
	if len(f.all) == 0 {
		return nil
	}
	slices.SortStableFunc(f.all, func(a, b told) int { return a.line - b.line })
	e := &Error{}
	for i, one := range f.all {
		if i == maxFaults {
			e.Faults = append(e.Faults, fmt.Sprintf("and %d more", len(f.all)-i))
			break
		}
		e.Faults = append(e.Faults, one.text)
	}
	return e
}

// Keys are what to do with the value of each key of a mapping, which is told where it is.
type Keys map[string]func(at string, n ast.Node)

// In reads a mapping; lines, if not nil, gets the line of each key that is there.
func (k Keys) In(f *Faults, at string, n ast.Node, lines map[string]int) {
	want := "a mapping of " + strings.Join(slices.Sorted(maps.Keys(k)), ", ")
	values, ok := Mapping(n)
	if !ok {
		f.Add(Line(n), "%s: want %s", at, want)
		return
	}
	seen := map[string]bool{}
	for _, v := range values {
		name, ok := v.Key.(*ast.StringNode)
		switch {
		case !ok || k[name.Value] == nil:
			f.Add(Line(v.Key), "%s: an unknown key; want %s", at, want)
		case seen[name.Value]:
			f.Add(Line(v.Key), "%s.%s: given twice", at, name.Value)
		default:
			seen[name.Value] = true
			if lines != nil {
				lines[name.Value] = Line(v.Key)
			}
			k[name.Value](at+"."+name.Value, v.Value)
		}
	}
}

// Text reads any scalar as the text it is written as.
func Text(f *Faults, to *string) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		value, ok := Scalar(n)
		if !ok {
			f.Add(Line(n), "%s: want a text", at)
			return
		}
		*to = value
	}
}

// Texts reads a sequence of scalars.
func Texts(f *Faults, to *[]string) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			f.Add(Line(n), "%s: want a sequence, as in [one, two]", at)
			return
		}
		for i, item := range list.Values {
			var one string
			Text(f, &one)(fmt.Sprintf("%s[%d]", at, i), item)
			*to = append(*to, one)
		}
	}
}

// Truth reads true or false.
func Truth(f *Faults, to *bool) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		b, ok := n.(*ast.BoolNode)
		if !ok {
			f.Add(Line(n), "%s: want true or false", at)
			return
		}
		*to = b.Value
	}
}

// Number reads a number, whole or not.
func Number(f *Faults, to *float64) func(string, ast.Node) {
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
		f.Add(Line(n), "%s: want a number", at)
	}
}

// Whole reads a whole number within ±2³¹.
func Whole(f *Faults, to *int) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		if i, ok := n.(*ast.IntegerNode); ok {
			switch v := i.Value.(type) {
			case uint64:
				if v <= 1<<31 {
					*to = int(v)
					return
				}
			case int64:
				if v >= -1<<31 && v <= 1<<31 {
					*to = int(v)
					return
				}
			}
		}
		f.Add(Line(n), "%s: want a whole number", at)
	}
}

// Duration reads a duration as Go writes it.
func Duration(f *Faults, to *time.Duration) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		if s, ok := n.(*ast.StringNode); ok {
			if d, err := time.ParseDuration(s.Value); err == nil {
				*to = d
				return
			}
		}
		f.Add(Line(n), "%s: want a duration, as in 90s, 10m or 24h", at)
	}
}

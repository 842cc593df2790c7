package rule

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// A Fault is one thing that is wrong with a rule file.
type Fault struct {
	Line, Column int    // the first is 1; 0 is the file as a whole
	Key          string // where, as in rules[2].where.amount
	Says         string // what is wrong and what would be right
}

func (f Fault) String() string {
	text := f.Says
	if f.Key != "" {
		text = f.Key + ": " + text
	}
	return fmt.Sprintf("%d:%d: %s", f.Line, f.Column, text)
}

// maxFaults limits how many are told at once.
const maxFaults = 100

// A FileError has all that is wrong with a rule file, by line and column.
type FileError struct {
	Name   string // of the file; may be empty
	Faults []Fault
}

// Error says all faults, a line for each: NAME:LINE:COLUMN: KEY: what is wrong.
func (e *FileError) Error() string {
	var lines []string
	for i, f := range e.Faults {
		if i == maxFaults {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Faults)-i))
			break
		}
		if e.Name != "" {
			lines = append(lines, e.Name+":"+f.String())
			continue
		}
		lines = append(lines, f.String())
	}
	return strings.Join(lines, "\n")
}

// WithName puts the name of the file into an error of [Read].
func WithName(err error, name string) error {
	var file *FileError
	if errors.As(err, &file) {
		return &FileError{Name: name, Faults: file.Faults}
	}
	return err
}

// faults gathers what is wrong.
type faults struct{ all []Fault }

func (f *faults) at(n ast.Node, key, format string, args ...any) {
	line, column := place(n)
	f.add(line, column, key, format, args...)
}

func (f *faults) add(line, column int, key, format string, args ...any) {
	f.all = append(f.all, Fault{line, column, key, fmt.Sprintf(format, args...)})
}

func (f *faults) err() error {
	if len(f.all) == 0 {
		return nil
	}
	slices.SortStableFunc(f.all, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &FileError{Faults: f.all}
}

func place(n ast.Node) (line, column int) {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1, 1
	}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return place(m.Values[0].Key) // its own token is the first colon
	}
	if v, ok := n.(*ast.MappingValueNode); ok {
		return place(v.Key)
	}
	p := n.GetToken().Position
	return p.Line, p.Column
}

// notYAML says where the parser gave up, and why.
func (f *faults) notYAML(fault *yamlfile.Fault) {
	says := "is " + fault.Says
	var at yaml.Error
	if errors.As(fault.Err, &at) {
		says += ": " + at.GetMessage()
	}
	f.add(fault.Line, fault.Column, "", "%s", says)
}

package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// Limits of a file, so that no text makes the reader work for long.
const (
	MaxFile   = 256 << 10 // bytes
	maxNested = 32        // brackets, or dashes of one line, open at once
	maxRules  = 500
	maxListed = 10_000 // subjects in all lists of a file together
	maxText   = 300    // characters of a title, a source or a sentence
	maxDepth  = 4      // of any_of and not within each other
	maxTests  = 64     // tests of one condition
)

// The reader is written out and not left to a decoder, which would stop at the
// first fault: an analyst wants them all.

// parse returns the one document of a file, or nil where there is none.
func parse(f *faults, text []byte) ast.Node {
	body, fault := yamlfile.Parse(text, MaxFile, maxNested)
	switch {
	case fault != nil && fault.Err != nil:
		f.notYAML(fault)
	case fault != nil:
		f.add(fault.Line, fault.Column, "", "%s", fault.Says)
	case body == nil:
		f.add(1, 1, "", "the file is empty; want version and rules")
	}
	return body
}

// items returns the values of a sequence.
func items(n ast.Node) ([]ast.Node, bool) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, false
	}
	return list.Values, true
}

// plain returns a scalar as the text that it is written as.
func plain(n ast.Node) (string, bool) {
	if l, ok := n.(*ast.LiteralNode); ok {
		return strings.TrimSpace(l.Value.Value), true
	}
	return yamlfile.Scalar(n)
}

// A field is what to do with the value of a key.
type field struct {
	read func(key string, n ast.Node)
	must bool // the key must be there
}

// object reads a mapping by its fields, and returns the keys' nodes.
func (f *faults) object(key string, n ast.Node, fields map[string]field) map[string]ast.Node {
	values, ok := yamlfile.Mapping(n)
	if !ok {
		f.at(n, key, "%swant a mapping of %s", wrongKind(n), names(fields))
		return nil
	}
	seen := make(map[string]ast.Node)
	for _, v := range values {
		name, ok := plain(v.Key)
		if !ok {
			f.at(v.Key, key, "want a key of %s", names(fields))
			continue
		}
		at := join(key, name)
		switch fd, known := fields[name]; {
		case !known:
			f.at(v.Key, at, "%s", unknownKey(name, slices.Sorted(maps.Keys(fields))))
		case seen[name] != nil:
			f.at(v.Key, at, "is given twice")
		default:
			seen[name] = v.Key
			fd.read(at, v.Value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fields[name].must && seen[name] == nil {
			f.at(n, join(key, name), "is missing")
		}
	}
	return seen
}

func names(fields map[string]field) string {
	return strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

func wrongKind(n ast.Node) string {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		return "anchors, aliases and tags are not read: write it out; "
	case *ast.NullNode:
		return "is empty; "
	}
	return ""
}

// never are words for what Vigil does not look at, whatever the rule.
var never = map[string]string{
	"nationality": "nationality", "citizenship": "nationality", "ethnicity": "ethnicity", "religion": "religion",
	"sex": "sex", "gender": "sex", "age": "age", "birth": "age", "birth_date": "age", "date_of_birth": "age",
	"name": "a person's name", "surname": "a person's name", "first_name": "a person's name", "language": "language",
}

// unknownKey says what to write in place of a key that there is not.
func unknownKey(name string, known []string) string {
	if what := never[strings.ToLower(name)]; what != "" && !slices.Contains(known, name) {
		return fmt.Sprintf("no rule may look at %s, and no transfer carries it", what)
	}
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("there is no such key; did you mean %s?", near)
	}
	return "there is no such key; want one of " + strings.Join(known, ", ")
}

// nearest returns the known word within two changes of a letter, or none.
func nearest(word string, known []string) string {
	best, top := 3, ""
	for _, k := range known {
		if d := distance(word, k); d < best && d < len(word) && d < len(k) {
			best, top = d, k
		}
	}
	return top
}

// distance is Levenshtein's, of words that are short.
func distance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			last, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, last+cost)
		}
	}
	return row[len(b)]
}

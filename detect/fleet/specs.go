package fleet

import (
	"embed"
	"fmt"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
	"github.com/vigil-stream/vigil/signal"
)

//go:embed schema/*.json
var schemas embed.FS

var streamSchema = signal.MustSchema(schemas, "schema/stream.json")

// DecodeSpec reads a value of the topic streams. What does not fit is a
// signal.Rejection that names the field.
func DecodeSpec(data []byte) (Spec, error) {
	var s Spec
	if err := streamSchema.Decode(data, &s); err != nil {
		return Spec{}, fmt.Errorf("stream: %w", err)
	}
	var first *signal.Rejection
	s.check(func(field, format string, args ...any) {
		if first == nil {
			first = signal.Reject("schema", "/%s: %s", field, fmt.Sprintf(format, args...))
		}
	})
	if first != nil {
		return Spec{}, fmt.Errorf("stream: %w", first)
	}
	return s, nil
}

// MaxSpecs is how many streams one file may name.
const MaxSpecs = 10_000

// ReadSpecs reads a streams file: a YAML sequence of mappings whose keys are those of
// Spec in JSON, without state; or a mapping whose one key, streams, has the sequence.
// The error is a *FileError with every fault and its
// line.
func ReadSpecs(text []byte) ([]Spec, error) {
	f := &yamlfile.Faults{}
	var specs []Spec
	doc := parse(f, text)
	if m, ok := doc.(*ast.MappingNode); ok && len(m.Values) == 1 && m.Values[0].Key.String() == "streams" {
		doc = m.Values[0].Value
	}
	switch n := doc.(type) {
	case nil:
	case *ast.NullNode:
	case *ast.SequenceNode:
		if len(n.Values) > MaxSpecs {
			f.Add(yamlfile.Line(n), "streams: %d of them, want at most %d", len(n.Values), MaxSpecs)
			break
		}
		first := map[key]int{}
		for i, item := range n.Values {
			s := readSpec(f, fmt.Sprintf("streams[%d]", i), item)
			if before, ok := first[s.key()]; ok && s.Stream != "" {
				f.Add(yamlfile.Line(item), "streams[%d]: the same platform and stream as in line %d", i, before)
			} else {
				first[s.key()] = yamlfile.Line(item)
			}
			specs = append(specs, s)
		}
	default:
		f.Add(yamlfile.Line(n), "streams: want a sequence, each a mapping that begins with a dash")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return specs, nil
}

func readSpec(f *yamlfile.Faults, at string, n ast.Node) Spec {
	var s Spec
	lines := map[string]int{}
	before := f.Len()
	yamlfile.Keys{
		"stream":   yamlfile.Text(f, &s.Stream),
		"platform": yamlfile.Text(f, &s.Platform),
		"account":  yamlfile.Text(f, &s.Account),
		"subject":  yamlfile.Text(f, (*string)(&s.Subject)),
		"input":    yamlfile.Text(f, &s.Input),
		"listen":   yamlfile.Truth(f, &s.Listen),
		"private":  yamlfile.Truth(f, &s.Private),
		"country":  yamlfile.Text(f, &s.Country),
		"fps":      yamlfile.Number(f, &s.FPS),
		"loop":     yamlfile.Truth(f, &s.Loop),
	}.In(f, at, n, lines)
	if f.Len() > before { // What could not be read would be reported as missing.
		return s
	}
	s.check(func(field, format string, args ...any) {
		where := yamlfile.Line(n)
		if l, ok := lines[field]; ok {
			where = l
		}
		f.Add(where, "%s.%s: %s", at, field, fmt.Sprintf(format, args...))
	})
	return s
}

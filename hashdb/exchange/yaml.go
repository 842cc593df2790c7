package exchange

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/hashdb"
)

// ConfigError lists what is wrong with a configuration, a line for each fault.
type ConfigError struct{ Faults []string }

// Error returns all faults.
func (e *ConfigError) Error() string { return strings.Join(e.Faults, "\n") }

// maxFaults is how many faults are told at once.
const maxFaults = 100

// faults gathers what is wrong.
type faults struct {
	all []fault
}

type fault struct {
	line int
	text string
}

func (f *faults) add(line int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if line > 0 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	f.all = append(f.all, fault{line, text})
}

func (f *faults) err() error {
	if len(f.all) == 0 {
		return nil
	}
	slices.SortStableFunc(f.all, func(a, b fault) int { return a.line - b.line })
	e := &ConfigError{}
	for i, one := range f.all {
		if i == maxFaults {
			e.Faults = append(e.Faults, fmt.Sprintf("and %d more", len(f.all)-i))
			break
		}
		e.Faults = append(e.Faults, one.text)
	}
	return e
}

// UnmarshalYAML reads and checks the section. It is written out and not left to the
// decoder, which stops at the first fault and quotes the text around it, where an
// operator may have put a password.
func (s *SourceConfigs) UnmarshalYAML(n ast.Node) error {
	f := &faults{}
	*s = nil
	switch n := n.(type) {
	case *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		for i, item := range n.Values {
			c := SourceConfig{Line: line(item)}
			c.read(f, fmt.Sprintf("exchanges[%d]", i), item)
			*s = append(*s, c)
		}
	default:
		f.add(line(n), "exchanges: want a sequence, each item a mapping that begins with a dash")
	}
	if len(f.all) == 0 { // Otherwise what could not be read would be reported as missing.
		s.check(f)
	}
	return f.err()
}

// fields are what to do with the value of each key.
type fields map[string]func(at string, n ast.Node)

// mapping reads a mapping's keys.
func mapping(f *faults, at string, n ast.Node, known func(key string) func(at string, n ast.Node), want string) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		f.add(line(n), "%s: want %s", at, want)
		return
	}
	for _, v := range values {
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			f.add(line(v.Key), "%s: a key is not a plain word", at)
			continue
		}
		set := known(key.Value)
		if set == nil {
			f.add(line(v.Key), "%s: no key %.40q; want %s", at, key.Value, want)
			continue
		}
		set(at+"."+key.Value, v.Value)
	}
}

func (k fields) in(f *faults, at string, n ast.Node) {
	names := slices.Sorted(maps.Keys(k))
	mapping(f, at, n, func(key string) func(string, ast.Node) { return k[key] }, "a mapping of "+strings.Join(names, ", "))
}

func (c *SourceConfig) read(f *faults, at string, n ast.Node) {
	fields{
		"source":      text(f, &c.Source),
		"exchange":    text(f, &c.Exchange),
		"url":         text(f, &c.URL),
		"insecure":    truth(f, &c.Insecure),
		"path":        text(f, &c.Path),
		"every":       duration(f, &c.Every),
		"stale_after": duration(f, &c.StaleAfter),
		"credentials": func(at string, n ast.Node) { c.Credentials = readCredentials(f, at, n) },
		"list":        func(at string, n ast.Node) { c.List.read(f, at, n) },
		"kinds":       func(at string, n ast.Node) { c.Kinds = readKinds(f, at, n) },
		"options": func(at string, n ast.Node) {
			c.Options = Options{}
			mapping(f, at, n, func(key string) func(string, ast.Node) {
				return func(at string, n ast.Node) {
					var value string
					text(f, &value)(at, n)
					c.Options[key] = value
				}
			}, "a mapping of the exchange's options")
		},
	}.in(f, at, n)
}

var credentialName = regexp.MustCompile(`^[a-z_]{1,32}$`)

func readCredentials(f *faults, at string, n ast.Node) Credentials {
	all, where := Credentials{}, at
	mapping(f, at, n, func(name string) func(string, ast.Node) {
		return func(at string, n ast.Node) {
			if !credentialName.MatchString(name) { // Not repeated: it may be a secret.
				f.add(line(n), "%s: a credential's name has 1 to 32 lower-case letters and '_'", where)
				return
			}
			switch n.(type) {
			case *ast.MappingNode, *ast.MappingValueNode:
			default:
				f.add(line(n), "%s: a secret must not be in the configuration, which is copied, shown and kept; "+
					"put it into a file of mode 0600 or the environment, and say {file: path} or {env: NAME}", at)
				return
			}
			var one Credential
			fields{"file": text(f, &one.File), "env": text(f, &one.Env)}.in(f, at, n)
			all[name] = one
		}
	}, "a mapping of names to {file: path} or {env: NAME}")
	return all
}

func readKinds(f *faults, at string, n ast.Node) map[hashdb.Kind]ListConfig {
	all := map[hashdb.Kind]ListConfig{}
	mapping(f, at, n, func(name string) func(string, ast.Node) {
		k, err := hashdb.ParseKind(name)
		if err != nil {
			return nil
		}
		return func(at string, n ast.Node) {
			var one ListConfig
			one.read(f, at, n)
			all[k] = one
		}
	}, "a mapping of kinds of hash, as in pdq, to what is said of their lists")
	return all
}

func (l *ListConfig) read(f *faults, at string, n ast.Node) {
	var state string
	fields{
		"owner":        optional(f, &l.Owner, text),
		"category":     optional(f, &l.Category, text),
		"severity":     optional(f, &l.Severity, text),
		"jurisdiction": optional(f, &l.Jurisdiction, text),
		"terms":        optional(f, &l.Terms, text),
		"state": func(at string, n ast.Node) {
			text(f, &state)(at, n)
			s := hashdb.State(state)
			l.State = &s
		},
		"radius": optional(f, &l.Radius, number),
		"allow":  optional(f, &l.Allow, truth),
	}.in(f, at, n)
}

func line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// optional reads into a pointer that is nil until then.
func optional[T any](f *faults, to **T, read func(*faults, *T) func(string, ast.Node)) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		var v T
		read(f, &v)(at, n)
		*to = &v
	}
}

// text reads any scalar as the text it is written as.
func text(f *faults, to *string) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		switch n := n.(type) {
		case *ast.StringNode:
			*to = n.Value
		case *ast.LiteralNode:
			*to = strings.TrimSuffix(n.Value.Value, "\n")
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
			*to = n.GetToken().Value
		default:
			f.add(line(n), "%s: want a text", at)
		}
	}
}

func truth(f *faults, to *bool) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		b, ok := n.(*ast.BoolNode)
		if !ok {
			f.add(line(n), "%s: want true or false", at)
			return
		}
		*to = b.Value
	}
}

func number(f *faults, to *int) func(string, ast.Node) {
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
		f.add(line(n), "%s: want a whole number", at)
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
		f.add(line(n), "%s: want a duration, as in 90s, 10m or 24h", at)
	}
}

package exchange

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// ConfigError lists what is wrong with a configuration, a line for each fault.
type ConfigError = yamlfile.Error

// UnmarshalYAML reads and checks the section. It is written out and not left to the
// decoder, which stops at the first fault and quotes the text around it, where an
// operator may have put a password.
func (s *SourceConfigs) UnmarshalYAML(n ast.Node) error {
	f := &yamlfile.Faults{}
	*s = nil
	switch n := n.(type) {
	case *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		for i, item := range n.Values {
			c := SourceConfig{Line: yamlfile.Line(item)}
			c.read(f, fmt.Sprintf("exchanges[%d]", i), item)
			*s = append(*s, c)
		}
	default:
		f.Add(yamlfile.Line(n), "exchanges: want a sequence, each item a mapping that begins with a dash")
	}
	if f.Len() == 0 { // Otherwise what could not be read would be reported as missing.
		s.check(f)
	}
	return f.Err()
}

// fields are what to do with the value of each key.
type fields map[string]func(at string, n ast.Node)

// mapping reads a mapping's keys.
func mapping(f *yamlfile.Faults, at string, n ast.Node, known func(key string) func(at string, n ast.Node), want string) {
	values, ok := yamlfile.Mapping(n)
	if !ok {
		f.Add(yamlfile.Line(n), "%s: want %s", at, want)
		return
	}
	for _, v := range values {
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			f.Add(yamlfile.Line(v.Key), "%s: a key is not a plain word", at)
			continue
		}
		set := known(key.Value)
		if set == nil {
			f.Add(yamlfile.Line(v.Key), "%s: no key %.40q; want %s", at, key.Value, want)
			continue
		}
		set(at+"."+key.Value, v.Value)
	}
}

func (k fields) in(f *yamlfile.Faults, at string, n ast.Node) {
	names := slices.Sorted(maps.Keys(k))
	mapping(f, at, n, func(key string) func(string, ast.Node) { return k[key] }, "a mapping of "+strings.Join(names, ", "))
}

func (c *SourceConfig) read(f *yamlfile.Faults, at string, n ast.Node) {
	fields{
		"source":      text(f, &c.Source),
		"exchange":    text(f, &c.Exchange),
		"url":         text(f, &c.URL),
		"insecure":    yamlfile.Truth(f, &c.Insecure),
		"path":        text(f, &c.Path),
		"every":       yamlfile.Duration(f, &c.Every),
		"stale_after": yamlfile.Duration(f, &c.StaleAfter),
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

func readCredentials(f *yamlfile.Faults, at string, n ast.Node) Credentials {
	all, where := Credentials{}, at
	mapping(f, at, n, func(name string) func(string, ast.Node) {
		return func(at string, n ast.Node) {
			if !credentialName.MatchString(name) { // Not repeated: it may be a secret.
				f.Add(yamlfile.Line(n), "%s: a credential's name has 1 to 32 lower-case letters and '_'", where)
				return
			}
			switch n.(type) {
			case *ast.MappingNode, *ast.MappingValueNode:
			default:
				f.Add(yamlfile.Line(n), "%s: a secret must not be in the configuration, which is copied, shown and kept; "+
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

func readKinds(f *yamlfile.Faults, at string, n ast.Node) map[hashdb.Kind]ListConfig {
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

func (l *ListConfig) read(f *yamlfile.Faults, at string, n ast.Node) {
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
		"radius": optional(f, &l.Radius, yamlfile.Whole),
		"allow":  optional(f, &l.Allow, yamlfile.Truth),
	}.in(f, at, n)
}

// optional reads into a pointer that is nil until then.
func optional[T any](f *yamlfile.Faults, to **T, read func(*yamlfile.Faults, *T) func(string, ast.Node)) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		var v T
		read(f, &v)(at, n)
		*to = &v
	}
}

// text reads any scalar as the text it is written as, a block of lines too.
func text(f *yamlfile.Faults, to *string) func(string, ast.Node) {
	return func(at string, n ast.Node) {
		if block, ok := n.(*ast.LiteralNode); ok {
			*to = strings.TrimSuffix(block.Value.Value, "\n")
			return
		}
		yamlfile.Text(f, to)(at, n)
	}
}

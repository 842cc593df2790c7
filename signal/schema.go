package signal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// MaxJSON limits a JSON value, in bytes.
const MaxJSON = 1 << 20

// A Schema checks JSON values before they are decoded.
type Schema struct {
	compiled *jsonschema.Schema
	quiet    bool
}

// Quiet is the schema of what others send: a Rejection counts the fields that the schema does
// not have and does not name them, since their names are the sender's words, and may be
// anybody's name or account.
func (s Schema) Quiet() Schema {
	s.quiet = true
	return s
}

// MustSchema compiles a JSON Schema (draft 2020-12) embedded in the binary, which may
// refer to others of its folder; it panics where a file is broken, which a test of its
// package shows.
func MustSchema(files fs.FS, name string) Schema {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	all, err := fs.Glob(files, path.Join(path.Dir(name), "*.json"))
	if err != nil {
		panic(err)
	}
	for _, file := range all {
		data, err := fs.ReadFile(files, file)
		if err != nil {
			panic(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			panic(fmt.Errorf("%s: %w", file, err))
		}
		if err := c.AddResource(file, doc); err != nil {
			panic(fmt.Errorf("%s: %w", file, err))
		}
	}
	return Schema{compiled: c.MustCompile(name)}
}

// Decode checks data against the schema and decodes it into v. Anything that
// does not fit is a Rejection with reason "schema", "json" or "json-too-large"
// that names the field by its JSON pointer and does not quote its value.
func (s Schema) Decode(data []byte, v any) error {
	if len(data) > MaxJSON {
		return Reject("json-too-large", "%d bytes, and the limit is %d", len(data), MaxJSON)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return Reject("json", "not JSON at byte %d", syntax.Offset)
		}
		return Reject("json", "not one whole JSON value")
	}
	if err := s.compiled.Validate(doc); err != nil {
		var invalid *jsonschema.ValidationError
		if errors.As(err, &invalid) {
			return Reject("schema", "%s", s.describe(invalid))
		}
		return Reject("schema", "does not fit the schema")
	}
	if err := json.Unmarshal(data, v); err != nil {
		// Without the error's text, which can hold a number of the value.
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return Reject("schema", "/%s: fits the schema but not the type", strings.ReplaceAll(wrong.Field, ".", "/"))
		}
		return Reject("schema", "fits the schema but not the type")
	}
	return nil
}

// Marshal returns v as the JSON value of a record: the same bytes for the same value, on one
// line without its end, and <, > and & as they are.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// describe names the first place that does not fit, without quoting its value:
// values may be personal data.
func (s Schema) describe(e *jsonschema.ValidationError) string {
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	where := "/" + strings.Join(e.InstanceLocation, "/")
	printer := message.NewPrinter(language.English)
	if k, ok := e.ErrorKind.(*kind.AdditionalProperties); ok && s.quiet {
		return fmt.Sprintf("%s: properties that the schema does not have: %d", where, len(k.Properties))
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required, *kind.AdditionalProperties, *kind.Type, *kind.MinLength,
		*kind.MaxLength, *kind.MinItems, *kind.MaxItems, *kind.Enum, *kind.Const, *kind.DependentRequired:
		return where + ": " + k.LocalizedString(printer)
	case *kind.Pattern:
		return where + ": does not match " + k.Want
	case *kind.Format:
		return where + ": is not a valid " + k.Want
	default:
		return where + ": breaks the rule " + strings.Join(e.ErrorKind.KeywordPath(), "/")
	}
}

package apitest

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is an OpenAPI 3.1 document.
type Document struct {
	root     map[string]any
	compiler *jsonschema.Compiler
	mu       sync.Mutex
	schemas  map[string]*jsonschema.Schema
}

// Read reads a document of YAML.
func Read(yamlText []byte) (*Document, error) {
	text, err := yaml.YAMLToJSON(yamlText)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	object, ok := root.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the document is no object")
	}
	d := &Document{root: object, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	return d, d.compiler.AddResource("openapi.json", root)
}

// At returns what the document has at a path of member names, nil when that is nothing.
func (d *Document) At(path ...string) map[string]any {
	node := d.root
	for _, name := range path {
		node, _ = node[name].(map[string]any)
	}
	return node
}

// Schema compiles the schema at a JSON pointer.
func (d *Document) Schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.schemas[pointer]; s != nil {
		return s, nil
	}
	s, err := d.compiler.Compile("openapi.json#" + pointer)
	d.schemas[pointer] = s
	return s, err
}

// path returns the document's path that a request's is one of.
func (d *Document) path(request string) string {
	if d.At("paths", request) != nil {
		return request
	}
	have := strings.Split(request, "/")
	for path := range d.At("paths") {
		want := strings.Split(path, "/")
		if slices.EqualFunc(want, have, func(w, h string) bool { return w == h || strings.HasPrefix(w, "{") }) {
			return path
		}
	}
	return request
}

// Check fails the test unless the document declares the answer: path, method, status,
// content type, headers and body. Paths and methods that there are not are left out.
func (d *Document) Check(t testing.TB, r *http.Request, status int, header http.Header, body []byte) {
	t.Helper()
	method := strings.ToLower(r.Method)
	if method == "head" {
		method = "get"
	}
	where := fmt.Sprintf("%s %s %d", r.Method, r.URL.Path, status)
	path := []string{"paths", d.path(r.URL.EscapedPath()), method, "responses", fmt.Sprint(status)}
	response := d.At(path...)
	if response == nil && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		return
	}
	if ref, ok := response["$ref"].(string); ok {
		path = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
		response = d.At(path...)
	}
	if response == nil {
		t.Errorf("%s is not declared", where)
		return
	}
	given, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if d.At(append(path, "content", given)...) == nil {
		t.Errorf("%s with content type %q is not declared", where, given)
		return
	}
	for name := range d.At(append(path, "headers")...) {
		if header.Get(name) == "" && status != http.StatusServiceUnavailable {
			t.Errorf("%s has no %s", where, name)
		}
	}
	if !strings.HasSuffix(given, "json") {
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	pointer := ""
	for _, name := range append(path, "content", given, "schema") {
		pointer += "/" + escape.Replace(name)
	}
	schema, err := d.Schema(pointer)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v\n%s", where, err, body)
	}
}

// Operation is a method and a path, and whether it needs no key.
type Operation struct {
	Method, Path string
	Open         bool
}

// Routes fails the test unless the document has the operations that are served, and
// declares 401 for those that need a key.
func (d *Document) Routes(t testing.TB, serves ...Operation) {
	t.Helper()
	if v := d.root["openapi"]; v != "3.1.0" {
		t.Errorf("openapi %v", v)
	}
	var declared, served []string
	for path, methods := range d.At("paths") {
		for method, op := range methods.(map[string]any) {
			declared = append(declared, strings.ToUpper(method)+" "+path)
			security, open := op.(map[string]any)["security"].([]any)
			if open && len(security) > 0 {
				t.Errorf("%s %s: security is more than none", method, path)
			}
			if _, has := d.At("paths", path, method, "responses")["401"]; has == open {
				t.Errorf("%s %s: declares 401 %v and to be open %v", method, path, has, open)
			}
		}
	}
	for _, r := range serves {
		served = append(served, r.Method+" "+r.Path)
		if _, open := d.At("paths", r.Path, strings.ToLower(r.Method))["security"]; open != r.Open {
			t.Errorf("%s %s is open: %v, and the document says %v", r.Method, r.Path, r.Open, open)
		}
	}
	slices.Sort(declared)
	slices.Sort(served)
	if len(served) == 0 || !slices.Equal(declared, served) {
		t.Errorf("the document has\n%v\nand the code\n%v", declared, served)
	}
}

// Refs finds references that lead nowhere and components that nothing uses, and
// compiles every schema. It returns how many components there are.
func (d *Document) Refs(t testing.TB) int {
	t.Helper()
	used := map[string]bool{}
	var walk func(any)
	walk = func(node any) {
		switch n := node.(type) {
		case []any:
			for _, v := range n {
				walk(v)
			}
		case map[string]any:
			if ref, ok := n["$ref"].(string); ok {
				used[ref] = true
				if d.At(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...) == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, v := range n {
				walk(v)
			}
		}
	}
	walk(d.root)
	n := 0
	for group, parts := range d.At("components") {
		if group == "securitySchemes" {
			continue
		}
		for name := range parts.(map[string]any) {
			if n++; !used["#/components/"+group+"/"+name] {
				t.Errorf("nothing uses %s/%s", group, name)
			}
			if group == "schemas" {
				if _, err := d.Schema("/components/schemas/" + name); err != nil {
					t.Error(err)
				}
			}
		}
	}
	return n
}

// Unseen returns what the document declares, as "METHOD path status", and nothing in
// seen is, and how much it declares.
func (d *Document) Unseen(seen map[string]bool) (unseen []string, declared int) {
	for path, methods := range d.At("paths") {
		for method := range methods.(map[string]any) {
			for status := range d.At("paths", path, method, "responses") {
				declared++
				if line := strings.ToUpper(method) + " " + path + " " + status; !seen[line] {
					unseen = append(unseen, line)
				}
			}
		}
	}
	slices.Sort(unseen)
	return unseen, declared
}

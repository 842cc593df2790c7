package service

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

// apiDoc is openapi.yaml, to hold answers against.
type apiDoc struct {
	root     map[string]any
	compiler *jsonschema.Compiler
	mu       sync.Mutex
	schemas  map[string]*jsonschema.Schema
}

var theDoc = sync.OnceValues(func() (*apiDoc, error) {
	text, err := yaml.YAMLToJSON(document)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &apiDoc{root: root.(map[string]any), compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	return d, d.compiler.AddResource("openapi.json", root)
})

func readDoc(t testing.TB) *apiDoc {
	t.Helper()
	d, err := theDoc()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// at returns what the document has at a path of member names.
func (d *apiDoc) at(path ...string) map[string]any {
	node := d.root
	for _, name := range path {
		node, _ = node[name].(map[string]any)
	}
	return node
}

// schema compiles the schema at a JSON pointer.
func (d *apiDoc) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.schemas[pointer]; s != nil {
		return s, nil
	}
	s, err := d.compiler.Compile("openapi.json#" + pointer)
	d.schemas[pointer] = s
	return s, err
}

// check fails the test unless the document declares the answer: path, method, status,
// content type, headers and body. Paths and methods that there are not are left out.
func (d *apiDoc) check(t testing.TB, r *http.Request, status int, header http.Header, body []byte) {
	t.Helper()
	if status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		return
	}
	method := strings.ToLower(r.Method)
	if method == "head" {
		method = "get"
	}
	where := fmt.Sprintf("%s %s %d", r.Method, r.URL.Path, status)
	path := []string{"paths", r.URL.Path, method, "responses", fmt.Sprint(status)}
	response := d.at(path...)
	if ref, ok := response["$ref"].(string); ok {
		path = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
		response = d.at(path...)
	}
	if response == nil {
		t.Errorf("%s is not declared", where)
		return
	}
	given, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if d.at(append(path, "content", given)...) == nil {
		t.Errorf("%s with content type %q is not declared", where, given)
		return
	}
	for name := range d.at(append(path, "headers")...) {
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
	schema, err := d.schema(pointer)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v\n%s", where, err, body)
	}
}

func TestOpenAPIHasTheRoutes(t *testing.T) {
	d := readDoc(t)
	if v := d.root["openapi"]; v != "3.1.0" {
		t.Errorf("openapi %v", v)
	}
	var declared, served []string
	for path, methods := range d.at("paths") {
		for method, op := range methods.(map[string]any) {
			declared = append(declared, strings.ToUpper(method)+" "+path)
			security, open := op.(map[string]any)["security"].([]any)
			if open && len(security) > 0 {
				t.Errorf("%s %s: security is more than none", method, path)
			}
			if _, has := d.at("paths", path, method, "responses")["401"]; has == open {
				t.Errorf("%s %s: declares 401 %v and to be open %v", method, path, has, open)
			}
		}
	}
	for _, r := range (&service{}).table() {
		served = append(served, r.method+" "+r.path)
		if _, open := d.at("paths", r.path, strings.ToLower(r.method))["security"]; open != r.open {
			t.Errorf("%s %s is open: %v, and the document says %v", r.method, r.path, r.open, open)
		}
	}
	slices.Sort(declared)
	slices.Sort(served)
	if len(served) == 0 || !slices.Equal(declared, served) {
		t.Errorf("the document has\n%v\nand the code\n%v", declared, served)
	}
}

// TestOpenAPIRefs finds references that lead nowhere and components that nothing uses,
// and compiles every schema.
func TestOpenAPIRefs(t *testing.T) {
	d := readDoc(t)
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
				if d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...) == nil {
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
	for group, parts := range d.at("components") {
		if group == "securitySchemes" {
			continue
		}
		for name := range parts.(map[string]any) {
			if n++; !used["#/components/"+group+"/"+name] {
				t.Errorf("nothing uses %s/%s", group, name)
			}
			if group == "schemas" {
				if _, err := d.schema("/components/schemas/" + name); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d components were looked at", n)
	}
}

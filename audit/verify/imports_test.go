package verify

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Whoever doubts the log must be able to read all of what checks it. So that
// they have little to read, nothing comes in from anywhere else, tessera and
// our own packages included.
func TestImportsAreTheStandardLibraryAndSumdb(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var checked int
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			checked++
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(path, "/")
			if strings.Contains(first, ".") && !strings.HasPrefix(path, "golang.org/x/mod/sumdb/") {
				t.Errorf("%s imports %s", file.Name(), path)
			}
		}
	}
	if checked < 10 {
		t.Fatalf("found %d imports only", checked)
	}
}

package app

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/vigil-stream/vigil/"

// mayImport is the import table of ARCHITECTURE.md: what of ours each room's
// code may import, tests left out.
var mayImport = map[string][]string{
	"cmd/vigil":       {"internal/app"},
	"signal":          {"internal/quickjson"},
	"api":             {},
	"hashdb":          {"api", "internal/yamlfile", "internal/folder"},
	"detect":          {"hashdb", "signal", "api", "internal/yamlfile", "internal/folder", "internal/quickjson"},
	"payments":        {"signal", "api", "internal/yamlfile", "internal/quickjson"},
	"correlate":       {"signal"},
	"review":          {"signal", "audit", "api"},
	"report":          {"review", "signal", "audit", "api", "internal/yamlfile"},
	"audit":           {},
	"internal/stream": {},
	"internal/golden": {},
	// Where tests keep a store.
	"internal/storetest": {},
	// What reads files that people write is no room's own.
	"internal/yamlfile": {},
	// Nor what changes a folder so that a crash leaves each file whole.
	"internal/folder": {},
	// Nor what reads the records of which there are most.
	"internal/quickjson": {},
	"internal/world":     {"hashdb", "detect", "payments", "signal"},
	// It measures: it runs the rooms, and nothing runs it but app.
	"internal/evaluate": {"hashdb", "detect", "payments", "correlate", "signal", "internal/world"},
	"bench":             nil, // all
	"internal/app":      nil, // all
}

// roomOf returns the room a package belongs to: the folder itself or the
// nearest one above it in the table.
func roomOf(dir string) string {
	for d := dir; d != "."; d = filepath.Dir(d) {
		if _, ok := mayImport[d]; ok {
			return d
		}
	}
	return ""
}

func goFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" || name == "data") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestImportsFollowTheTable(t *testing.T) {
	root := filepath.Join("..", "..")
	checked := 0
	for _, file := range goFiles(t, root) {
		rel, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		room := roomOf(filepath.Dir(rel))
		if room == "" {
			t.Errorf("%s is in no room of the table", rel)
			continue
		}
		allowed := mayImport[room]
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range parsed.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			ours, ok := strings.CutPrefix(path, module)
			if !ok || allowed == nil {
				continue
			}
			checked++
			if to := roomOf(ours); to != room && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s; %s may import only %v", rel, ours, room, allowed)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d imports were checked", checked)
	}
}

// TestArchitectureNamesTheFolders holds the map in ARCHITECTURE.md to what is
// there: each top-level folder and each folder under internal and cmd, no other.
func TestArchitectureNamesTheFolders(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		named = append(named, m[1])
	}
	var there []string
	for _, parent := range []string{".", "cmd", "internal"} {
		entries, err := os.ReadDir(filepath.Join(root, parent))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			path := filepath.ToSlash(filepath.Join(parent, e.Name()))
			// Hidden folders and what git ignores are not part of the house.
			if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains([]string{"cmd", "internal", "bin", "data"}, path) {
				there = append(there, path)
			}
		}
	}
	slices.Sort(named)
	slices.Sort(there)
	if !slices.Equal(named, there) {
		t.Errorf("ARCHITECTURE.md names %v\nthe folders are      %v", named, there)
	}
}

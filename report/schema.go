package report

import (
	"io/fs"
	"strings"
)

// SchemaNames are the names of the published schemas of what centres read and write, sorted.
// Schemas refer to one another by name.json.
func SchemaNames() []string {
	files, _ := fs.Glob(schemas, "schema/*.json")
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(file, "schema/"), ".json")
	}
	return names
}

// SchemaText returns a schema by its name; ok is false where there is none of that name.
func SchemaText(name string) (text []byte, ok bool) {
	text, err := schemas.ReadFile("schema/" + name + ".json")
	return text, err == nil
}

package payments

import (
	"embed"
	"io/fs"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/signal"
)

//go:embed schema/*.json
var schemas embed.FS

// Schema compiles one of the published schemas, by its name without the ending; it
// panics where there is none.
func Schema(name string) signal.Schema {
	return signal.MustSchema(schemas, "schema/"+name+".json").Quiet()
}

// SchemaText returns a schema of what partners send, by its name; ok is false where
// there is none of that name.
func SchemaText(name string) (text []byte, ok bool) {
	if !slices.Contains(SchemaNames(), name) {
		return nil, false
	}
	text, err := schemas.ReadFile("schema/" + name + ".json")
	return text, err == nil
}

// SchemaNames are the names of the schemas of what partners send, sorted. Those of
// topics between rooms are not among them.
func SchemaNames() []string {
	files, _ := fs.Glob(schemas, "schema/*.json")
	var names []string
	for _, file := range files {
		if name := strings.TrimSuffix(strings.TrimPrefix(file, "schema/"), ".json"); name != "transfer" {
			names = append(names, name)
		}
	}
	return names
}

package app

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/report"
)

// InboxSchemaNames are the schemas of what centres read and write.
func InboxSchemaNames() []string { return report.SchemaNames() }

// InboxSchemas prints schemas of what centres read and write, or writes them into the folder
// to, where they find one another; no names are all.
func InboxSchemas(names []string, to string, out io.Writer) error {
	known := report.SchemaNames()
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%w: no schema is called %q; there are %s", ErrUsage, name, strings.Join(known, ", "))
		}
	}
	if len(names) == 0 {
		if to == "" {
			return fmt.Errorf("%w: name a schema, or a folder for all of them (--to); there are %s", ErrUsage, strings.Join(known, ", "))
		}
		names = known
	}
	if to != "" {
		if err := os.MkdirAll(to, 0o755); err != nil {
			return fmt.Errorf("--to: %w", err)
		}
	}
	for _, name := range names {
		text, _ := report.SchemaText(name)
		var err error
		if to == "" {
			_, err = out.Write(text)
		} else if err = os.WriteFile(filepath.Join(to, name+".json"), text, 0o644); err == nil {
			_, err = fmt.Fprintln(out, filepath.Join(to, name+".json"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

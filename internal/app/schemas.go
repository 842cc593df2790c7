package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/vigil-stream/vigil/payments"
)

// PrintSchema writes a published schema of what partners send.
func PrintSchema(name string, out io.Writer) error {
	text, ok := payments.SchemaText(name)
	if !ok {
		return fmt.Errorf("%w: no schema is called %q; there are %s", ErrUsage, name, strings.Join(payments.SchemaNames(), ", "))
	}
	_, err := out.Write(text)
	return err
}

// SchemaNames are the names that PrintSchema takes.
func SchemaNames() []string { return payments.SchemaNames() }

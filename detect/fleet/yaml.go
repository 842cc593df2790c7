package fleet

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// A FileError lists what is wrong with a file, a line for each fault.
type FileError = yamlfile.Error

const (
	maxFile   = 4 << 20 // bytes
	maxNested = 64      // brackets or dashes open at once
)

// parse returns the one document of a file, or nil where it is empty or no YAML. Its reader
// is written out and not left to a decoder, which stops at the first fault and quotes the
// text around it, where there may be an account or a stream key.
func parse(f *yamlfile.Faults, text []byte) ast.Node {
	body, fault := yamlfile.Parse(text, maxFile, maxNested)
	if fault != nil {
		f.Add(fault.Line, "%s", fault.Says)
	}
	return body
}

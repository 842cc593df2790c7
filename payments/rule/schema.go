package rule

import _ "embed"

//go:embed schema/rules.v1.json
var schema []byte

// Schema is the JSON Schema of rule files, for editors. [Read] says more.
func Schema() []byte { return schema }

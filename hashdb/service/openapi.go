package service

import _ "embed" // For the document.

//go:embed openapi.yaml
var document []byte

// openAPI is GET /v1/openapi.yaml.
func openAPI(c *call) error {
	c.Answer(200, "application/yaml", document)
	return nil
}

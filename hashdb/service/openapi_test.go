package service

import (
	"testing"

	"github.com/vigil-stream/vigil/api/apitest"
)

var readDoc = apitest.Once(document)

func TestOpenAPI(t *testing.T) {
	var served []apitest.Operation
	for _, r := range (&service{}).table() {
		served = append(served, apitest.Operation{Method: r.Method, Path: r.Path, Open: r.Open})
	}
	readDoc(t).Routes(t, served...)
	if n := readDoc(t).Refs(t); n < 20 {
		t.Errorf("only %d components were looked at", n)
	}
}

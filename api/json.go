package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// DecodeJSON reads a body that is one JSON value, without members that v has not. The
// error is a Problem that says what is wrong and where, and holds none of the body's
// values; but the errors of UnmarshalJSON methods of v are told as they are.
func DecodeJSON(body []byte, v any) error {
	if !utf8.Valid(body) {
		return Problemf(http.StatusBadRequest, "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return jsonProblem(err, len(body))
	}
	if _, err := d.Token(); err != io.EOF {
		return Problemf(http.StatusBadRequest, "byte %d: something follows the JSON value", d.InputOffset())
	}
	return nil
}

// jsonProblem says what is wrong with JSON, without its values.
func jsonProblem(err error, size int) error {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		what, _, _ := strings.Cut(wrong.Value, " ") // Behind the blank is the number itself.
		at := "the body"
		if wrong.Field != "" {
			at = wrong.Field
		}
		return Problemf(http.StatusBadRequest, "byte %d: %s is a JSON %s, want %s", wrong.Offset, at, what, jsonName(wrong.Type.Kind().String()))
	case errors.As(err, &syntax):
		return Problemf(http.StatusBadRequest, "byte %d: not JSON", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Problemf(http.StatusBadRequest, "byte %d: the JSON ends too soon", size)
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return Problemf(http.StatusBadRequest, "an object has a member that it does not take; GET /v1/openapi.yaml tells those it does")
	}
	return Problemf(http.StatusBadRequest, "%v", err)
}

// jsonName is JSON's word for a type of Go's.
func jsonName(kind string) string {
	switch kind {
	case "struct", "map":
		return "an object"
	case "slice":
		return "an array"
	}
	return "a " + kind
}

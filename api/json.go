package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
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

// DecodeMany reads a body that is one JSON object, or an array of up to a number of
// them, as DecodeJSON does. Objects of an array that do not fit T are added to the faults,
// each by its place; what is no JSON, or too many, is the error.
func DecodeMany[T any](body []byte, most int, faults *Faults) (values []T, array bool, err error) {
	if text := bytes.TrimLeft(body, " \t\r\n"); len(text) == 0 || text[0] != '[' {
		values = make([]T, 1)
		return values, false, DecodeJSON(body, &values[0])
	}
	if !utf8.Valid(body) {
		return nil, true, Problemf(http.StatusBadRequest, "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	_, _ = d.Token() // The bracket.
	// One after the other, so that no more are made than may be.
	for d.More() {
		if len(values) == most {
			return nil, true, Problemf(http.StatusRequestEntityTooLarge, "more than %d records, which is the most", most)
		}
		var v T
		err := d.Decode(&v)
		var wrong *json.UnmarshalTypeError
		switch {
		case err == nil:
		case errors.As(err, &wrong):
			faults.Add("#/"+strconv.Itoa(len(values)), "%s", mismatch(wrong, "it"))
		case isUnknown(err):
			faults.Add("#/"+strconv.Itoa(len(values)), unknownMember)
		default:
			return nil, true, Problemf(http.StatusBadRequest, "record %d, before byte %d: not JSON", len(values), d.InputOffset())
		}
		values = append(values, v)
	}
	if _, err := d.Token(); err != nil {
		return nil, true, Problemf(http.StatusBadRequest, "byte %d: the JSON ends too soon", len(body))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, true, Problemf(http.StatusBadRequest, "byte %d: something follows the JSON value", d.InputOffset())
	}
	return values, true, nil
}

const unknownMember = "an object has a member that it does not take; GET /v1/openapi.yaml tells those it does"

func isUnknown(err error) bool { return strings.HasPrefix(err.Error(), "json: unknown field") }

// mismatch says which type of JSON is where another is wanted. Whole stands for the
// value that was read.
func mismatch(wrong *json.UnmarshalTypeError, whole string) string {
	what, _, _ := strings.Cut(wrong.Value, " ") // Behind the blank is the number itself.
	if wrong.Field != "" {
		whole = wrong.Field
	}
	return whole + " is a JSON " + what + ", want " + jsonName(wrong.Type.Kind().String())
}

// jsonProblem says what is wrong with JSON, without its values.
func jsonProblem(err error, size int) error {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		return Problemf(http.StatusBadRequest, "byte %d: %s", wrong.Offset, mismatch(wrong, "the body"))
	case errors.As(err, &syntax):
		return Problemf(http.StatusBadRequest, "byte %d: not JSON", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Problemf(http.StatusBadRequest, "byte %d: the JSON ends too soon", size)
	case isUnknown(err):
		return Problemf(http.StatusBadRequest, unknownMember)
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

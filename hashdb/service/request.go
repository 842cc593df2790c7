package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/hashdb"
)

// wanted is what a request asks for.
type wanted struct {
	hashes []hashdb.Hash
	radius int  // hashdb.OwnRadius when not given.
	remote bool // Ask remote matchers too.
}

// number is an optional whole number of a JSON body; null is none.
type number struct {
	value int
	set   bool
}

// UnmarshalJSON takes whole numbers, as JSON Schema has them: 31.0 is one.
func (n *number) UnmarshalJSON(text []byte) error {
	var f *float64
	if err := json.Unmarshal(text, &f); err != nil || f == nil || *f != math.Trunc(*f) || math.Abs(*f) > 1e6 {
		return errors.New("want a whole number")
	}
	n.value, n.set = int(*f), true
	return nil
}

// boolean is an optional boolean of a JSON body; null is none.
type boolean bool

// UnmarshalJSON takes true and false.
func (f *boolean) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "true", "false":
		*f = string(text) == "true"
		return nil
	}
	return errors.New("want true or false")
}

// parseLookup reads the body of POST /v1/lookup. The error is a problem that names
// what is wrong and where, and holds none of the body's strings.
func parseLookup(body []byte, maxHashes int) (wanted, error) {
	var request struct {
		Hashes []struct {
			Kind string `json:"kind"`
			Hash string `json:"hash"`
		} `json:"hashes"`
		Radius number  `json:"radius"`
		Remote boolean `json:"remote"`
	}
	if !utf8.Valid(body) {
		return wanted{}, problemf(http.StatusBadRequest, "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&request); err != nil {
		return wanted{}, jsonProblem(err, len(body))
	}
	if _, err := d.Token(); err != io.EOF {
		return wanted{}, problemf(http.StatusBadRequest, "byte %d: something follows the JSON object", d.InputOffset())
	}
	if n := len(request.Hashes); n > maxHashes {
		return wanted{}, problemf(http.StatusRequestEntityTooLarge, "%d hashes, and the most is %d", n, maxHashes)
	}
	var faults []fault
	add := func(pointer, format string, args ...any) {
		if len(faults) < maxFaults {
			faults = append(faults, fault{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
		}
	}
	if len(request.Hashes) == 0 {
		add("#/hashes", "want at least one hash")
	}
	want := wanted{hashes: make([]hashdb.Hash, 0, len(request.Hashes)), radius: hashdb.OwnRadius, remote: bool(request.Remote)}
	for i, h := range request.Hashes {
		kind, err := hashdb.ParseKind(h.Kind)
		if err != nil {
			// Not that error's text: it repeats the kind, and that may be a hash.
			add(fmt.Sprintf("#/hashes/%d/kind", i), "want one of %s", strings.Join(kindNames(), ", "))
			continue
		}
		hash, err := hashdb.ParseHash(kind, h.Hash)
		if err != nil {
			add(fmt.Sprintf("#/hashes/%d/hash", i), "%v", err)
			continue
		}
		want.hashes = append(want.hashes, hash)
	}
	if request.Radius.set {
		want.radius = request.Radius.value
		if widest := widestRadius(); want.radius < 0 || want.radius > widest {
			add("#/radius", "want 0 to %d", widest)
		}
	}
	if len(faults) > 0 {
		p := problemf(http.StatusBadRequest, "%s: %s", faults[0].Pointer, faults[0].Detail)
		p.Errors = faults
		return wanted{}, p
	}
	return want, nil
}

// widestRadius is the greatest radius of any kind. What the key and the kind allow is
// asked later.
func widestRadius() int {
	widest := 0
	for _, k := range hashdb.Kinds() {
		widest = max(widest, k.MaxRadius())
	}
	return widest
}

func kindNames() []string {
	var names []string
	for _, k := range hashdb.Kinds() {
		names = append(names, k.String())
	}
	return names
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
		return problemf(http.StatusBadRequest, "byte %d: %s is a JSON %s, want %s", wrong.Offset, at, what, jsonName(wrong.Type.Kind().String()))
	case errors.As(err, &syntax):
		return problemf(http.StatusBadRequest, "byte %d: not JSON", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return problemf(http.StatusBadRequest, "byte %d: the JSON ends too soon", size)
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return problemf(http.StatusBadRequest, "an object has a member that it does not take; GET /v1/openapi.yaml tells those it does")
	}
	return problemf(http.StatusBadRequest, "radius or remote: %v", err)
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

// readBody reads a request's body of one of the content types.
func (c *call) readBody(limit int, contentTypes ...string) ([]byte, error) {
	given, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(contentTypes, given) {
		return nil, problemf(http.StatusUnsupportedMediaType, "Content-Type: want %s", strings.Join(contentTypes, " or "))
	}
	return c.readLimited(c.r.Body, limit)
}

// readLimited reads r, which is the body or a part of it, to its end.
func (c *call) readLimited(r io.Reader, limit int) ([]byte, error) {
	tooLarge := problemf(http.StatusRequestEntityTooLarge, "more than %d bytes, which is the most", limit)
	if r == c.r.Body && c.r.ContentLength > int64(limit) {
		return nil, tooLarge
	}
	var body bytes.Buffer
	if n := c.r.ContentLength; n > 0 && n <= int64(limit) {
		body.Grow(int(n) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(r, int64(limit)+1))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, tooLarge
	}
	if err != nil {
		return nil, problemf(http.StatusBadRequest, "the body ends too soon or does not come")
	}
	if body.Len() > limit {
		return nil, tooLarge
	}
	return body.Bytes(), nil
}

// parameters returns the query's parameters, each at most once and none that is not
// named: a misspelt one must not pass for one not given.
func (c *call) parameters(names ...string) (url.Values, error) {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, problemf(http.StatusBadRequest, "the query is not of the form name=value&name=value")
	}
	for name, v := range values {
		if !slices.Contains(names, name) {
			return nil, problemf(http.StatusBadRequest, "the query has a parameter that is not taken; want %s", orNone(names))
		}
		if len(v) > 1 {
			return nil, parameterFault(name, "given %d times", len(v))
		}
	}
	return values, nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// truth reads a boolean parameter; an absent one is false.
func truth(values url.Values, name string) (bool, error) {
	if !values.Has(name) {
		return false, nil
	}
	switch values.Get(name) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, parameterFault(name, "want true or false")
}

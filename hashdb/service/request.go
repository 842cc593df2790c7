package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb"
)

// wanted is what a request asks for.
type wanted struct {
	hashes []hashdb.Hash
	radius int  // hashdb.OwnRadius when not given.
	remote bool // Ask remote matchers too.
}

// number is the radius of a JSON body, a whole number; null is none.
type number struct {
	value int
	set   bool
}

// UnmarshalJSON takes whole numbers, as JSON Schema has them: 31.0 is one.
func (n *number) UnmarshalJSON(text []byte) error {
	var f *float64
	if err := json.Unmarshal(text, &f); err != nil || f == nil || *f != math.Trunc(*f) || math.Abs(*f) > 1e6 {
		return errors.New("radius: want a whole number")
	}
	n.value, n.set = int(*f), true
	return nil
}

// boolean is the remote of a JSON body; null is none.
type boolean bool

// UnmarshalJSON takes true and false.
func (f *boolean) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "true", "false":
		*f = string(text) == "true"
		return nil
	}
	return errors.New("remote: want true or false")
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
	if err := api.DecodeJSON(body, &request); err != nil {
		return wanted{}, err
	}
	if n := len(request.Hashes); n > maxHashes {
		return wanted{}, api.Problemf(http.StatusRequestEntityTooLarge, "%d hashes, and the most is %d", n, maxHashes)
	}
	var faults api.Faults
	if len(request.Hashes) == 0 {
		faults.Add("#/hashes", "want at least one hash")
	}
	want := wanted{hashes: make([]hashdb.Hash, 0, len(request.Hashes)), radius: hashdb.OwnRadius, remote: bool(request.Remote)}
	for i, h := range request.Hashes {
		kind, err := hashdb.ParseKind(h.Kind)
		if err != nil {
			// Not that error's text: it repeats the kind, and that may be a hash.
			faults.Add(fmt.Sprintf("#/hashes/%d/kind", i), "want one of %s", strings.Join(kindNames(), ", "))
			continue
		}
		hash, err := hashdb.ParseHash(kind, h.Hash)
		if err != nil {
			faults.Add(fmt.Sprintf("#/hashes/%d/hash", i), "%v", err)
			continue
		}
		want.hashes = append(want.hashes, hash)
	}
	if request.Radius.set {
		want.radius = request.Radius.value
		if widest := widestRadius(); want.radius < 0 || want.radius > widest {
			faults.Add("#/radius", "want 0 to %d", widest)
		}
	}
	if faults.Any() {
		return wanted{}, faults.Problem(http.StatusBadRequest)
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
	return false, api.ParameterFault(name, "want true or false")
}

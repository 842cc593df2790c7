// Package ld writes the things of CASE 1 and UCO 1 (https://caseontology.org) as JSON-LD.
// Equal contents make equal bytes: names follow from what they name.
package ld

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// A Node is one thing in JSON-LD. Maps encode with sorted keys.
type Node map[string]any

// Context is the @context: CASE's investigations, the parts of UCO that are named, and kb for
// the things of one document, whose own namespace is a URN.
func Context(kb string, uco ...string) Node {
	ctx := Node{
		"kb": kb, "xsd": "http://www.w3.org/2001/XMLSchema#",
		"case-investigation": "https://ontology.caseontology.org/case/investigation/",
	}
	for _, name := range uco {
		ctx["uco-"+name] = "https://ontology.unifiedcyberontology.org/uco/" + name + "/"
	}
	return ctx
}

// iri names a thing. UCO suggests that names end with a UUID, which follows from the rest
// (version 5).
func iri(id string) string {
	return "kb:" + id + "-" + uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:vigil:"+id)).String()
}

// Ref refers to a thing.
func Ref(id string) Node { return Node{"@id": iri(id)} }

// Typed makes a thing of a class; members are its own from then on.
func Typed(id, class string, members Node) Node {
	members["@id"], members["@type"] = iri(id), class
	return members
}

// Time is a moment, in UTC.
func Time(t time.Time) Node {
	return Node{"@type": "xsd:dateTime", "@value": t.UTC().Format(time.RFC3339Nano)}
}

// Decimal is a number to four places.
func Decimal(x float64) Node { return Node{"@type": "xsd:decimal", "@value": fmt.Sprintf("%.4f", x)} }

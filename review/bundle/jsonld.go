package bundle

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/vigil-stream/vigil/signal"
)

// A node is one thing in JSON-LD. Maps encode with sorted keys, so that equal contents make
// equal bytes.
type node map[string]any

// prefixes are those of CASE 1 and UCO 1 (https://caseontology.org) that are used here, and
// kb for the things of this bundle.
func prefixes(caseID string) node {
	const uco, use = "https://ontology.unifiedcyberontology.org/uco/", "https://ontology.caseontology.org/case/"
	ctx := node{
		"kb": "urn:vigil:" + caseID + ":", "xsd": "http://www.w3.org/2001/XMLSchema#",
		"case-investigation": use + "investigation/",
	}
	for _, name := range []string{"action", "analysis", "configuration", "core", "identity", "observable", "tool", "types"} {
		ctx["uco-"+name] = uco + name + "/"
	}
	return ctx
}

// iri names a thing. UCO suggests that names end with a UUID, which follows from the rest
// here (version 5), so that equal contents have equal names.
func iri(id string) string {
	return "kb:" + id + "-" + uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:vigil:"+id)).String()
}

func ref(id string) node { return node{"@id": iri(id)} }

func typed(id, class string, members node) node {
	members["@id"], members["@type"] = iri(id), class
	return members
}

func timeOf(t time.Time) node {
	return node{"@type": "xsd:dateTime", "@value": t.UTC().Format(time.RFC3339Nano)}
}

func entryOf(id, name string, value any) node {
	return typed(id, "uco-configuration:ConfigurationEntry", node{
		"uco-configuration:itemName": name, "uco-configuration:itemValue": fmt.Sprint(value),
	})
}

// jsonld tells the contents in CASE/UCO: a match is an action by a configured tool on the
// frames that it was made on, a review one by persons on the record, the export one on all.
func (c Contents) jsonld() ([]byte, error) {
	var r record
	if err := json.Unmarshal(c.Record, &r); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if r.ID != c.Case {
		return nil, fmt.Errorf("the record is of case %.64q, not %.64q", r.ID, c.Case)
	}
	b := ldBuilder{seen: map[string]bool{}}
	b.add(typed("vigil", "uco-tool:AnalyticTool", node{
		"uco-core:name": "vigil", "uco-tool:toolType": "perceptual-hash matching", "uco-tool:version": c.Tool,
	}))
	b.original("record-"+digest(c.Record), digest(c.Record), "the record of the case, "+nameCase)
	for _, s := range r.Signals {
		b.signal(s, c.Tool)
	}
	if err := b.decisions(c.Decisions); err != nil {
		return nil, err
	}
	b.person(c.By)
	b.add(
		typed("provenance", "case-investigation:ProvenanceRecord", node{
			"uco-core:description": "everything in this bundle",
			"uco-core:object":      slices.Clone(b.observed),
		}),
		typed("export", "case-investigation:InvestigativeAction", node{
			"uco-core:name": "export", "uco-action:performer": ref("person-" + c.By), "uco-action:instrument": ref("vigil"),
			"uco-action:object": ref("record-" + digest(c.Record)), "uco-action:result": ref("provenance"),
			"uco-action:startTime": timeOf(c.At), "uco-action:endTime": timeOf(c.At),
		}))
	data, err := json.MarshalIndent(node{"@context": prefixes(c.Case), "@graph": b.graph}, "", " ")
	return append(data, '\n'), err
}

type ldBuilder struct {
	graph    []node
	seen     map[string]bool // ids of originals and persons
	observed []node
}

func (b *ldBuilder) add(nodes ...node) { b.graph = append(b.graph, nodes...) }

// original is something whose SHA-256 is known.
func (b *ldBuilder) original(id, sum, what string) node {
	if !b.seen[id] {
		b.seen[id] = true
		b.observed = append(b.observed, ref(id))
		b.add(typed(id, "uco-observable:ObservableObject", node{
			"uco-core:description": what,
			"uco-core:hasFacet": []node{typed(id+"-content", "uco-observable:ContentDataFacet", node{
				"uco-observable:hash": []node{typed(id+"-hash", "uco-types:Hash", node{
					"uco-types:hashMethod": "SHA256",
					"uco-types:hashValue":  node{"@type": "xsd:hexBinary", "@value": sum},
				})},
			})},
		}))
	}
	return ref(id)
}

func (b *ldBuilder) person(id string) node {
	if id = "person-" + id; !b.seen[id] {
		b.seen[id] = true
		b.add(typed(id, "uco-identity:Person", node{"uco-core:description": "known by a pseudonym"}))
	}
	return ref(id)
}

// signal tells a match; of any other signal, only the originals that it names.
func (b *ldBuilder) signal(s signal.Signal, version string) {
	frames := []node{}
	for _, e := range s.Evidence {
		if e.SHA256 != "" {
			frames = append(frames, b.original("original-"+e.SHA256, e.SHA256, e.What+" that "+e.Holder+" holds"))
		}
	}
	m := s.Match
	if m == nil {
		return
	}
	// How sure a distance makes is the case's to say; this is how far within the radius.
	confidence := 1.0
	if m.Radius > 0 {
		confidence = 1 - float64(m.Distance)/float64(m.Radius+1)
	}
	id := "match-" + s.ID
	b.add(
		typed(id+"-tool", "uco-tool:ConfiguredTool", node{
			"uco-core:name": "vigil", "uco-tool:version": version, "uco-configuration:isConfigurationOf": ref("vigil"),
			"uco-configuration:usesConfiguration": typed(id+"-configuration", "uco-configuration:Configuration", node{
				"uco-configuration:configurationEntry": []node{
					entryOf(id+"-hash-kind", "hash kind", m.HashKind), entryOf(id+"-list", "list", m.List),
					entryOf(id+"-list-version", "list version", m.ListVersion), entryOf(id+"-radius", "radius in bits", m.Radius),
				},
			}),
		}),
		typed(id+"-result", "uco-observable:ObservableObject", node{
			"uco-core:description": s.Says,
			"uco-core:hasFacet": []node{typed(id+"-classes", "uco-analysis:ArtifactClassificationResultFacet", node{
				"uco-analysis:classification": []node{typed(id+"-class", "uco-analysis:ArtifactClassification", node{
					"uco-analysis:class":                    []string{fmt.Sprintf("entry %s of list %s (%s) at distance %d of %d", m.Entry, m.List, m.Category, m.Distance, m.Radius)},
					"uco-analysis:classificationConfidence": node{"@type": "xsd:decimal", "@value": fmt.Sprintf("%.4f", max(0, min(1, confidence)))},
				})},
			})},
		}),
		typed(id, "case-investigation:InvestigativeAction", node{
			"uco-core:name": "match", "uco-action:instrument": ref(id + "-tool"), "uco-action:performer": ref("vigil"),
			"uco-action:object": frames, "uco-action:result": ref(id + "-result"),
			"uco-action:startTime": timeOf(s.Start), "uco-action:endTime": timeOf(s.End),
		}))
}

// decisions tells each as an action of the persons who made it.
func (b *ldBuilder) decisions(all []json.RawMessage) error {
	for _, raw := range all {
		var d struct {
			decision
			Verdict  string    `json:"verdict"`
			Reason   string    `json:"reason"`
			Reviewer string    `json:"reviewer"`
			Second   string    `json:"second"`
			At       time.Time `json:"at"`
		}
		if err := json.Unmarshal(raw, &d); err != nil {
			return fmt.Errorf("decision: %w", err)
		}
		first := b.person(d.Reviewer)
		seen := b.original("record-"+d.CaseDigest, d.CaseDigest, "a record of the case")
		result := b.original("decision-"+d.ID, digest(raw), d.Verdict+" for the reason "+d.Reason)
		action := typed("review-"+d.ID, "case-investigation:InvestigativeAction", node{
			"uco-core:name": "review", "uco-action:performer": first, "uco-action:instrument": ref("vigil"),
			"uco-action:object": seen, "uco-action:result": result, "uco-action:endTime": timeOf(d.At),
		})
		if d.Second != "" { // UCO knows one performer, and those who take part
			action["uco-action:participant"] = b.person(d.Second)
		}
		b.add(action)
	}
	return nil
}

package bundle

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/review/bundle/ld"
	"github.com/vigil-stream/vigil/signal"
)

func entryOf(id, name string, value any) ld.Node {
	return ld.Typed(id, "uco-configuration:ConfigurationEntry", ld.Node{
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
	b.add(ld.Typed("vigil", "uco-tool:AnalyticTool", ld.Node{
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
		ld.Typed("provenance", "case-investigation:ProvenanceRecord", ld.Node{
			"uco-core:description": "everything in this bundle",
			"uco-core:object":      slices.Clone(b.observed),
		}),
		ld.Typed("export", "case-investigation:InvestigativeAction", ld.Node{
			"uco-core:name": "export", "uco-action:performer": ld.Ref("person-" + c.By), "uco-action:instrument": ld.Ref("vigil"),
			"uco-action:object": ld.Ref("record-" + digest(c.Record)), "uco-action:result": ld.Ref("provenance"),
			"uco-action:startTime": ld.Time(c.At), "uco-action:endTime": ld.Time(c.At),
		}))
	data, err := json.MarshalIndent(ld.Node{"@context": ld.Context("urn:vigil:"+c.Case+":", "action", "analysis", "configuration", "core", "identity", "observable", "tool", "types"), "@graph": b.graph}, "", " ")
	return append(data, '\n'), err
}

type ldBuilder struct {
	graph    []ld.Node
	seen     map[string]bool // ids of originals and persons
	observed []ld.Node
}

func (b *ldBuilder) add(nodes ...ld.Node) { b.graph = append(b.graph, nodes...) }

// original is something whose SHA-256 is known.
func (b *ldBuilder) original(id, sum, what string) ld.Node {
	if !b.seen[id] {
		b.seen[id] = true
		b.observed = append(b.observed, ld.Ref(id))
		b.add(ld.Typed(id, "uco-observable:ObservableObject", ld.Node{
			"uco-core:description": what,
			"uco-core:hasFacet": []ld.Node{ld.Typed(id+"-content", "uco-observable:ContentDataFacet", ld.Node{
				"uco-observable:hash": []ld.Node{ld.Typed(id+"-hash", "uco-types:Hash", ld.Node{
					"uco-types:hashMethod": "SHA256",
					"uco-types:hashValue":  ld.Node{"@type": "xsd:hexBinary", "@value": sum},
				})},
			})},
		}))
	}
	return ld.Ref(id)
}

func (b *ldBuilder) person(id string) ld.Node {
	if id = "person-" + id; !b.seen[id] {
		b.seen[id] = true
		b.add(ld.Typed(id, "uco-identity:Person", ld.Node{"uco-core:description": "known by a pseudonym"}))
	}
	return ld.Ref(id)
}

// signal tells a match; of any other signal, only the originals that it names.
func (b *ldBuilder) signal(s signal.Signal, version string) {
	frames := []ld.Node{}
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
		ld.Typed(id+"-tool", "uco-tool:ConfiguredTool", ld.Node{
			"uco-core:name": "vigil", "uco-tool:version": version, "uco-configuration:isConfigurationOf": ld.Ref("vigil"),
			"uco-configuration:usesConfiguration": ld.Typed(id+"-configuration", "uco-configuration:Configuration", ld.Node{
				"uco-configuration:configurationEntry": []ld.Node{
					entryOf(id+"-hash-kind", "hash kind", m.HashKind), entryOf(id+"-list", "list", m.List),
					entryOf(id+"-list-version", "list version", m.ListVersion), entryOf(id+"-radius", "radius in bits", m.Radius),
				},
			}),
		}),
		ld.Typed(id+"-result", "uco-observable:ObservableObject", ld.Node{
			"uco-core:description": s.Says,
			"uco-core:hasFacet": []ld.Node{ld.Typed(id+"-classes", "uco-analysis:ArtifactClassificationResultFacet", ld.Node{
				"uco-analysis:classification": []ld.Node{ld.Typed(id+"-class", "uco-analysis:ArtifactClassification", ld.Node{
					"uco-analysis:class":                    []string{fmt.Sprintf("entry %s of list %s (%s) at distance %d of %d", m.Entry, m.List, m.Category, m.Distance, m.Radius)},
					"uco-analysis:classificationConfidence": ld.Decimal(max(0, min(1, confidence))),
				})},
			})},
		}),
		ld.Typed(id, "case-investigation:InvestigativeAction", ld.Node{
			"uco-core:name": "match", "uco-action:instrument": ld.Ref(id + "-tool"), "uco-action:performer": ld.Ref("vigil"),
			"uco-action:object": frames, "uco-action:result": ld.Ref(id + "-result"),
			"uco-action:startTime": ld.Time(s.Start), "uco-action:endTime": ld.Time(s.End),
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
		action := ld.Typed("review-"+d.ID, "case-investigation:InvestigativeAction", ld.Node{
			"uco-core:name": "review", "uco-action:performer": first, "uco-action:instrument": ld.Ref("vigil"),
			"uco-action:object": seen, "uco-action:result": result, "uco-action:endTime": ld.Time(d.At),
		})
		if d.Second != "" { // UCO knows one performer, and those who take part
			action["uco-action:participant"] = b.person(d.Second)
		}
		b.add(action)
	}
	return nil
}

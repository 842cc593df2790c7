package export

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/vigil-stream/vigil/report/inbox"
)

// A node is one thing in JSON-LD. Maps encode with sorted keys, so that equal alerts make
// equal bytes.
type node map[string]any

func prefixes(alert string) node {
	const uco = "https://ontology.unifiedcyberontology.org/uco/"
	ctx := node{
		"kb": "urn:vigil:alert:" + alert + ":", "xsd": "http://www.w3.org/2001/XMLSchema#",
		"case-investigation": "https://ontology.caseontology.org/case/investigation/",
	}
	for _, name := range []string{"action", "analysis", "core", "identity", "observable", "tool", "types"} {
		ctx["uco-"+name] = uco + name + "/"
	}
	return ctx
}

// iri names a thing by what it is. UCO suggests that names end with a UUID, which follows
// from the rest (version 5).
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

func decimal(x float64) node { return node{"@type": "xsd:decimal", "@value": fmt.Sprintf("%.4f", x)} }

// caseUCO tells an alert in CASE 1 and UCO 1 (https://caseontology.org): each record that a
// partner holds is an observable with its holder's reference, the score an analysis of them
// by a tool, the decision an action by persons known by a pseudonym, what the centre's inbox
// checked another by it.
func caseUCO(f inbox.File) ([]byte, error) {
	a := f.Alert
	s := a.Statement
	var graph, records []node
	add := func(n ...node) { graph = append(graph, n...) }
	add(typed("vigil", "uco-tool:AnalyticTool", node{
		"uco-core:name": "vigil", "uco-tool:toolType": "correlation of signals, by the weights " + s.Weights,
	}))
	for i, e := range s.Evidence {
		id := fmt.Sprintf("record-%d", i+1)
		records = append(records, ref(id))
		record := typed(id, "uco-observable:ObservableObject", node{
			"uco-core:description": fmt.Sprintf("%s of %s, held by %s under the reference %s", e.What, e.At.UTC().Format(time.RFC3339), e.Holder, e.Ref),
			"uco-core:externalReference": []node{typed(id+"-reference", "uco-core:ExternalReference", node{
				"uco-core:definingContext": e.Holder, "uco-core:externalIdentifier": e.Ref,
			})},
		})
		if e.SHA256 != "" {
			record["uco-core:hasFacet"] = []node{typed(id+"-content", "uco-observable:ContentDataFacet", node{
				"uco-observable:hash": []node{typed(id+"-hash", "uco-types:Hash", node{
					"uco-types:hashMethod": "SHA256", "uco-types:hashValue": node{"@type": "xsd:hexBinary", "@value": e.SHA256},
				})},
			})}
		}
		add(record)
	}
	if len(records) == 0 {
		records = []node{}
	}
	var says []string
	for _, p := range s.Parts {
		says = append(says, fmt.Sprintf("%+.2f %s: %s", p.Weight, p.Name, p.Says))
	}
	add(
		typed("account", "uco-observable:ObservableObject", node{
			"uco-core:description": "the account with the pseudonym " + string(s.Subject) + "; its platform can tell whose it is",
		}),
		typed("score", "uco-observable:ObservableObject", node{
			"uco-core:description": strings.Join(says, "\n"),
			"uco-core:hasFacet": []node{typed("score-classes", "uco-analysis:ArtifactClassificationResultFacet", node{
				"uco-analysis:classification": []node{typed("score-class", "uco-analysis:ArtifactClassification", node{
					"uco-analysis:class":                    []string{"live-streamed sexual abuse of children, or paying for it, suspected"},
					"uco-analysis:classificationConfidence": decimal(s.Probability),
				})},
			})},
		}),
		typed("scoring", "case-investigation:InvestigativeAction", node{
			"uco-core:name": "scoring", "uco-action:performer": ref("vigil"), "uco-action:instrument": ref("vigil"),
			"uco-action:object": records, "uco-action:result": ref("score"), "uco-action:endTime": timeOf(s.At),
		}),
		typed("person-1", "uco-identity:Person", node{"uco-core:description": "known by the pseudonym " + s.Reviewer}),
		typed("decision", "uco-observable:ObservableObject", node{
			"uco-core:description": fmt.Sprintf("decision %s: %s for the reason %s", s.Decision, s.Verdict, s.Reason),
		}))
	review := typed("review", "case-investigation:InvestigativeAction", node{
		"uco-core:name": "review", "uco-action:performer": ref("person-1"), "uco-action:instrument": ref("vigil"),
		"uco-action:object": []node{ref("score"), ref("account")}, "uco-action:result": ref("decision"), "uco-action:endTime": timeOf(s.At),
	})
	if s.Second != "" { // UCO knows one performer, and those who take part
		add(typed("person-2", "uco-identity:Person", node{"uco-core:description": "known by the pseudonym " + s.Second}))
		review["uco-action:participant"] = ref("person-2")
	}
	var checks []string
	for _, step := range f.Steps {
		checks = append(checks, step.Name+": "+step.Says)
	}
	add(review,
		typed("provenance", "case-investigation:ProvenanceRecord", node{
			"uco-core:description": "alert " + a.ID + ", as it came", "uco-core:object": append(records, ref("decision")),
		}),
		typed("receipt", "case-investigation:InvestigativeAction", node{
			"uco-core:name": "receipt and check", "uco-core:description": strings.Join(checks, "\n"),
			"uco-action:performer": ref("vigil"), "uco-action:instrument": ref("vigil"),
			"uco-action:object": ref("decision"), "uco-action:result": ref("provenance"), "uco-action:endTime": timeOf(f.Came),
		}))
	data, err := json.MarshalIndent(node{"@context": prefixes(a.ID), "@graph": graph}, "", " ")
	return append(data, '\n'), err
}

package export

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/review/bundle/ld"
)

// caseUCO tells an alert in CASE 1 and UCO 1 (https://caseontology.org): each record that a
// partner holds is an observable with its holder's reference, the score an analysis of them
// by a tool, the decision an action by persons known by a pseudonym, what the centre's inbox
// checked another by it.
func caseUCO(f inbox.File) ([]byte, error) {
	a := f.Alert
	s := a.Statement
	var graph, records []ld.Node
	add := func(n ...ld.Node) { graph = append(graph, n...) }
	add(ld.Typed("vigil", "uco-tool:AnalyticTool", ld.Node{
		"uco-core:name": "vigil", "uco-tool:toolType": "correlation of signals, by the weights " + s.Weights,
	}))
	for i, e := range s.Evidence {
		id := fmt.Sprintf("record-%d", i+1)
		records = append(records, ld.Ref(id))
		record := ld.Typed(id, "uco-observable:ObservableObject", ld.Node{
			"uco-core:description": fmt.Sprintf("%s of %s, held by %s under the reference %s", e.What, e.At.UTC().Format(time.RFC3339), e.Holder, e.Ref),
			"uco-core:externalReference": []ld.Node{ld.Typed(id+"-reference", "uco-core:ExternalReference", ld.Node{
				"uco-core:definingContext": e.Holder, "uco-core:externalIdentifier": e.Ref,
			})},
		})
		if e.SHA256 != "" {
			record["uco-core:hasFacet"] = []ld.Node{ld.Typed(id+"-content", "uco-observable:ContentDataFacet", ld.Node{
				"uco-observable:hash": []ld.Node{ld.Typed(id+"-hash", "uco-types:Hash", ld.Node{
					"uco-types:hashMethod": "SHA256", "uco-types:hashValue": ld.Node{"@type": "xsd:hexBinary", "@value": e.SHA256},
				})},
			})}
		}
		add(record)
	}
	if len(records) == 0 {
		records = []ld.Node{}
	}
	var says []string
	for _, p := range s.Parts {
		says = append(says, fmt.Sprintf("%+.2f %s: %s", p.Weight, p.Name, p.Says))
	}
	add(
		ld.Typed("account", "uco-observable:ObservableObject", ld.Node{
			"uco-core:description": "the account with the pseudonym " + string(s.Subject) + "; its platform can tell whose it is",
		}),
		ld.Typed("score", "uco-observable:ObservableObject", ld.Node{
			"uco-core:description": strings.Join(says, "\n"),
			"uco-core:hasFacet": []ld.Node{ld.Typed("score-classes", "uco-analysis:ArtifactClassificationResultFacet", ld.Node{
				"uco-analysis:classification": []ld.Node{ld.Typed("score-class", "uco-analysis:ArtifactClassification", ld.Node{
					"uco-analysis:class":                    []string{"live-streamed sexual abuse of children, or paying for it, suspected"},
					"uco-analysis:classificationConfidence": ld.Decimal(s.Probability),
				})},
			})},
		}),
		ld.Typed("scoring", "case-investigation:InvestigativeAction", ld.Node{
			"uco-core:name": "scoring", "uco-action:performer": ld.Ref("vigil"), "uco-action:instrument": ld.Ref("vigil"),
			"uco-action:object": records, "uco-action:result": ld.Ref("score"), "uco-action:endTime": ld.Time(s.At),
		}),
		ld.Typed("person-1", "uco-identity:Person", ld.Node{"uco-core:description": "known by the pseudonym " + s.Reviewer}),
		ld.Typed("decision", "uco-observable:ObservableObject", ld.Node{
			"uco-core:description": fmt.Sprintf("decision %s: %s for the reason %s", s.Decision, s.Verdict, s.Reason),
		}))
	review := ld.Typed("review", "case-investigation:InvestigativeAction", ld.Node{
		"uco-core:name": "review", "uco-action:performer": ld.Ref("person-1"), "uco-action:instrument": ld.Ref("vigil"),
		"uco-action:object": []ld.Node{ld.Ref("score"), ld.Ref("account")}, "uco-action:result": ld.Ref("decision"), "uco-action:endTime": ld.Time(s.At),
	})
	if s.Second != "" { // UCO knows one performer, and those who take part
		add(ld.Typed("person-2", "uco-identity:Person", ld.Node{"uco-core:description": "known by the pseudonym " + s.Second}))
		review["uco-action:participant"] = ld.Ref("person-2")
	}
	var checks []string
	for _, step := range f.Steps {
		checks = append(checks, step.Name+": "+step.Says)
	}
	add(review,
		ld.Typed("provenance", "case-investigation:ProvenanceRecord", ld.Node{
			"uco-core:description": "alert " + a.ID + ", as it came", "uco-core:object": append(records, ld.Ref("decision")),
		}),
		ld.Typed("receipt", "case-investigation:InvestigativeAction", ld.Node{
			"uco-core:name": "receipt and check", "uco-core:description": strings.Join(checks, "\n"),
			"uco-action:performer": ld.Ref("vigil"), "uco-action:instrument": ld.Ref("vigil"),
			"uco-action:object": ld.Ref("decision"), "uco-action:result": ld.Ref("provenance"), "uco-action:endTime": ld.Time(f.Came),
		}))
	data, err := json.MarshalIndent(ld.Node{"@context": ld.Context("urn:vigil:alert:"+a.ID+":", "action", "analysis", "core", "identity", "observable", "tool", "types"), "@graph": graph}, "", " ")
	return append(data, '\n'), err
}

package review

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// MaxEvidence limits the records that one statement refers to.
const MaxEvidence = 256

// A Statement is a decision in the words a reporting centre gets: all of what
// the reviewer saw that leaves the store, and nothing more. Its digest is in the
// decision's audit entry from the moment of deciding, so that a centre can tell
// that what it reads is what was decided.
type Statement struct {
	Decision   string         `json:"decision"` // id
	Case       string         `json:"case"`     // id
	CaseDigest string         `json:"case_digest"`
	Revision   uint64         `json:"revision"`
	Subject    signal.Subject `json:"subject"`
	First      time.Time      `json:"first"`
	Last       time.Time      `json:"last"`

	Score       float64 `json:"score"`
	Probability float64 `json:"probability"`
	Bar         float64 `json:"bar"`
	Weights     string  `json:"weights"`
	// Parts are those of the score, without their signals: the evidence says
	// which part it supports.
	Parts []Part `json:"parts"`

	Evidence []Evidence `json:"evidence"`
	// Omitted counts the records beyond MaxEvidence and the signals that did not
	// fit into the case.
	Omitted int `json:"omitted"`

	Verdict  Verdict `json:"verdict"`
	Reason   string  `json:"reason"`
	Reviewer string  `json:"reviewer"`
	StandIn  bool    `json:"stand_in"`
	// Second is the other reviewer who confirmed, Persons how many reviewers it took: 1
	// by a written policy that takes one, or in danger. Older statements lack both.
	Second  string `json:"second,omitempty"`
	Persons int    `json:"persons,omitempty"`
	// Danger says that one person confirmed because a danger would not wait; a supervisor
	// looks at it after.
	Danger   bool      `json:"danger,omitempty"`
	Sequence int       `json:"sequence"`
	At       time.Time `json:"at"`
	// Salt makes the statement's digest a commitment that tells nothing to who does not
	// have the statement. Older statements lack it.
	Salt string `json:"salt,omitempty"`
}

// Evidence refers to a record that a partner holds.
type Evidence struct {
	signal.Evidence
	// Supports names the parts of the score that rest on the record.
	Supports []string `json:"supports"`
}

// Statement returns what d states. The same decision gives the same statement.
func (d Decision) Statement() Statement {
	c := d.Case
	s := Statement{
		Decision: d.ID, Case: d.CaseID, CaseDigest: d.CaseDigest, Revision: c.Revision, Subject: c.Subject,
		First: c.First, Last: c.Last,
		Score: c.Score, Probability: c.Probability, Bar: c.Bar, Weights: c.Weights,
		Parts:   make([]Part, 0, len(c.Parts)),
		Verdict: d.Verdict, Reason: d.Reason, Reviewer: d.Reviewer, StandIn: d.StandIn,
		Second: d.Second, Persons: d.Persons, Danger: d.Danger != "",
		Sequence: d.Sequence, At: d.At, Salt: d.Salt,
	}
	for _, p := range c.Parts {
		s.Parts = append(s.Parts, Part{Name: p.Name, Weight: p.Weight, Says: p.Says})
	}
	s.Evidence, s.Omitted = c.evidence()
	s.Omitted += c.Omitted
	return s
}

// evidence gathers the records behind a case, those of the weightiest parts
// first, so that a limit costs the least telling ones and a reader meets the most
// telling ones first. It also returns how many it left out.
func (c Case) evidence() (kept []Evidence, omitted int) {
	parts := slices.Clone(c.Parts)
	slices.SortStableFunc(parts, func(a, b Part) int { return cmp.Compare(b.Weight, a.Weight) })
	supports := make(map[string][]string) // names of parts by signal id
	rank := make(map[string]int)          // the weightiest part of a signal
	for i, p := range parts {
		for _, id := range p.Signals {
			if _, ok := rank[id]; !ok {
				rank[id] = i
			}
			if !slices.Contains(supports[id], p.Name) {
				supports[id] = append(supports[id], p.Name)
			}
		}
	}
	signals := slices.Clone(c.Signals)
	slices.SortStableFunc(signals, func(a, b signal.Signal) int {
		return cmp.Compare(rankOr(rank, a.ID, len(parts)), rankOr(rank, b.ID, len(parts)))
	})

	type record struct{ what, holder, ref, sha256 string }
	at := make(map[record]int)
	kept = []Evidence{}
	for _, s := range signals {
		for _, e := range s.Evidence {
			key := record{e.What, e.Holder, e.Ref, e.SHA256}
			i, ok := at[key]
			if !ok {
				i = len(at)
				at[key] = i
				e.At = e.At.UTC()
				if i < MaxEvidence {
					kept = append(kept, Evidence{Evidence: e, Supports: []string{}})
				}
			}
			if i < MaxEvidence {
				for _, name := range supports[s.ID] {
					if !slices.Contains(kept[i].Supports, name) {
						kept[i].Supports = append(kept[i].Supports, name)
					}
				}
			}
		}
	}
	return kept, len(at) - len(kept)
}

func rankOr(rank map[string]int, id string, last int) int {
	if r, ok := rank[id]; ok {
		return r
	}
	return last
}

// Digest returns the SHA-256, in lower-case hex, of the statement's JSON: the
// very bytes that stand in an alert, so that a verifier in any language can hash
// them as they are.
func (s Statement) Digest() (string, error) {
	data, err := s.encode()
	if err != nil {
		return "", err
	}
	return digest(data), nil
}

func (s Statement) encode() ([]byte, error) {
	data, err := signal.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode statement of decision %s: %w", s.Decision, err)
	}
	return data, nil
}

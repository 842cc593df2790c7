package action

import (
	"slices"
	"time"
)

// A Statement is a statement of reasons (DSA, article 17) as the API of the Commission's
// Transparency Database takes it (POST /api/v1/statement). It has no personal data: what
// the database wants and only the platform knows, as the date of the content, is taken
// from what the platform told; the platform may add its own fields before it sends it.
type Statement struct {
	DecisionVisibility      []string `json:"decision_visibility,omitempty"`
	DecisionVisibilityOther string   `json:"decision_visibility_other,omitempty"`
	DecisionProvision       string   `json:"decision_provision,omitempty"`
	DecisionAccount         string   `json:"decision_account,omitempty"`
	DecisionGround          string   `json:"decision_ground"`
	LegalGround             string   `json:"illegal_content_legal_ground"`
	Explanation             string   `json:"illegal_content_explanation"`
	ContentType             []string `json:"content_type"`
	Category                string   `json:"category"`
	CategorySpecification   []string `json:"category_specification"`
	ContentDate             string   `json:"content_date"`     // 2006-01-02
	ApplicationDate         string   `json:"application_date"` // 2006-01-02
	EndDateVisibility       string   `json:"end_date_visibility_restriction,omitempty"`
	DecisionFacts           string   `json:"decision_facts"`
	SourceType              string   `json:"source_type"`
	AutomatedDetection      string   `json:"automated_detection"` // Yes or No
	AutomatedDecision       string   `json:"automated_decision"`
	PUID                    string   `json:"puid"` // the action's id
}

// statement makes the one of a record that restricts.
func statement(v View, r Record) *Statement {
	s := &Statement{
		DecisionGround: "DECISION_GROUND_ILLEGAL_CONTENT",
		LegalGround:    "Directive 2011/93/EU, article 5",
		Explanation:    "The content is suspected to be child sexual abuse material, which is illegal in every Member State.",
		ContentType:    []string{"CONTENT_TYPE_VIDEO"},
		Category:       "STATEMENT_CATEGORY_PROTECTION_OF_MINORS", CategorySpecification: []string{"KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL"},
		ContentDate: v.Last.Format(time.DateOnly), ApplicationDate: r.At.Format(time.DateOnly),
		DecisionFacts: r.Why, SourceType: "SOURCE_VOLUNTARY", AutomatedDetection: "No",
		AutomatedDecision: "AUTOMATED_DECISION_NOT_AUTOMATED", PUID: r.ID,
	}
	switch r.Action {
	case Suspend:
		s.DecisionAccount = "DECISION_ACCOUNT_SUSPENDED"
	case Interrupt:
		s.DecisionProvision = "DECISION_PROVISION_PARTIAL_SUSPENSION"
	case Hold:
		s.DecisionVisibility = []string{"DECISION_VISIBILITY_CONTENT_DISABLED"}
	case Blur:
		s.DecisionVisibility, s.DecisionVisibilityOther = []string{"DECISION_VISIBILITY_OTHER"}, "The picture is blurred."
	}
	if r.Until != nil {
		s.EndDateVisibility = r.Until.Format(time.DateOnly)
	}
	machine := slices.Contains(v.Grounds, "match") || slices.Contains(v.Grounds, "score")
	if machine {
		s.AutomatedDetection = "Yes"
	}
	switch {
	case v.Trusted:
		s.SourceType = "SOURCE_TRUSTED_FLAGGER"
	case slices.Contains(v.Grounds, "flag"):
		s.SourceType = "SOURCE_ARTICLE_16"
	}
	if r.Automated {
		s.AutomatedDecision = "AUTOMATED_DECISION_FULLY"
	}
	return s
}

package inbox

import (
	"time"

	"github.com/vigil-stream/vigil/report"
)

// Facts are what the order of alerts goes by, kept beside each so that a list needs to open
// none. No country, nationality, sex or age is among them.
type Facts struct {
	Danger      bool      `json:"danger,omitempty"` // the sender says that it would not wait
	Newest      time.Time `json:"newest"`           // of the records
	Decided     time.Time `json:"decided"`
	Probability float64   `json:"probability"`
	Complete    float64   `json:"complete"` // 0 to 1, as report.Gate has it
	Missing     int       `json:"missing"`  // checks of completeness that fail
	StandIn     bool      `json:"stand_in,omitempty"`
	// Parts are the names of those that speak for the case.
	Parts []string `json:"parts"`
	// Says is the sentence of the weightiest part for the case.
	Says string `json:"says"`
}

func factsOf(a report.Alert) Facts {
	s := a.Statement
	quality := report.Gate{}.Judge(a)
	f := Facts{
		Danger: s.Danger, Newest: s.Last, Decided: s.At, Probability: s.Probability, Complete: quality.Score,
		Missing: len(quality.Missing()), StandIn: s.StandIn, Parts: []string{},
	}
	for _, e := range s.Evidence {
		if e.At.After(f.Newest) {
			f.Newest = e.At
		}
	}
	best := 0.0
	for _, p := range s.Parts {
		if p.Weight > 0 {
			f.Parts = append(f.Parts, p.Name)
		}
		if p.Weight > best {
			best, f.Says = p.Weight, p.Says
		}
	}
	return f
}

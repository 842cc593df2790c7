package report

import (
	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
)

// A Centre is what an alert says of the centre it goes to.
type Centre struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Country    string `json:"country,omitempty"` // that it is in charge of
	Contact    string `json:"contact"`
	LegalBasis string `json:"legal_basis"`
}

// Topic is the centre's reporting queue, without the deployment's prefix.
func (c Centre) Topic() string { return route.Centre{ID: c.ID}.Topic() }

// centreOf is the part of the directory's entry that goes into an alert.
func centreOf(c route.Centre) Centre {
	return Centre{ID: c.ID, Name: c.Name, Country: c.Country, Contact: c.Contact, LegalBasis: c.Law.Says}
}

// Tell makes the alerts of a plan, one for each centre that is told, in the plan's order.
func Tell(d review.Decision, p route.Plan, proof audit.Proof, logKey string) ([]Alert, error) {
	alerts := make([]Alert, len(p.Told))
	for i, t := range p.Told {
		a, err := Build(d, centreOf(t.Centre), t.Why, proof, logKey)
		if err != nil {
			return nil, err
		}
		a.Also = p.Also(t.Centre)
		alerts[i] = a
	}
	return alerts, nil
}

package simulate

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A Label is what is true of one person.
type Label struct {
	Person  string `json:"person"`
	Group   Group  `json:"group"`
	Network int    `json:"network,omitempty"`
	// Circle is the network, the family, the tutor with the customers …: what is resampled
	// together, for its members are not independent.
	Circle   string           `json:"circle"`
	Corridor string           `json:"corridor,omitempty"` // such as AU-PH
	Country  string           `json:"country"`
	Subjects []signal.Subject `json:"subjects"`
	// FirstPayment and FirstSession are the first of the person's own, of any kind; zero
	// where there is none. Late is what a case is measured against.
	FirstPayment time.Time `json:"first_payment,omitzero"`
	FirstSession time.Time `json:"first_session,omitzero"`
}

// Labels are what is true of a part.
type Labels struct {
	People   []Label
	Networks []Network
}

// Labels tells what is true of the part.
func (p *Part) Labels() Labels {
	l := Labels{People: make([]Label, len(p.People)), Networks: p.Networks}
	for i := range p.People {
		x := &p.People[i]
		l.People[i] = Label{
			Person: personID(x.number), Group: x.Group, Network: x.Network, Circle: fmt.Sprintf("%04d-%d", p.Number, x.Circle), Country: places[x.place].code,
			Subjects: x.Subjects(p.w.tok),
		}
		if x.Corridor >= 0 {
			l.People[i].Corridor = corridorNames[x.Corridor]
		}
	}
	first := func(at *time.Time, t int64) {
		if at.IsZero() {
			*at = p.w.time(t)
		}
	}
	for _, x := range p.t.pays { // by time
		first(&l.People[x.from].FirstPayment, x.at)
		first(&l.People[x.to].FirstPayment, x.at)
	}
	for _, x := range p.t.meets {
		first(&l.People[x.host].FirstSession, x.at)
		for _, g := range x.guests {
			first(&l.People[g].FirstSession, x.at)
		}
	}
	return l
}

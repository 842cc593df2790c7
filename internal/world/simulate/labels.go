package simulate

import (
	"fmt"
	"maps"
	"slices"
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
	// Shown says of a guilty person that anything is told by which anybody could tell the
	// person from others: see traces. Who is not shown cannot be found by any score, and Lack
	// says why. Streams are the commissioned streams, hosted or watched, of which something
	// beside the stream is told.
	Shown   bool `json:"shown,omitempty"`
	Lack    Lack `json:"lack,omitempty"`
	Streams int  `json:"streams,omitempty"`
	// Ties are the networks with which an innocent person truly dealt, in order: who paid a
	// member, was paid by one, watched one or was watched by one, whether or not anybody tells.
	Ties []int `json:"ties,omitempty"`
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
	for i, t := range p.traces() {
		if x := &l.People[i]; x.Group.Guilty() {
			if x.Shown, x.Streams = t.shown, t.streams; !t.shown {
				x.Lack = t.lack
			}
		}
	}
	for i, networks := range p.ties() {
		l.People[i].Ties = slices.Sorted(maps.Keys(networks))
	}
	return l
}

// ties are the networks with which innocent people dealt, by person.
func (p *Part) ties() map[int32]map[int]bool {
	out := make(map[int32]map[int]bool)
	meet := func(a, b int32) {
		for _, pair := range [2][2]int32{{a, b}, {b, a}} {
			innocent, network := pair[0], p.People[pair[1]].Network
			if p.People[innocent].Network != 0 || network == 0 {
				continue
			}
			if out[innocent] == nil {
				out[innocent] = make(map[int]bool)
			}
			out[innocent][network] = true
		}
	}
	for _, x := range p.t.pays {
		meet(x.from, x.to)
	}
	for _, x := range p.t.meets {
		for _, g := range x.guests {
			meet(x.host, g)
		}
	}
	return out
}

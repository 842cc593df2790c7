package iso20022

import "github.com/vigil-stream/vigil/payments"

// An agent is what is read of DbtrAgt or CdtrAgt.
type agent struct {
	there          bool
	bic, lei, name string
	system, member string // of a clearing system
	other          string
	country        string
}

func (r *Reader) agent(a *agent) {
	a.there = true
	for r.child() {
		if string(r.x.Local()) != "FinInstnId" {
			r.x.Skip()
			continue
		}
		for r.child() {
			switch string(r.x.Local()) {
			case "BICFI":
				a.bic = r.common()
			case "ClrSysMmbId":
				r.member(a)
			case "LEI":
				a.lei = r.common()
			case "Nm":
				a.name = r.common()
			case "PstlAdr":
				for r.child() {
					if string(r.x.Local()) == "Ctry" {
						a.country = r.common()
					} else {
						r.x.Skip()
					}
				}
			case "Othr":
				for r.child() {
					if string(r.x.Local()) == "Id" {
						a.other = r.common()
					} else {
						r.x.Skip()
					}
				}
			default:
				r.x.Skip()
			}
		}
	}
}

func (r *Reader) member(a *agent) {
	for r.child() {
		switch string(r.x.Local()) {
		case "ClrSysId":
			code, proprietary := r.choice()
			a.system = code + proprietary
		case "MmbId":
			a.member = r.common()
		default:
			r.x.Skip()
		}
	}
}

// id is the first of an institution's names that there is. A clearing member's number
// counts beside the clearing system that gave it.
func (a agent) id() string {
	switch {
	case a.bic != "":
		return a.bic
	case a.member != "" && a.system != "":
		return a.system + "/" + a.member
	}
	for _, name := range []string{a.member, a.lei, a.name} {
		if name != "" {
			return name
		}
	}
	return a.other
}

// where is its country, by BIC and then by address.
func (a agent) where() string {
	if c := payments.BICCountry(a.bic); c != "" {
		return c
	}
	if payments.IsCountry(a.country) {
		return a.country
	}
	return ""
}

package iso20022

import (
	"github.com/vigil-stream/vigil/payments"
)

// A party is what is read of Dbtr or Cdtr.
type party struct {
	there             bool
	name, residence   string
	country, town     string
	address           string
	phone, cell, mail string
}

func (r *Reader) party(p *party) {
	p.there = true
	for r.child() {
		switch string(r.x.Local()) {
		case "Nm":
			p.name = r.value()
		case "CtryOfRes":
			p.residence = r.common()
		case "PstlAdr":
			r.address(p)
		case "CtctDtls":
			r.contact(p)
		default:
			r.x.Skip()
		}
	}
}

// address reads a postal address: its country, its town, and in one line what else a
// letter needs.
func (r *Reader) address(p *party) {
	for r.child() {
		switch string(r.x.Local()) {
		case "Ctry":
			p.country = r.common()
		case "TwnNm":
			p.town = r.value()
		case "StrtNm", "BldgNb", "BldgNm", "Flr", "UnitNb", "PstBx", "Room", "PstCd", "AdrLine":
			p.line(r.value())
		default:
			r.x.Skip()
		}
	}
}

func (p *party) line(text string) {
	if p.address != "" && text != "" {
		p.address += " "
	}
	p.address += text
}

func (r *Reader) contact(p *party) {
	for r.child() {
		switch string(r.x.Local()) {
		case "PhneNb":
			p.phone = r.value()
		case "MobNb":
			p.cell = r.value()
		case "EmailAdr":
			p.mail = r.value()
		default:
			r.x.Skip()
		}
	}
}

// An account is what is read of DbtrAcct or CdtrAcct.
type account struct {
	iban, id       string
	issuer, scheme string
	proxy          string
}

func (r *Reader) account(a *account) {
	for r.child() {
		switch string(r.x.Local()) {
		case "Id":
			for r.child() {
				switch string(r.x.Local()) {
				case "IBAN":
					a.iban = r.value()
				case "Othr":
					r.otherAccount(a)
				default:
					r.x.Skip()
				}
			}
		case "Prxy":
			for r.child() {
				if string(r.x.Local()) == "Id" {
					a.proxy = r.value()
				} else {
					r.x.Skip()
				}
			}
		default:
			r.x.Skip()
		}
	}
}

func (r *Reader) otherAccount(a *account) {
	for r.child() {
		switch string(r.x.Local()) {
		case "Id":
			a.id = r.value()
		case "Issr":
			a.issuer = r.common()
		case "SchmeNm":
			_, a.scheme = r.choice()
		default:
			r.x.Skip()
		}
	}
}

// choice reads a code of a published list, or somebody's own.
func (r *Reader) choice() (code, proprietary string) {
	for r.child() {
		switch string(r.x.Local()) {
		case "Cd":
			code = r.common()
		case "Prtry":
			proprietary = r.common()
		default:
			r.x.Skip()
		}
	}
	return code, proprietary
}

// party makes the end of a payment. The country is the one that is written, else that
// of the IBAN, else the agent's.
func (p party) end(a account, g agent) (payments.Party, error) {
	out := payments.Party{
		Name: p.name, Country: p.country, Agent: g.id(), Proxy: a.proxy, IBAN: a.iban, Account: a.id, Issuer: a.issuer,
		Mobile: p.cell, Phone: p.phone, Email: p.mail, Address: p.address, Town: p.town,
	}
	if out.Issuer == "" {
		out.Issuer = a.scheme
	}
	for _, country := range []func() string{
		func() string { return p.residence }, func() string { return payments.IBANCountry(p.ibanOf(a)) }, g.where,
	} {
		if out.Country == "" {
			out.Country = country()
		}
	}
	return out, check(out)
}

func (party) ibanOf(a account) string { return a.iban }

func check(p payments.Party) error {
	for _, f := range []struct {
		place, text string
		most        int
	}{
		{"Nm", p.Name, payments.MaxName}, {"the agent", p.Agent, payments.MaxName}, {"Issr", p.Issuer, payments.MaxName},
		{"PstlAdr/TwnNm", p.Town, payments.MaxName}, {"PstlAdr", p.Address, payments.MaxIdentifier},
		{"an account or contact", p.Proxy, payments.MaxIdentifier}, {"an account or contact", p.IBAN, payments.MaxIdentifier},
		{"an account or contact", p.Account, payments.MaxIdentifier}, {"an account or contact", p.Mobile, payments.MaxIdentifier},
		{"an account or contact", p.Phone, payments.MaxIdentifier}, {"an account or contact", p.Email, payments.MaxIdentifier},
	} {
		if len(f.text) > f.most { // in bytes: the characters are no more
			if err := payments.CheckLength(f.text, f.most); err != nil {
				return payments.At(f.place, err)
			}
		}
	}
	return payments.At("Ctry", payments.CheckCountry(p.Country))
}

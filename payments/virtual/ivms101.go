package virtual

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// The part of IVMS101 (interVASP Messaging Standard) that is read, in the names of 2020
// and those of 2023. In JSON, names of the two entities are written with a capital or
// without: encoding/json does not mind.
type travelRule struct {
	Originator *struct {
		Persons  []person `json:"originatorPersons"` // 2020
		Person   []person `json:"originatorPerson"`  // 2023
		Accounts []string `json:"accountNumber"`     // 2020; in 2023 it is the person's
	} `json:"originator"`
	Beneficiary *struct {
		Persons  []person `json:"beneficiaryPersons"`
		Person   []person `json:"beneficiaryPerson"`
		Accounts []string `json:"accountNumber"`
	} `json:"beneficiary"`
}

type person struct {
	Natural  *naturalPerson `json:"naturalPerson"`
	Legal    *legalPerson   `json:"legalPerson"`
	Accounts []string       `json:"accountNumber"`

	where string // JSON pointer of its side.
}

type naturalPerson struct {
	Name struct {
		Identifiers []struct {
			Primary   string `json:"primaryIdentifier"`
			Secondary string `json:"secondaryIdentifier"`
			Type2020  string `json:"nameIdentifierType"`
			Type2023  string `json:"naturalPersonNameIdentifierType"`
		} `json:"nameIdentifier"`
	} `json:"name"`
	customer
	Residence string `json:"countryOfResidence"`
}

type legalPerson struct {
	Name struct {
		Identifiers []struct {
			Name string `json:"legalPersonName"`
			Type string `json:"legalPersonNameIdentifierType"`
		} `json:"nameIdentifier"`
	} `json:"name"`
	customer
	Registration string `json:"countryOfRegistration"`
}

// customer is what natural and legal persons have alike.
type customer struct {
	Addresses  []address `json:"geographicAddress"`
	ID         string    `json:"customerIdentification"`
	NumberOf20 string    `json:"customerNumber"` // The name that it has in 2020.
}

type address struct {
	Type           string   `json:"addressType"`
	Street         string   `json:"streetName"`
	BuildingNumber string   `json:"buildingNumber"`
	BuildingName   string   `json:"buildingName"`
	Floor          string   `json:"floor"`
	Room           string   `json:"room"`
	PostBox        string   `json:"postBox"`
	PostCode       string   `json:"postcode"`
	Town           string   `json:"townName"`
	Lines          []string `json:"addressLine"`
	Country        string   `json:"country"`
}

// CheckAlone refuses the travel rule's data where they come without a transfer: they name
// people and neither amount nor time nor reference, so that nothing could be found again
// that they belong to. Whatever is something else is nil.
func CheckAlone(data []byte) error {
	var of struct {
		Type        json.RawMessage `json:"type"`
		Originator  json.RawMessage `json:"originator"`
		Beneficiary json.RawMessage `json:"beneficiary"`
		Wrapped     json.RawMessage `json:"ivms101"`
	}
	if json.Unmarshal(data, &of) != nil || of.Type != nil || of.Originator == nil && of.Beneficiary == nil && of.Wrapped == nil {
		return nil
	}
	return signal.Reject("travel-rule-alone",
		`IVMS101 names people and no transfer: send it as "travel_rule" of the transfer's record, which has "type": "virtual-asset", institution, id, at, chain, asset, from and to`)
}

// people are the first persons of both sides, nil where there is none.
func (r *travelRule) people() (originator, beneficiary *person) {
	if r == nil {
		return nil, nil
	}
	if o := r.Originator; o != nil {
		originator = first(o.Persons, o.Person, o.Accounts, "originator")
	}
	if b := r.Beneficiary; b != nil {
		beneficiary = first(b.Persons, b.Person, b.Accounts, "beneficiary")
	}
	return originator, beneficiary
}

func first(of2020, of2023 []person, accounts []string, side string) *person {
	p := &person{}
	if all := append(of2020, of2023...); len(all) > 0 {
		p = &all[0]
	}
	p.Accounts = append(p.Accounts, accounts...)
	p.where = "/travel_rule/" + side
	return p
}

// maxAddress limits an address in one line, in characters, as the schema of
// transactions does.
const maxAddress = 500

// add puts what is known of the owner into an end. What is there already of the account
// stands; country and town of a postal address go before what an analysis says.
func (p *person) add(into *payments.Party) error {
	var c customer
	country := ""
	switch {
	case p.Natural != nil:
		c, country, into.Name = p.Natural.customer, p.Natural.Residence, p.Natural.name()
	case p.Legal != nil:
		c, country, into.Name = p.Legal.customer, p.Legal.Registration, p.Legal.name()
	}
	into.Name = cut(into.Name, payments.MaxName) // Two parts of 100 each; only words of it are compared.
	if a, ok := c.address(); ok {
		into.Address = cut(a.line(), maxAddress)
		if a.Country != "" {
			country = a.Country
		}
		if town := payments.Clean(a.Town); town != "" {
			into.Town = town
		}
	}
	if country != "" {
		into.Country = country
	}
	if err := payments.CheckCountry(into.Country); err != nil {
		return payments.At(p.where+": the country", err)
	}
	if into.Account == "" && len(p.Accounts) > 0 {
		into.Account = payments.Clean(p.Accounts[0])
	}
	if id := payments.Clean(c.ID + c.NumberOf20); into.Account == "" && id != "" && into.Agent != "" {
		into.Account, into.Issuer = id, into.Agent
	}
	return nil
}

// name is the legal name, else the first: given names before the family's.
func (n *naturalPerson) name() string {
	names := n.Name.Identifiers
	if len(names) == 0 {
		return ""
	}
	chosen := names[0]
	for _, name := range names {
		if name.Type2020 == "LEGL" || name.Type2023 == "LEGL" {
			chosen = name
			break
		}
	}
	return payments.Clean(chosen.Secondary + " " + chosen.Primary)
}

func (l *legalPerson) name() string {
	names := l.Name.Identifiers
	if len(names) == 0 {
		return ""
	}
	chosen := names[0]
	for _, name := range names {
		if name.Type == "LEGL" {
			chosen = name
			break
		}
	}
	return payments.Clean(chosen.Name)
}

// address is where somebody lives or does business, else the first.
func (c customer) address() (address, bool) {
	for _, a := range c.Addresses {
		if a.Type == "HOME" || a.Type == "BIZZ" {
			return a, true
		}
	}
	if len(c.Addresses) > 0 {
		return c.Addresses[0], true
	}
	return address{}, false
}

// line writes an address in one line, always the same parts in the same order.
func (a address) line() string {
	parts := append([]string{a.Street, a.BuildingNumber, a.BuildingName, a.Floor, a.Room, a.PostBox}, a.Lines...)
	return payments.Clean(strings.Join(append(parts, a.PostCode, a.Town), " "))
}

// cut returns at most so many characters of a text.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return payments.Clean(string([]rune(text)[:most]))
}

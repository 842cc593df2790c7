package virtual

import (
	"fmt"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// Type is what a record's member "type" says.
const Type = "virtual-asset"

var schema = payments.Schema("virtual")

// record is the form of schema/virtual.json.
type record struct {
	Institution string           `json:"institution"`
	ID          string           `json:"id"`
	At          string           `json:"at"`
	Chain       string           `json:"chain"`
	Asset       string           `json:"asset"`
	Value       *value           `json:"value"`
	TxHash      string           `json:"tx_hash"`
	Provider    string           `json:"provider"`
	Confidence  string           `json:"confidence"`
	Funding     payments.Funding `json:"funding"`
	Reference   string           `json:"reference"`
	From        end              `json:"from"`
	To          end              `json:"to"`
	TravelRule  *travelRule      `json:"travel_rule"`
}

type value struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

type end struct {
	Address   string `json:"address"`
	VASP      string `json:"vasp"`
	Geography struct {
		Country string `json:"country"`
		Town    string `json:"town"`
	} `json:"geography"`
	Exposures []struct {
		Category string `json:"category"`
		Exposure string `json:"exposure"`
		Amount   string `json:"amount"`
	} `json:"exposures"`
}

// Parse reads one record. The error is a Rejection that names the field.
func Parse(data []byte) (*payments.Transaction, error) {
	var in record
	if err := schema.Decode(data, &in); err != nil {
		return nil, fmt.Errorf("virtual asset: %w", err)
	}
	t := &payments.Transaction{
		Institution: in.Institution, Ref: in.ID, Currency: payments.NoCurrency, Rail: payments.RailVirtual, Funding: in.Funding,
		Virtual: &payments.Virtual{
			Asset: in.Asset, TxHash: payments.Clean(in.TxHash), Provider: payments.Clean(in.Provider), Confidence: payments.Clean(in.Confidence),
		},
	}
	var err error
	if t.At, err = payments.ParseTime(in.At); err != nil {
		return nil, payments.At("/at", err)
	}
	if in.Value != nil {
		t.Currency = in.Value.Currency
		if t.Amount, err = payments.ParseAmount(in.Value.Amount, t.Currency); err != nil {
			return nil, payments.At("/value", err)
		}
	}
	if text := payments.Clean(in.Reference); text != "" {
		t.Remittance = []string{text}
	}
	originator, beneficiary := in.TravelRule.people()
	for _, side := range []struct {
		name   string
		end    *end
		of     payments.Role
		person *person
		into   *payments.Party
	}{
		{"/from", &in.From, signal.Sender, originator, &t.Debtor},
		{"/to", &in.To, signal.Recipient, beneficiary, &t.Creditor},
	} {
		if *side.into, err = side.end.party(side.name, in.Chain, side.person); err != nil {
			return nil, err
		}
		if err := side.end.expose(side.name, t, side.of); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// party joins what is said of an address with what the travel rule says of its owner.
func (e *end) party(where, chain string, owner *person) (payments.Party, error) {
	p := payments.Party{
		Agent: payments.Clean(e.VASP), Account: payments.Clean(e.Address), Issuer: chain,
		Country: e.Geography.Country, Town: payments.Clean(e.Geography.Town),
	}
	if err := payments.CheckCountry(p.Country); err != nil {
		return p, payments.At(where+"/geography/country", err)
	}
	if owner != nil {
		if err := owner.add(&p); err != nil {
			return p, err
		}
	}
	// The schema holds names to a length, and encoding/json takes names that the schema
	// does not know, in other capitals.
	for _, f := range []struct {
		what, text string
		most       int
	}{{"name", p.Name, payments.MaxName}, {"account", p.Account, payments.MaxIdentifier}, {"town", p.Town, payments.MaxName}, {"issuer of the account", p.Issuer, payments.MaxName}} {
		if err := payments.CheckLength(f.text, f.most); err != nil {
			return p, payments.At(where+": the "+f.what, err)
		}
	}
	if p.Account == "" {
		return p, signal.Reject("required-field", "%s: has no address, and the travel rule no account, and no customer's number beside a vasp", where)
	}
	return p, nil
}

// expose adds the end's exposures to those of the transaction.
func (e *end) expose(where string, t *payments.Transaction, of payments.Role) error {
	for i, x := range e.Exposures {
		out := payments.Exposure{Of: of, Category: x.Category, Direct: x.Exposure == "direct"}
		if x.Amount != "" {
			if t.Currency == payments.NoCurrency {
				return signal.Reject("currency", "%s/exposures/%d/amount: is in no currency, since the transfer has no value", where, i)
			}
			var err error
			if out.Amount, err = payments.ParseAmount(x.Amount, t.Currency); err != nil {
				return fmt.Errorf("%s/exposures/%d/amount: %w", where, i, err)
			}
		}
		t.Virtual.Exposures = append(t.Virtual.Exposures, out)
	}
	return nil
}

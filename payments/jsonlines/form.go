package jsonlines

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// form is the form of schema/transaction.json.
type form struct {
	Type        string    `json:"type,omitempty"`
	Institution string    `json:"institution"`
	ID          string    `json:"id"`
	At          string    `json:"at"`
	Amount      string    `json:"amount,omitempty"`
	Currency    string    `json:"currency,omitempty"`
	Debtor      party     `json:"debtor"`
	Creditor    party     `json:"creditor"`
	Reference   string    `json:"reference,omitempty"`
	Remittance  []string  `json:"remittance,omitempty"`
	Purpose     string    `json:"purpose,omitempty"`
	Rail        string    `json:"rail,omitempty"`
	Funding     string    `json:"funding,omitempty"`
	Merchant    *merchant `json:"merchant,omitempty"`
	PaidOut     string    `json:"paid_out,omitempty"`
	Virtual     *asset    `json:"virtual,omitempty"`
}

type party struct {
	Name    string `json:"name,omitempty"`
	Country string `json:"country,omitempty"`
	Agent   string `json:"agent,omitempty"`
	Proxy   string `json:"proxy,omitempty"`
	IBAN    string `json:"iban,omitempty"`
	Account string `json:"account,omitempty"`
	Issuer  string `json:"issuer,omitempty"`
	Mobile  string `json:"mobile,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Email   string `json:"email,omitempty"`
	Address string `json:"address,omitempty"`
	Town    string `json:"town,omitempty"`
}

type merchant struct {
	MCC  string `json:"mcc,omitempty"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Town string `json:"town,omitempty"`
}

type asset struct {
	Asset      string     `json:"asset"`
	TxHash     string     `json:"tx_hash,omitempty"`
	Provider   string     `json:"provider,omitempty"`
	Confidence string     `json:"confidence,omitempty"`
	Exposures  []exposure `json:"exposures,omitempty"`
}

type exposure struct {
	Of       string `json:"of"`
	Category string `json:"category"`
	Direct   bool   `json:"direct,omitempty"`
	Amount   string `json:"amount,omitempty"`
}

// transaction checks what the schema does not.
func (f *form) transaction() (*payments.Transaction, error) {
	t := &payments.Transaction{
		Institution: f.Institution, Ref: f.ID, Purpose: f.Purpose, Rail: payments.Rail(f.Rail), Funding: payments.Funding(f.Funding),
	}
	var err error
	if t.At, err = payments.ParseTime(f.At); err != nil {
		return nil, payments.At("/at", err)
	}
	if err := f.money(t); err != nil {
		return nil, err
	}
	if f.PaidOut != "" {
		if t.PaidOut, err = payments.ParseTime(f.PaidOut); err != nil {
			return nil, payments.At("/paid_out", err)
		}
	}
	// The institution that tells of the transfer is the sender's, unless the recipient's
	// is said to be: then the sender's is not known.
	agent := f.Institution
	if payments.Clean(f.Creditor.Agent) == agent {
		agent = ""
	}
	if t.Debtor, err = f.Debtor.party(agent); err != nil {
		return nil, fmt.Errorf("/debtor%w", err)
	}
	if t.Creditor, err = f.Creditor.party(""); err != nil {
		return nil, fmt.Errorf("/creditor%w", err)
	}
	for _, line := range append([]string{f.Reference}, f.Remittance...) {
		if line = payments.Clean(line); line != "" {
			t.Remittance = append(t.Remittance, line)
		}
	}
	if m := f.Merchant; m != nil {
		t.Merchant = payments.Merchant{MCC: m.MCC, ID: payments.Clean(m.ID), Name: payments.Clean(m.Name), Town: payments.Clean(m.Town)}
	}
	return t, nil
}

// money reads the amount and what else is in the transaction's currency.
func (f *form) money(t *payments.Transaction) (err error) {
	switch {
	case f.Currency != "":
		t.Currency = f.Currency
		if t.Amount, err = payments.ParseAmount(f.Amount, f.Currency); err != nil {
			return payments.At("/amount and /currency", err)
		}
	case f.Virtual == nil:
		return signal.Reject("schema", "/: missing properties 'amount', 'currency'")
	default:
		t.Currency = payments.NoCurrency
	}
	v := f.Virtual
	if v == nil {
		return nil
	}
	t.Virtual = &payments.Virtual{
		Asset: v.Asset, TxHash: payments.Clean(v.TxHash), Provider: payments.Clean(v.Provider), Confidence: payments.Clean(v.Confidence),
	}
	for i, e := range v.Exposures {
		out := payments.Exposure{Of: payments.Role(e.Of), Category: e.Category, Direct: e.Direct}
		if e.Amount != "" {
			if f.Currency == "" {
				return signal.Reject("currency", "/virtual/exposures/%d/amount: is in no currency, since the transaction has none", i)
			}
			if out.Amount, err = payments.ParseAmount(e.Amount, f.Currency); err != nil {
				return payments.At(pointer("/virtual/exposures/", i, "/amount"), err)
			}
		}
		t.Virtual.Exposures = append(t.Virtual.Exposures, out)
	}
	return nil
}

// party reads an end. Where no country is said it is the IBAN's, then the agent's.
func (p *party) party(agent string) (payments.Party, error) {
	out := payments.Party{
		Name: payments.Clean(p.Name), Country: p.Country, Agent: payments.Clean(p.Agent), Proxy: payments.Clean(p.Proxy),
		IBAN: payments.Clean(p.IBAN), Account: payments.Clean(p.Account), Issuer: payments.Clean(p.Issuer),
		Mobile: payments.Clean(p.Mobile), Phone: payments.Clean(p.Phone), Email: payments.Clean(p.Email),
		Address: payments.Clean(p.Address), Town: payments.Clean(p.Town),
	}
	if out.Agent == "" {
		out.Agent = agent
	}
	for _, of := range []func() string{
		func() string { return payments.IBANCountry(out.IBAN) },
		func() string { return payments.IBANCountry(out.Account) },
		func() string { return payments.BICCountry(out.Agent) },
	} {
		if out.Country != "" {
			break
		}
		out.Country = of()
	}
	return out, payments.At("/country", payments.CheckCountry(out.Country))
}

// formOf is the form of which Parse makes the transaction.
func formOf(t *payments.Transaction) form {
	f := form{
		Institution: t.Institution, ID: t.Ref, At: t.At.UTC().Format(time.RFC3339), Purpose: t.Purpose,
		Rail: string(t.Rail), Funding: string(t.Funding), Debtor: partyOf(t.Debtor), Creditor: partyOf(t.Creditor),
	}
	if t.Currency != payments.NoCurrency {
		f.Amount, f.Currency = payments.FormatAmount(t.Amount, t.Currency, false), t.Currency
	}
	if f.Debtor.Agent == t.Institution && f.Creditor.Agent != t.Institution {
		f.Debtor.Agent = ""
	}
	if len(t.Remittance) == 1 {
		f.Reference = t.Remittance[0]
	} else {
		f.Remittance = t.Remittance
	}
	if t.Merchant != (payments.Merchant{}) {
		f.Merchant = &merchant{MCC: t.Merchant.MCC, ID: t.Merchant.ID, Name: t.Merchant.Name, Town: t.Merchant.Town}
	}
	if !t.PaidOut.IsZero() {
		f.PaidOut = t.PaidOut.UTC().Format(time.RFC3339)
	}
	if v := t.Virtual; v != nil {
		f.Virtual = &asset{Asset: v.Asset, TxHash: v.TxHash, Provider: v.Provider, Confidence: v.Confidence}
		for _, e := range v.Exposures {
			out := exposure{Of: string(e.Of), Category: e.Category, Direct: e.Direct}
			if e.Amount > 0 {
				out.Amount = payments.FormatAmount(e.Amount, t.Currency, false)
			}
			f.Virtual.Exposures = append(f.Virtual.Exposures, out)
		}
	}
	return f
}

func partyOf(p payments.Party) party {
	return party{
		Name: p.Name, Country: p.Country, Agent: p.Agent, Proxy: p.Proxy, IBAN: p.IBAN, Account: p.Account, Issuer: p.Issuer,
		Mobile: p.Mobile, Phone: p.Phone, Email: p.Email, Address: p.Address, Town: p.Town,
	}
}

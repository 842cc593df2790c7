package payments

import (
	"fmt"

	"github.com/vigil-stream/vigil/signal"
)

var transactionSchema = signal.MustSchema(schemas, "schema/transaction.json")

// jsonTransaction is the form of schema/transaction.json.
type jsonTransaction struct {
	Institution string    `json:"institution"`
	ID          string    `json:"id"`
	At          string    `json:"at"`
	Amount      string    `json:"amount"`
	Currency    string    `json:"currency"`
	Debtor      jsonParty `json:"debtor"`
	Creditor    jsonParty `json:"creditor"`
	Reference   string    `json:"reference"`
	Purpose     string    `json:"purpose"`
}

type jsonParty struct {
	Name    string `json:"name"`
	Account string `json:"account"`
	Issuer  string `json:"issuer"`
	Country string `json:"country"`
}

// ParseJSON reads one transaction in the form of schema/transaction.json.
func ParseJSON(data []byte) (Transaction, error) {
	var in jsonTransaction
	if err := transactionSchema.Decode(data, &in); err != nil {
		return Transaction{}, fmt.Errorf("transaction: %w", err)
	}
	at, err := ParseTime(in.At)
	if err != nil {
		return Transaction{}, fmt.Errorf("/at: %w", err)
	}
	amount, err := ParseAmount(in.Amount, in.Currency)
	if err != nil {
		return Transaction{}, fmt.Errorf("/amount and /currency: %w", err)
	}
	t := Transaction{
		Institution: in.Institution, Ref: in.ID, At: at, Amount: amount, Currency: in.Currency,
		Debtor: in.Debtor.party(), Creditor: in.Creditor.party(), Purpose: in.Purpose,
	}
	// The institution that tells of the transfer is the sender's; which one is
	// the recipient's is not said.
	t.Debtor.Agent = in.Institution
	if in.Reference != "" {
		t.Remittance = []string{in.Reference}
	}
	if err := CheckCountry(t.Debtor.Country); err != nil {
		return Transaction{}, fmt.Errorf("/debtor/country: %w", err)
	}
	if err := CheckCountry(t.Creditor.Country); err != nil {
		return Transaction{}, fmt.Errorf("/creditor/country: %w", err)
	}
	return t, nil
}

func (p jsonParty) party() Party {
	out := Party{Name: p.Name, Country: p.Country, Account: p.Account, Issuer: p.Issuer}
	if out.Country == "" {
		out.Country = IBANCountry(p.Account)
	}
	return out
}

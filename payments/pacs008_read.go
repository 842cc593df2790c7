package payments

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/signal"
)

// parsePacs008 reads every transaction of a message.
func parsePacs008(data []byte) (good []Transaction, bad error) {
	p := &parser{x: newXMLReader(bytes.NewReader(data))}
	// What breaks the message does not take back what was read before it.
	err := p.x.walk(p)
	return p.good, errors.Join(append(p.bad, err)...)
}

// A parser is the visitor that reads transactions.
type parser struct {
	x    *xmlReader
	head xmlHeader
	n    int
	good []Transaction
	bad  []error
}

func (p *parser) message(xml.StartElement, map[string]string) { p.head = xmlHeader{} }

func (p *parser) header(start xml.StartElement) error {
	if err := p.x.DecodeElement(&p.head, &start); err != nil {
		return p.x.fault(err)
	}
	return nil
}

func (p *parser) transaction(start xml.StartElement) error {
	var in xmlTransaction
	if err := p.x.DecodeElement(&in, &start); err != nil {
		return p.x.fault(err)
	}
	p.n++
	t, err := in.transaction(p.head)
	if err != nil {
		p.bad = append(p.bad, Bad{Index: p.n, Err: err})
		return nil
	}
	p.good = append(p.good, t)
	return nil
}

// transaction checks the fields that a payment must have and no others: UETR,
// InstrId, TxId and the accounts are optional in practice and are not required.
func (in xmlTransaction) transaction(head xmlHeader) (Transaction, error) {
	for _, f := range []struct {
		name    string
		present bool
	}{
		{"PmtId/EndToEndId", Clean(in.ID.EndToEnd) != ""},
		{"IntrBkSttlmAmt", in.Amount != nil},
		{"ChrgBr", Clean(in.ChargeBearer) != ""},
		{"Dbtr", in.Debtor != nil},
		{"DbtrAgt", in.DebtorAgent != nil},
		{"CdtrAgt", in.CreditorAgent != nil},
		{"Cdtr", in.Creditor != nil},
	} {
		if !f.present {
			return Transaction{}, signal.Reject("required-field", "%s: is missing or empty", f.name)
		}
	}
	t := Transaction{Institution: in.DebtorAgent.id(), Ref: in.ID.ref(head), Currency: Clean(in.Amount.Currency)}
	if t.Institution == "" {
		return Transaction{}, signal.Reject("required-field", "DbtrAgt/FinInstnId: names no institution")
	}
	var err error
	where, accepted := "AccptncDtTm", Clean(in.Accepted)
	if accepted == "" {
		where, accepted = "AccptncDtTm is absent; GrpHdr/CreDtTm", Clean(head.Created)
	}
	if t.At, err = ParseTime(accepted); err != nil {
		return Transaction{}, fmt.Errorf("%s: %w", where, err)
	}
	if t.Amount, err = ParseAmount(Clean(in.Amount.Value), t.Currency); err != nil {
		return Transaction{}, fmt.Errorf("IntrBkSttlmAmt: %w", err)
	}
	if t.Debtor, err = party(in.Debtor, in.DebtorAccount, in.DebtorAgent); err != nil {
		return Transaction{}, fmt.Errorf("%s: %w", "Dbtr", err)
	}
	if t.Creditor, err = party(in.Creditor, in.CreditorAcct, in.CreditorAgent); err != nil {
		return Transaction{}, fmt.Errorf("%s: %w", "Cdtr", err)
	}
	if err := in.words(&t); err != nil {
		return Transaction{}, err
	}
	return t, errors.Join(At("DbtrAgt", CheckLength(t.Institution, MaxName)), At("PmtId", CheckLength(t.Ref, MaxName)))
}

// words reads what the sender wrote, and the purpose. A purpose outside the
// published list is text like any other.
func (in xmlTransaction) words(t *Transaction) error {
	if in.Remittance != nil {
		for _, text := range in.Remittance.Unstructured {
			if text = Clean(text); text != "" {
				t.Remittance = append(t.Remittance, text)
			}
		}
	}
	if in.Purpose != nil {
		t.Purpose = Clean(in.Purpose.Code)
		if text := Clean(in.Purpose.Proprietary); text != "" {
			t.Remittance = append(t.Remittance, text)
		}
	}
	return At("Purp/Cd", CheckLength(t.Purpose, 4))
}

// ref is the institution's own reference. EndToEndId is the sender's, who may
// write the same every month, or NOTPROVIDED; it names a transfer only beside
// the message's id.
func (id xmlPaymentID) ref(head xmlHeader) string {
	for _, ref := range []string{id.Transaction, id.UETR, id.Instruction} {
		if ref = Clean(ref); ref != "" {
			return ref
		}
	}
	return Clean(head.MessageID) + "/" + Clean(id.EndToEnd)
}

func party(in *xmlParty, account *xmlAccount, agent *xmlAgent) (Party, error) {
	p := Party{Name: Clean(in.Name), Agent: agent.id()}
	if account != nil {
		p.IBAN = Clean(account.ID.IBAN)
		if other := account.ID.Other; other != nil {
			p.Account, p.Issuer = Clean(other.ID), Clean(other.Issuer)
			if p.Issuer == "" && other.Scheme != nil {
				p.Issuer = Clean(other.Scheme.Proprietary)
			}
		}
		if account.Proxy != nil {
			p.Proxy = Clean(account.Proxy.ID)
		}
	}
	if c := in.Contact; c != nil {
		p.Phone, p.Mobile, p.Email = Clean(c.Phone), Clean(c.Mobile), Clean(c.Email)
	}
	written := Clean(in.Residence)
	if in.Address != nil && Clean(in.Address.Country) != "" {
		written = Clean(in.Address.Country)
	}
	if p.Country = written; p.Country == "" {
		if p.Country = IBANCountry(p.IBAN); p.Country == "" {
			p.Country = agent.country()
		}
	}
	return p, p.check()
}

func (p Party) check() error {
	errs := []error{
		At("Nm", CheckLength(p.Name, MaxName)),
		At("the agent", CheckLength(p.Agent, MaxName)),
		At("Issr", CheckLength(p.Issuer, MaxName)),
		At("Ctry", CheckCountry(p.Country)),
	}
	for _, id := range []string{p.Proxy, p.IBAN, p.Account, p.Mobile, p.Phone, p.Email} {
		errs = append(errs, At("an account or contact", CheckLength(id, MaxIdentifier)))
	}
	return errors.Join(errs...)
}

// id is the first of an institution's names that there is. A clearing member's
// number counts beside the clearing system that gave it.
func (a *xmlAgent) id() string {
	in := a.Institution
	if bic := Clean(in.BIC); bic != "" {
		return bic
	}
	if m := in.Member; m != nil && Clean(m.ID) != "" {
		if m.System != nil {
			if system := Clean(m.System.Code + m.System.Proprietary); system != "" {
				return system + "/" + Clean(m.ID)
			}
		}
		return Clean(m.ID)
	}
	for _, name := range []string{in.LEI, in.Name} {
		if name = Clean(name); name != "" {
			return name
		}
	}
	if in.Other != nil {
		return Clean(in.Other.ID)
	}
	return ""
}

func (a *xmlAgent) country() string {
	if c := BICCountry(Clean(a.Institution.BIC)); c != "" {
		return c
	}
	if ad := a.Institution.Address; ad != nil && IsCountry(Clean(ad.Country)) {
		return Clean(ad.Country)
	}
	return ""
}

package iso20022

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// Parse reads every transaction of a message.
func Parse(data []byte) (good []payments.Record, bad error) {
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
	good []payments.Record
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
		p.bad = append(p.bad, payments.Bad{Index: p.n, Err: err})
		return nil
	}
	p.good = append(p.good, payments.Record{Transaction: &t})
	return nil
}

// transaction checks the fields that a payment must have and no others: UETR,
// InstrId, TxId and the accounts are optional in practice and are not required.
func (in xmlTransaction) transaction(head xmlHeader) (payments.Transaction, error) {
	for _, f := range []struct {
		name    string
		present bool
	}{
		{"PmtId/EndToEndId", payments.Clean(in.ID.EndToEnd) != ""},
		{"IntrBkSttlmAmt", in.Amount != nil},
		{"ChrgBr", payments.Clean(in.ChargeBearer) != ""},
		{"Dbtr", in.Debtor != nil},
		{"DbtrAgt", in.DebtorAgent != nil},
		{"CdtrAgt", in.CreditorAgent != nil},
		{"Cdtr", in.Creditor != nil},
	} {
		if !f.present {
			return payments.Transaction{}, signal.Reject("required-field", "%s: is missing or empty", f.name)
		}
	}
	t := payments.Transaction{Institution: in.DebtorAgent.id(), Ref: in.ID.ref(head), Currency: payments.Clean(in.Amount.Currency)}
	if t.Institution == "" {
		return payments.Transaction{}, signal.Reject("required-field", "DbtrAgt/FinInstnId: names no institution")
	}
	var err error
	where, accepted := "AccptncDtTm", payments.Clean(in.Accepted)
	if accepted == "" {
		where, accepted = "AccptncDtTm is absent; GrpHdr/CreDtTm", payments.Clean(head.Created)
	}
	if t.At, err = payments.ParseTime(accepted); err != nil {
		return payments.Transaction{}, fmt.Errorf("%s: %w", where, err)
	}
	if t.Amount, err = payments.ParseAmount(payments.Clean(in.Amount.Value), t.Currency); err != nil {
		return payments.Transaction{}, fmt.Errorf("IntrBkSttlmAmt: %w", err)
	}
	if t.Debtor, err = party(in.Debtor, in.DebtorAccount, in.DebtorAgent); err != nil {
		return payments.Transaction{}, fmt.Errorf("%s: %w", "Dbtr", err)
	}
	if t.Creditor, err = party(in.Creditor, in.CreditorAcct, in.CreditorAgent); err != nil {
		return payments.Transaction{}, fmt.Errorf("%s: %w", "Cdtr", err)
	}
	if err := in.words(&t); err != nil {
		return payments.Transaction{}, err
	}
	return t, errors.Join(payments.At("DbtrAgt", payments.CheckLength(t.Institution, payments.MaxName)), payments.At("PmtId", payments.CheckLength(t.Ref, payments.MaxName)))
}

// words reads what the sender wrote, and the purpose. A purpose outside the
// published list is text like any other.
func (in xmlTransaction) words(t *payments.Transaction) error {
	if in.Remittance != nil {
		for _, text := range in.Remittance.Unstructured {
			if text = payments.Clean(text); text != "" {
				t.Remittance = append(t.Remittance, text)
			}
		}
	}
	if in.Purpose != nil {
		t.Purpose = payments.Clean(in.Purpose.Code)
		if text := payments.Clean(in.Purpose.Proprietary); text != "" {
			t.Remittance = append(t.Remittance, text)
		}
	}
	return payments.At("Purp/Cd", payments.CheckLength(t.Purpose, 4))
}

// ref is the institution's own reference. EndToEndId is the sender's, who may
// write the same every month, or NOTPROVIDED; it names a transfer only beside
// the message's id.
func (id xmlPaymentID) ref(head xmlHeader) string {
	for _, ref := range []string{id.Transaction, id.UETR, id.Instruction} {
		if ref = payments.Clean(ref); ref != "" {
			return ref
		}
	}
	return payments.Clean(head.MessageID) + "/" + payments.Clean(id.EndToEnd)
}

func party(in *xmlParty, account *xmlAccount, agent *xmlAgent) (payments.Party, error) {
	p := payments.Party{Name: payments.Clean(in.Name), Agent: agent.id()}
	if account != nil {
		p.IBAN = payments.Clean(account.ID.IBAN)
		if other := account.ID.Other; other != nil {
			p.Account, p.Issuer = payments.Clean(other.ID), payments.Clean(other.Issuer)
			if p.Issuer == "" && other.Scheme != nil {
				p.Issuer = payments.Clean(other.Scheme.Proprietary)
			}
		}
		if account.Proxy != nil {
			p.Proxy = payments.Clean(account.Proxy.ID)
		}
	}
	if c := in.Contact; c != nil {
		p.Phone, p.Mobile, p.Email = payments.Clean(c.Phone), payments.Clean(c.Mobile), payments.Clean(c.Email)
	}
	written := payments.Clean(in.Residence)
	if in.Address != nil && payments.Clean(in.Address.Country) != "" {
		written = payments.Clean(in.Address.Country)
	}
	if p.Country = written; p.Country == "" {
		if p.Country = payments.IBANCountry(p.IBAN); p.Country == "" {
			p.Country = agent.country()
		}
	}
	return p, checkParty(p)
}

func checkParty(p payments.Party) error {
	errs := []error{
		payments.At("Nm", payments.CheckLength(p.Name, payments.MaxName)),
		payments.At("the agent", payments.CheckLength(p.Agent, payments.MaxName)),
		payments.At("Issr", payments.CheckLength(p.Issuer, payments.MaxName)),
		payments.At("Ctry", payments.CheckCountry(p.Country)),
	}
	for _, id := range []string{p.Proxy, p.IBAN, p.Account, p.Mobile, p.Phone, p.Email} {
		errs = append(errs, payments.At("an account or contact", payments.CheckLength(id, payments.MaxIdentifier)))
	}
	return errors.Join(errs...)
}

// id is the first of an institution's names that there is. A clearing member's
// number counts beside the clearing system that gave it.
func (a *xmlAgent) id() string {
	in := a.Institution
	if bic := payments.Clean(in.BIC); bic != "" {
		return bic
	}
	if m := in.Member; m != nil && payments.Clean(m.ID) != "" {
		if m.System != nil {
			if system := payments.Clean(m.System.Code + m.System.Proprietary); system != "" {
				return system + "/" + payments.Clean(m.ID)
			}
		}
		return payments.Clean(m.ID)
	}
	for _, name := range []string{in.LEI, in.Name} {
		if name = payments.Clean(name); name != "" {
			return name
		}
	}
	if in.Other != nil {
		return payments.Clean(in.Other.ID)
	}
	return ""
}

func (a *xmlAgent) country() string {
	if c := payments.BICCountry(payments.Clean(a.Institution.BIC)); c != "" {
		return c
	}
	if ad := a.Institution.Address; ad != nil && payments.IsCountry(payments.Clean(ad.Country)) {
		return payments.Clean(ad.Country)
	}
	return ""
}

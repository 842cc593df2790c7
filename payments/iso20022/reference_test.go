package iso20022

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// The reference reads pacs.008 as encoding/xml does into structures, without limits: what
// the reader finds is compared with it, and its speed.

// reference reads a message whose root is the Document of pacs.008.001.08.
func reference(data []byte) (good []payments.Transaction, bad error) {
	var doc xmlDocument
	if err := xml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	for _, in := range doc.Message.Transactions {
		t, err := in.transaction(doc.Message.Header)
		if err != nil {
			bad = errors.Join(bad, err)
			continue
		}
		good = append(good, t)
	}
	return good, bad
}

func (id xmlPaymentID) references(head xmlHeader) payments.References {
	return payments.References{
		UETR: payments.Clean(id.UETR), Transaction: payments.Clean(id.Transaction), EndToEnd: payments.Clean(id.EndToEnd),
		Instruction: payments.Clean(id.Instruction), Message: payments.Clean(head.MessageID),
	}
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
	t := payments.Transaction{Institution: in.DebtorAgent.id(), Ref: in.ID.ref(head), References: in.ID.references(head), Currency: payments.Clean(in.Amount.Currency)}
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
	if t.Debtor, err = referenceParty(in.Debtor, in.DebtorAccount, in.DebtorAgent); err != nil {
		return payments.Transaction{}, fmt.Errorf("%s: %w", "Dbtr", err)
	}
	if t.Creditor, err = referenceParty(in.Creditor, in.CreditorAcct, in.CreditorAgent); err != nil {
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

func referenceParty(in *xmlParty, account *xmlAccount, agent *xmlAgent) (payments.Party, error) {
	p := payments.Party{Name: payments.Clean(in.Name), Agent: agent.id()}
	if a := in.Address; a != nil {
		p.Town = payments.Clean(a.Town)
		var line []string
		for _, text := range a.Lines {
			if text = payments.Clean(text); text != "" {
				line = append(line, text)
			}
		}
		p.Address = strings.Join(line, " ")
	}
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
	return p, check(p)
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

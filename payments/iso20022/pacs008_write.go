package iso20022

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// maxReference limits what WritePacs008 takes as a reference (Max35Text).
const maxReference = 35

// WritePacs008 writes one pacs.008.001.08 message of the transactions, in the
// order of its schema. [Parse] reads the same transactions back, where their
// texts are clean and Debtor.Agent is Institution. The message's id is
// References.Message of the first, and Ref stands for EndToEndId and TxId where there
// are none. This version wants an id beside a proxy, so a proxy that stands alone
// becomes Account too. What the message cannot say is refused: no transactions, a
// reference longer than 35 characters, an amount or currency that does not exist, or an
// account with both an IBAN and another id.
func WritePacs008(w io.Writer, txs []payments.Transaction) error {
	if len(txs) == 0 {
		return errors.New("pacs.008: no transactions")
	}
	refs := []string{"message"}
	var newest time.Time
	var doc xmlDocument
	for i, t := range txs {
		tx, err := newXMLTransaction(t)
		if err != nil {
			return fmt.Errorf("pacs.008: transaction %d: %w", i+1, err)
		}
		doc.Message.Transactions = append(doc.Message.Transactions, tx)
		refs = append(refs, t.ID())
		if t.At.After(newest) {
			newest = t.At
		}
	}
	doc.Message.Header = xmlHeader{
		MessageID: cmp.Or(txs[0].References.Message, signal.ID(refs...)), Created: newest.UTC().Format(time.RFC3339),
		Count: strconv.Itoa(len(txs)), Settlement: "CLRG",
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("pacs.008: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := errors.Join(enc.Encode(doc), enc.Close()); err != nil {
		return fmt.Errorf("pacs.008: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func newXMLTransaction(t payments.Transaction) (xmlTransaction, error) {
	if err := payments.CheckLength(t.Ref, maxReference); err != nil {
		return xmlTransaction{}, fmt.Errorf("ref: %w", err)
	}
	amount := payments.FormatAmount(t.Amount, t.Currency, false)
	if _, err := payments.ParseAmount(amount, t.Currency); err != nil {
		return xmlTransaction{}, fmt.Errorf("amount and currency: %w", err)
	}
	debtorAccount, err := newXMLAccount(t.Debtor)
	if err != nil {
		return xmlTransaction{}, fmt.Errorf("debtor: %w", err)
	}
	creditorAccount, err := newXMLAccount(t.Creditor)
	if err != nil {
		return xmlTransaction{}, fmt.Errorf("creditor: %w", err)
	}
	out := xmlTransaction{
		ID: xmlPaymentID{
			Instruction: t.References.Instruction, EndToEnd: cmp.Or(t.References.EndToEnd, t.Ref),
			Transaction: cmp.Or(t.References.Transaction, t.Ref), UETR: t.References.UETR,
		},
		Amount:       &xmlAmount{Currency: t.Currency, Value: amount},
		Accepted:     t.At.UTC().Format(time.RFC3339),
		ChargeBearer: "SLEV",
		Debtor:       newXMLParty(t.Debtor), DebtorAccount: debtorAccount, DebtorAgent: newXMLAgent(t.Institution),
		CreditorAgent: newXMLAgent(t.Creditor.Agent), Creditor: newXMLParty(t.Creditor), CreditorAcct: creditorAccount,
	}
	if t.Purpose != "" {
		out.Purpose = &xmlChoice{Code: t.Purpose}
	}
	if len(t.Remittance) > 0 {
		out.Remittance = &xmlRemittance{Unstructured: t.Remittance}
	}
	return out, nil
}

func newXMLParty(p payments.Party) *xmlParty {
	out := &xmlParty{Name: p.Name}
	if p.Country != "" || p.Town != "" || p.Address != "" {
		out.Address = &xmlAddress{Town: p.Town, Country: p.Country, Lines: lines(p.Address)}
	}
	if p.Phone != "" || p.Mobile != "" || p.Email != "" {
		out.Contact = &xmlContact{Phone: p.Phone, Mobile: p.Mobile, Email: p.Email}
	}
	return out
}

func newXMLAccount(p payments.Party) (*xmlAccount, error) {
	account := p.Account
	if p.IBAN == "" && account == "" {
		account = p.Proxy
	}
	switch {
	case p.IBAN != "" && account != "":
		return nil, errors.New("an account has an IBAN or another id, and this has both")
	case p.IBAN == "" && account == "":
		return nil, nil
	}
	out := &xmlAccount{ID: xmlAccountID{IBAN: p.IBAN}}
	if account != "" {
		out.ID.Other = &xmlOther{ID: account, Issuer: p.Issuer}
	}
	if p.Proxy != "" {
		out.Proxy = &xmlProxy{ID: p.Proxy}
	}
	return out, nil
}

// lines breaks an address at blanks into lines of Max70Text.
func lines(address string) []string {
	var out []string
	for word := range strings.FieldsSeq(address) {
		if n := len(out); n > 0 && len(out[n-1])+1+len(word) <= 70 {
			out[n-1] += " " + word
		} else {
			out = append(out, word)
		}
	}
	return out
}

func newXMLAgent(name string) *xmlAgent {
	if payments.IsBIC(name) {
		return &xmlAgent{Institution: xmlInstitution{BIC: name}}
	}
	return &xmlAgent{Institution: xmlInstitution{Name: name}}
}

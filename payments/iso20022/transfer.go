package iso20022

import (
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// A payment is what is read of one CdtTrfTxInf, of both kinds.
type payment struct {
	refs             references
	amount           string
	currency         string
	priced           bool // there is an amount
	accepted         string
	bearer           string
	debtor, creditor party
	from, to         account
	sender, taker    agent // the agents of debtor and creditor
	purpose          string
	words            []string
}

// transfer reads a CdtTrfTxInf of pacs.008.
func (r *Reader) transfer() (payments.Record, bool, error) {
	r.part = payment{}
	p := &r.part
	p.refs.Message = r.head.message
	for r.child() {
		switch string(r.x.Local()) {
		case "IntrBkSttlmAmt":
			r.amount(p)
		case "AccptncDtTm":
			p.accepted = r.value()
		case "AddtlDtTm": // where it stands since .13
			for r.child() {
				if string(r.x.Local()) == "AccptncDtTm" {
					p.accepted = r.value()
				} else {
					r.x.Skip()
				}
			}
		case "Dbtr":
			r.party(&p.debtor)
		case "DbtrAcct":
			r.account(&p.from)
		case "DbtrAgt":
			r.agent(&p.sender)
		default:
			r.shared(p)
		}
	}
	if r.x.Err() != nil {
		return payments.Record{}, false, nil
	}
	t, err := p.made(r.head)
	return payments.Record{Transaction: t}, true, err
}

// shared reads a field that payments and orders have in common.
func (r *Reader) shared(p *payment) {
	switch string(r.x.Local()) {
	case "PmtId":
		r.ids(&p.refs)
	case "ChrgBr":
		p.bearer = r.common()
	case "CdtrAgt":
		r.agent(&p.taker)
	case "Cdtr":
		r.party(&p.creditor)
	case "CdtrAcct":
		r.account(&p.to)
	case "Purp":
		code, proprietary := r.choice()
		p.purpose = code
		p.say(proprietary) // a purpose outside the published list is text like any other
	case "RmtInf":
		for r.child() {
			if string(r.x.Local()) == "Ustrd" {
				p.say(r.value())
			} else {
				r.x.Skip()
			}
		}
	default:
		r.x.Skip()
	}
}

func (p *payment) say(text string) {
	if text != "" {
		p.words = append(p.words, text)
	}
}

func (r *Reader) ids(refs *references) {
	for r.child() {
		switch string(r.x.Local()) {
		case "InstrId":
			refs.Instruction = r.value()
		case "EndToEndId":
			refs.EndToEnd = r.value()
		case "TxId":
			refs.Transaction = r.value()
		case "UETR":
			refs.UETR = r.value()
		default:
			r.x.Skip()
		}
	}
}

func (r *Reader) amount(p *payment) {
	p.priced = true
	p.currency = r.known[r.x.Attr("Ccy")]
	if p.currency == "" {
		p.currency = payments.Clean(r.x.Attr("Ccy"))
	}
	p.amount = r.value()
}

// made makes the transaction of a pacs.008.
func (p *payment) made(head header) (*payments.Transaction, error) {
	switch {
	case p.refs.EndToEnd == "":
		return nil, missing("PmtId/EndToEndId")
	case !p.priced:
		return nil, missing("IntrBkSttlmAmt")
	case p.bearer == "":
		return nil, missing("ChrgBr")
	case !p.debtor.there:
		return nil, missing("Dbtr")
	case !p.sender.there:
		return nil, missing("DbtrAgt")
	case !p.taker.there:
		return nil, missing("CdtrAgt")
	case !p.creditor.there:
		return nil, missing("Cdtr")
	}
	where, accepted := "AccptncDtTm", p.accepted
	if accepted == "" {
		where, accepted = "AccptncDtTm is absent; GrpHdr/CreDtTm", head.created
	}
	at, err := payments.ParseTime(accepted)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return p.transaction("IntrBkSttlmAmt", at)
}

// transaction checks what payments and orders have in common.
func (p *payment) transaction(priced string, at time.Time) (*payments.Transaction, error) {
	t := &payments.Transaction{
		Institution: p.sender.id(), Ref: p.refs.ref(), References: payments.References(p.refs), At: at, Currency: p.currency,
		Purpose: p.purpose, Remittance: p.words,
	}
	if t.Institution == "" {
		return nil, signal.Reject("required-field", "DbtrAgt/FinInstnId: names no institution")
	}
	var err error
	if t.Amount, err = payments.ParseAmount(p.amount, p.currency); err != nil {
		return nil, payments.At(priced, err)
	}
	if t.Debtor, err = p.debtor.end(p.from, p.sender); err != nil {
		return nil, payments.At("Dbtr", err)
	}
	if t.Creditor, err = p.creditor.end(p.to, p.taker); err != nil {
		return nil, payments.At("Cdtr", err)
	}
	if err := p.refs.check(); err != nil {
		return nil, payments.At("PmtId", err)
	}
	if p.refs.vague() {
		t.Ref += "/" + p.digest(t)
	}
	if err := payments.CheckLength(t.Ref, payments.MaxName); err != nil {
		return nil, payments.At("PmtId", err)
	}
	return t, payments.At("Purp/Cd", payments.CheckLength(p.purpose, 4))
}

// digest tells payments of one message apart that have no reference of their own.
func (p *payment) digest(t *payments.Transaction) string {
	end := func(e payments.Party) string {
		return signal.ID("end", e.Proxy, e.IBAN, e.Account, e.Issuer, e.Mobile, e.Phone, e.Email, e.Name)
	}
	return signal.ID("vague", end(t.Debtor), end(t.Creditor), strconv.FormatInt(t.Amount, 10), t.Currency, strconv.FormatInt(t.At.Unix(), 10))[:12]
}

// check holds the references to a length that a record can carry.
func (r references) check() error {
	for _, ref := range []string{r.UETR, r.Transaction, r.EndToEnd, r.Instruction, r.Message} {
		if err := payments.CheckLength(ref, payments.MaxName); err != nil {
			return err
		}
	}
	return nil
}

func missing(field string) error {
	return signal.Reject("required-field", "%s: is missing or empty", field)
}

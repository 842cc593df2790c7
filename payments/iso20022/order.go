package iso20022

import (
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// An order is what a PmtInf of pain.001 says of all its orders.
type order struct {
	debtor  party
	from    account
	sender  agent
	bearer  string
	date    string // ReqdExctnDt/Dt
	instant string // ReqdExctnDt/DtTm
}

// orderPart reads a field of PmtInf.
func (r *Reader) orderPart(name string) {
	switch name {
	case "Dbtr":
		r.party(&r.order.debtor)
	case "DbtrAcct":
		r.account(&r.order.from)
	case "DbtrAgt":
		r.agent(&r.order.sender)
	case "ChrgBr":
		r.order.bearer = r.common()
	case "ReqdExctnDt":
		for r.child() {
			switch string(r.x.Local()) {
			case "Dt":
				r.order.date = r.value()
			case "DtTm":
				r.order.instant = r.value()
			default:
				r.x.Skip()
			}
		}
	default:
		r.x.Skip()
	}
}

// orderOf reads a CdtTrfTxInf of pain.001.
func (r *Reader) orderOf() (payments.Record, bool, error) {
	r.part = payment{debtor: r.order.debtor, from: r.order.from, sender: r.order.sender}
	p := &r.part
	p.refs.Message = r.head.message
	priced := "Amt"
	for r.child() {
		if string(r.x.Local()) == "Amt" {
			priced = r.ordered(p)
		} else {
			r.shared(p)
		}
	}
	if r.x.Err() != nil {
		return payments.Record{}, false, nil
	}
	t, err := p.ordered(r.head, r.order, priced)
	return payments.Record{Transaction: t}, true, err
}

// ordered reads the amount: of money to be paid (InstdAmt), or the value of what is to be
// paid in another currency (EqvtAmt/Amt).
func (r *Reader) ordered(p *payment) (place string) {
	place = "Amt"
	for r.child() {
		switch string(r.x.Local()) {
		case "InstdAmt":
			place = "Amt/InstdAmt"
			r.amount(p)
		case "EqvtAmt":
			for r.child() {
				if string(r.x.Local()) == "Amt" {
					place = "Amt/EqvtAmt/Amt"
					r.amount(p)
				} else {
					r.x.Skip()
				}
			}
		default:
			r.x.Skip()
		}
	}
	return place
}

// ordered makes the transaction of a pain.001.
func (p *payment) ordered(head header, o order, priced string) (*payments.Transaction, error) {
	switch {
	case p.refs.EndToEnd == "":
		return nil, missing("PmtId/EndToEndId")
	case !p.priced:
		return nil, missing("Amt")
	case !p.debtor.there:
		return nil, missing("PmtInf/Dbtr")
	case !p.sender.there:
		return nil, missing("PmtInf/DbtrAgt")
	case o.date == "" && o.instant == "":
		return nil, missing("PmtInf/ReqdExctnDt")
	}
	at, err := o.at(head)
	if err != nil {
		return nil, err
	}
	t, err := p.transaction(priced, at)
	if err != nil {
		return nil, err
	}
	t.Ordered = true
	if ref := p.refs.ofOrder(); !p.refs.vague() {
		t.Ref = ref
	}
	return t, payments.At("PmtId", payments.CheckLength(t.Ref, payments.MaxName))
}

// at is when an order counts: see the package's text.
func (o order) at(head header) (time.Time, error) {
	given, err := payments.ParseTime(head.created)
	if err != nil {
		return time.Time{}, payments.At("GrpHdr/CreDtTm", err)
	}
	if o.instant != "" {
		wanted, err := payments.ParseTime(o.instant)
		if err != nil {
			return time.Time{}, payments.At("PmtInf/ReqdExctnDt/DtTm", err)
		}
		if ahead := wanted.Sub(given); ahead > 0 && ahead <= 24*time.Hour {
			return wanted, nil
		}
		return given, nil
	}
	// An ISODate may have a zone behind it.
	if len(o.date) < 10 {
		return time.Time{}, payments.At("PmtInf/ReqdExctnDt/Dt", signal.Reject("time", "is not a date of ISO 8601"))
	}
	if _, err := time.Parse(time.DateOnly, o.date[:10]); err != nil || strings.Contains(o.date[10:], "T") {
		return time.Time{}, payments.At("PmtInf/ReqdExctnDt/Dt", signal.Reject("time", "is not a date of ISO 8601"))
	}
	return given, nil
}

package iso20022

import (
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// A group is what OrgnlGrpInfAndSts, or the OrgnlGrpInf of one payment, says of the
// original message.
type group struct {
	message string // OrgnlMsgId
	status  string // GrpSts
	reason  string
}

// withdraws tells the codes of ExternalPaymentTransactionStatus1Code, and of the group's
// status, by which a payment does not happen.
func withdraws(status string) bool { return status == "RJCT" || status == "CANC" }

// group reads OrgnlGrpInfAndSts. Where the whole message was rejected, that is a record.
func (r *Reader) group() (payments.Record, bool, error) {
	var g group
	for r.child() {
		switch string(r.x.Local()) {
		case "OrgnlMsgId":
			g.message = r.value()
		case "GrpSts":
			g.status = r.common()
		case "StsRsnInf":
			r.reason(&g.reason)
		default:
			r.x.Skip()
		}
	}
	if r.x.Err() != nil {
		return payments.Record{}, false, nil
	}
	r.groups = append(r.groups, g)
	r.part = payment{refs: references{Message: g.message}}
	if !withdraws(g.status) {
		return payments.Record{}, false, nil
	}
	if g.message == "" {
		return payments.Record{}, true, missing("OrgnlMsgId")
	}
	w := payments.Withdrawal{References: payments.References{Message: g.message}, Whole: true, Reason: g.reason}
	return r.withdrawal(w)
}

// reason keeps the first code of a StsRsnInf.
func (r *Reader) reason(reason *string) {
	for r.child() {
		if string(r.x.Local()) != "Rsn" {
			r.x.Skip()
			continue
		}
		code, proprietary := r.choice()
		if code == "" {
			code = proprietary
		}
		if *reason == "" {
			*reason = code
		}
	}
}

// status reads a TxInfAndSts.
func (r *Reader) status() (payments.Record, bool, error) {
	r.part = payment{}
	p := &r.part
	status, reason := "", ""
	if len(r.groups) > 0 {
		p.refs.Message = r.groups[len(r.groups)-1].message
	}
	for r.child() {
		switch string(r.x.Local()) {
		case "OrgnlGrpInf":
			for r.child() {
				if string(r.x.Local()) == "OrgnlMsgId" {
					p.refs.Message = r.value()
				} else {
					r.x.Skip()
				}
			}
		case "OrgnlInstrId":
			p.refs.Instruction = r.value()
		case "OrgnlEndToEndId":
			p.refs.EndToEnd = r.value()
		case "OrgnlTxId":
			p.refs.Transaction = r.value()
		case "OrgnlUETR":
			p.refs.UETR = r.value()
		case "TxSts":
			status = r.common()
		case "StsRsnInf":
			r.reason(&reason)
		case "OrgnlTxRef":
			r.original(p)
		default:
			r.x.Skip()
		}
	}
	if r.x.Err() != nil || !withdraws(status) {
		return payments.Record{}, false, nil
	}
	if refs := p.refs; refs.UETR == "" && refs.Transaction == "" && refs.EndToEnd == "" && refs.Instruction == "" {
		return payments.Record{}, true, signal.Reject("required-field", "OrgnlUETR, OrgnlTxId, OrgnlEndToEndId, OrgnlInstrId: all are missing or empty")
	}
	return r.withdrawal(payments.Withdrawal{
		Institution: p.sender.id(), Ref: p.refs.ref(), References: payments.References(p.refs), Reason: reason,
	})
}

// original reads of OrgnlTxRef whose payment it was.
func (r *Reader) original(p *payment) {
	for r.child() {
		if string(r.x.Local()) == "DbtrAgt" {
			r.agent(&p.sender)
		} else {
			r.x.Skip()
		}
	}
}

// withdrawal checks what all of them have.
func (r *Reader) withdrawal(w payments.Withdrawal) (payments.Record, bool, error) {
	var err error
	if w.At, err = payments.ParseTime(r.head.created); err != nil {
		return payments.Record{}, true, payments.At("GrpHdr/CreDtTm", err)
	}
	if err := references(w.References).check(); err != nil {
		return payments.Record{}, true, payments.At("the original's references", err)
	}
	if err := payments.CheckLength(w.Reason, 35); err != nil {
		return payments.Record{}, true, payments.At("StsRsnInf/Rsn", err)
	}
	if err := payments.CheckLength(w.Institution, payments.MaxName); err != nil {
		return payments.Record{}, true, payments.At("OrgnlTxRef/DbtrAgt", err)
	}
	return payments.Record{Withdrawal: &w}, true, nil
}

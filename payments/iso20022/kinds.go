package iso20022

import (
	"strings"

	"github.com/vigil-stream/vigil/payments"
)

// A kind is how the messages of one business area hold records.
type kind struct {
	root   string // the element in the Document
	batch  string // what holds the records, if not the message
	group  string // what says something of a whole message
	record string
	holds  level // where records stand
	// read reads the record that the newest start tag begins; keep is false for one that
	// says nothing.
	read func(*Reader) (record payments.Record, keep bool, bad error)
}

// kindOf returns the kind of a namespace, or none. What is read stands in the same place
// in all versions of a kind, but for AccptncDtTm of pacs.008.
func kindOf(space string) kind {
	name := strings.TrimPrefix(space, isoSpaces)
	area, version := name[:max(0, len(name)-2)], name[max(0, len(name)-2):]
	switch {
	case area == "pacs.008.001." && version >= "08" && version <= "13" && digits(version):
		return kind{root: "FIToFICstmrCdtTrf", record: "CdtTrfTxInf", holds: inMessage, read: (*Reader).transfer}
	case area == "pain.001.001." && version >= "09" && version <= "11" && digits(version):
		return kind{root: "CstmrCdtTrfInitn", batch: "PmtInf", record: "CdtTrfTxInf", holds: inBatch, read: (*Reader).orderOf}
	case area == "pacs.002.001." && version >= "03" && version <= "15" && digits(version):
		return kind{root: "FIToFIPmtStsRpt", group: "OrgnlGrpInfAndSts", record: "TxInfAndSts", holds: inMessage, read: (*Reader).status}
	}
	return kind{}
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// A header is what GrpHdr says.
type header struct {
	message string // MsgId
	created string // CreDtTm
}

func (r *Reader) header() {
	for r.child() {
		switch string(r.x.Local()) {
		case "MsgId":
			r.head.message = r.value()
		case "CreDtTm":
			r.head.created = r.value()
		default:
			r.x.Skip()
		}
	}
}

// references are those of one payment, as a message has them.
type references payments.References

// vague tells that no reference names one payment of its message.
func (r references) vague() bool {
	return r.Transaction == "" && r.UETR == "" && r.Instruction == "" && !r.named()
}

// named tells whether the sender gave the payment a name.
func (r references) named() bool { return !strings.EqualFold(r.EndToEnd, "NOTPROVIDED") }

// ofOrder is ref for an order, which must not have that of its payment.
func (r references) ofOrder() string {
	switch {
	case r.Instruction != "":
		return r.Message + "/" + r.Instruction
	case r.UETR != "" && !r.named():
		return r.Message + "/" + r.UETR
	}
	return r.Message + "/" + r.EndToEnd
}

// ref is the institution's own reference: see the package's text.
func (r references) ref() string {
	for _, ref := range []string{r.Transaction, r.UETR, r.Instruction} {
		if ref != "" {
			return ref
		}
	}
	if r.Message == "" && r.EndToEnd == "" {
		return ""
	}
	return r.Message + "/" + r.EndToEnd
}

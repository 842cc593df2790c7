// Package iso20022 reads the messages of ISO 20022 that tell of payments, and writes
// pacs.008:
//
//	pacs.008.001.08 to .13  payments between agents
//	pain.001.001.09 to .11  a sender's order to pay, which its agent then carries out
//	pacs.002.001.03 to .15  what became of payments: those rejected are withdrawn
//
// A message goes by the namespace of its Document, which is found in any wrapper; a
// business application header beside it (head.001) is passed over. Only what is needed
// is read: of a party its name, address, contacts and country of residence, not its
// birth or other ids.
//
// It trusts no sender: size, depth, count and length are limited, and package pull, which
// reads the XML, knows no document types, no entities but XML's own five, and no
// character set but UTF-8. What is bad is a Rejection that names the place and quotes
// nothing; the payments around it are still read. Package intake chooses between this
// format and the others.
//
// # When it was
//
// A payment was made at AccptncDtTm (since .13 AddtlDtTm/AccptncDtTm), else at GrpHdr/CreDtTm: IntrBkSttlmDt has no time of
// day. An order was given at GrpHdr/CreDtTm, or is of ReqdExctnDt/DtTm where that is
// within the following day. An order for a later day, or with a bare date, counts when it
// was given: a date has no time of day either, and what is dated ahead would push the
// past out of a profile.
//
// # Which payment it is
//
// Ref, which with the debtor's agent makes a transaction's id, is the first of TxId, UETR,
// InstrId that a payment has, else MsgId/EndToEndId: EndToEndId is the sender's, who may
// write the same every month. Where that is NOTPROVIDED, a digest of ends, amount and time
// stands behind it, since a message may have it many times. An order's Ref is
// MsgId before the first of InstrId, EndToEndId, UETR: it is never that of its payment.
// Messages about one payment share no single
// reference: an order has no TxId, and a status often neither the parties nor their
// agents. So [payments.References] go along, and package origin, which remembers what
// passed, finds that an order and a payment, or a payment and its rejection, are one.
//
// # What must be there
//
// Of a payment PmtId/EndToEndId, IntrBkSttlmAmt, ChrgBr, Dbtr, DbtrAgt, CdtrAgt, Cdtr; of
// an order PmtId/EndToEndId, Amt, ReqdExctnDt, Dbtr, DbtrAgt. UETR, InstrId, TxId and
// accounts are optional in practice, and so are ChrgBr, CdtrAgt and Cdtr in an order. Of
// a status, a reference to the original.
package iso20022

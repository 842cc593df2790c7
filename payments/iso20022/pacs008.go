package iso20022

import "encoding/xml"

// The XML forms below are the part of pacs.008 that is written. Their fields stand in the
// order of pacs.008.001.08.

type xmlDocument struct {
	XMLName xml.Name   `xml:"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08 Document"`
	Message xmlMessage `xml:"FIToFICstmrCdtTrf"`
}

type xmlMessage struct {
	Header       xmlHeader        `xml:"GrpHdr"`
	Transactions []xmlTransaction `xml:"CdtTrfTxInf"`
}

type xmlHeader struct {
	MessageID  string `xml:"MsgId"`
	Created    string `xml:"CreDtTm"`
	Count      string `xml:"NbOfTxs"`
	Settlement string `xml:"SttlmInf>SttlmMtd"`
}

type xmlTransaction struct {
	ID            xmlPaymentID   `xml:"PmtId"`
	Amount        *xmlAmount     `xml:"IntrBkSttlmAmt"`
	Accepted      string         `xml:"AccptncDtTm,omitempty"`
	ChargeBearer  string         `xml:"ChrgBr"`
	Debtor        *xmlParty      `xml:"Dbtr"`
	DebtorAccount *xmlAccount    `xml:"DbtrAcct"`
	DebtorAgent   *xmlAgent      `xml:"DbtrAgt"`
	CreditorAgent *xmlAgent      `xml:"CdtrAgt"`
	Creditor      *xmlParty      `xml:"Cdtr"`
	CreditorAcct  *xmlAccount    `xml:"CdtrAcct"`
	Purpose       *xmlChoice     `xml:"Purp"`
	Remittance    *xmlRemittance `xml:"RmtInf"`
}

type xmlPaymentID struct {
	Instruction string `xml:"InstrId,omitempty"`
	EndToEnd    string `xml:"EndToEndId"`
	Transaction string `xml:"TxId,omitempty"`
	UETR        string `xml:"UETR,omitempty"`
}

type xmlAmount struct {
	Currency string `xml:"Ccy,attr"`
	Value    string `xml:",chardata"`
}

// xmlChoice is a code of a published list, or somebody's own.
type xmlChoice struct {
	Code        string `xml:"Cd,omitempty"`
	Proprietary string `xml:"Prtry,omitempty"`
}

type xmlAddress struct {
	Town    string   `xml:"TwnNm,omitempty"`
	Country string   `xml:"Ctry,omitempty"`
	Lines   []string `xml:"AdrLine"`
}

type xmlParty struct {
	Name      string      `xml:"Nm,omitempty"`
	Address   *xmlAddress `xml:"PstlAdr"`
	Residence string      `xml:"CtryOfRes,omitempty"`
	Contact   *xmlContact `xml:"CtctDtls"`
}

type xmlContact struct {
	Phone  string `xml:"PhneNb,omitempty"`
	Mobile string `xml:"MobNb,omitempty"`
	Email  string `xml:"EmailAdr,omitempty"`
}

type xmlAccount struct {
	ID    xmlAccountID `xml:"Id"`
	Proxy *xmlProxy    `xml:"Prxy"`
}

type xmlAccountID struct {
	IBAN  string    `xml:"IBAN,omitempty"`
	Other *xmlOther `xml:"Othr"`
}

type xmlOther struct {
	ID     string     `xml:"Id"`
	Scheme *xmlChoice `xml:"SchmeNm"`
	Issuer string     `xml:"Issr,omitempty"`
}

type xmlProxy struct {
	ID string `xml:"Id"`
}

type xmlAgent struct {
	Institution xmlInstitution `xml:"FinInstnId"`
}

type xmlInstitution struct {
	BIC     string       `xml:"BICFI,omitempty"`
	Member  *xmlMember   `xml:"ClrSysMmbId"`
	LEI     string       `xml:"LEI,omitempty"`
	Name    string       `xml:"Nm,omitempty"`
	Address *xmlAddress  `xml:"PstlAdr"`
	Other   *xmlOtherOrg `xml:"Othr"`
}

type xmlMember struct {
	System *xmlChoice `xml:"ClrSysId"`
	ID     string     `xml:"MmbId"`
}

type xmlOtherOrg struct {
	ID string `xml:"Id"`
}

type xmlRemittance struct {
	Unstructured []string `xml:"Ustrd"`
}

package iso20022

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// now is when the newest of the tests' payments were made.
var now = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

// fullTransaction has every field that a pacs.008 carries both ways.
func fullTransaction() payments.Transaction {
	return payments.Transaction{
		Institution: "DEMODEFFXXX", Ref: "REF-1", At: now, Amount: 50_00, Currency: "EUR",
		Debtor: payments.Party{
			Name: "Anton Testmann", Country: "DE", Town: "Musterstadt", Address: "Hauptstraße 1 12345", Agent: "DEMODEFFXXX", IBAN: "DE89370400440532013000",
			Mobile: "+49-1700000001",
		},
		Creditor: payments.Party{
			Name: "Maria Muster & Co", Country: "PH", Agent: "Demo Wallet", Account: "12345", Issuer: "demo-live", Proxy: "maria@example.org",
			Phone: "+63-21234567", Email: "muster@example.org",
		},
		Remittance: []string{"school <uniform>", "second line"}, Purpose: "EDUC",
	}
}

// message is a pacs.008 of transactions given as XML.
func message(namespace string, transactions ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="` + namespace + `"><FIToFICstmrCdtTrf>` +
		`<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-31T14:00:00+02:00</CreDtTm><NbOfTxs>1</NbOfTxs></GrpHdr>` +
		strings.Join(transactions, "") + `</FIToFICstmrCdtTrf></Document>`
}

// transactionXML has only what a transaction must have, and a reference.
func transactionXML(ref string) string {
	return `<CdtTrfTxInf><PmtId><EndToEndId>E</EndToEndId><TxId>` + ref + `</TxId></PmtId>` +
		`<IntrBkSttlmAmt Ccy="EUR">50.00</IntrBkSttlmAmt><ChrgBr>SLEV</ChrgBr>` +
		`<Dbtr><Nm>Anton Testmann</Nm></Dbtr><DbtrAgt><FinInstnId><BICFI>DEMODEFFXXX</BICFI></FinInstnId></DbtrAgt>` +
		`<CdtrAgt><FinInstnId><Nm>Demo Wallet</Nm></FinInstnId></CdtrAgt><Cdtr><Nm>Maria Muster</Nm></Cdtr></CdtTrfTxInf>`
}

const namespaceStem = "urn:iso:std:iso:20022:tech:xsd:pacs.008.001."

const space08 = namespaceStem + "08"

func writePacs008(t testing.TB, txs ...payments.Transaction) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WritePacs008(&b, txs); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reasons lists the reason of every Rejection in an error, in order, and fails
// where there is anything else.
func reasons(t testing.TB, err error) []string {
	t.Helper()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, e := range joined.Unwrap() {
			all = append(all, reasons(t, e)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	var rejection *signal.Rejection
	if !errors.As(err, &rejection) || !rejection.Permanent() {
		t.Fatalf("%v is no Rejection", err)
	}
	return []string{rejection.Reason()}
}

// parse returns the transactions of a message that has no withdrawals.
func parse(data []byte) (good []payments.Transaction, bad error) {
	records, bad := Parse(data)
	for _, r := range records {
		good = append(good, *r.Transaction)
	}
	return good, bad
}

package iso20022

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022/pull"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/signal"
)

func TestParseReadsWhatWritePacs008Wrote(t *testing.T) {
	minimal := payments.Transaction{
		Institution: "Demo Savings Bank", Ref: "REF-2", At: now.Add(time.Minute), Amount: 1500, Currency: "JPY",
		Debtor: payments.Party{Agent: "Demo Savings Bank"},
	}
	want := []payments.Transaction{fullTransaction(), minimal}
	want[1].References = payments.References{
		UETR: "7a562c67-ca16-48ba-b074-65581be6f011", Transaction: "REF-2", EndToEnd: "INVOICE 3", Instruction: "I-2", Message: "M-9",
	}
	want[0].References = payments.References{Transaction: "REF-1", EndToEnd: "REF-1", Message: "M-9"}
	got, err := parse(writePacs008(t, want...))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// attributes are so many that differ.
func attributes(n int) (s string) {
	for i := range n {
		s += fmt.Sprintf(` a%d="b"`, i)
	}
	return s
}

func TestWritePacs008RefusesWhatTheMessageCannotSay(t *testing.T) {
	for name, change := range map[string]func(*payments.Transaction){
		"long reference":       func(tx *payments.Transaction) { tx.Ref = strings.Repeat("r", maxReference+1) },
		"no amount":            func(tx *payments.Transaction) { tx.Amount = 0 },
		"no currency":          func(tx *payments.Transaction) { tx.Currency = "" },
		"two ids of a sender":  func(tx *payments.Transaction) { tx.Debtor.Account = "1" },
		"two ids of recipient": func(tx *payments.Transaction) { tx.Creditor.IBAN = "DE89370400440532013000" },
	} {
		tx := fullTransaction()
		change(&tx)
		if err := WritePacs008(&strings.Builder{}, []payments.Transaction{fullTransaction(), tx}); err == nil || !strings.Contains(err.Error(), "transaction 2") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := WritePacs008(&strings.Builder{}, nil); err == nil {
		t.Error("a message of nothing was written")
	}
}

func TestParseReadsEveryVersionAndWrapper(t *testing.T) {
	for version := 8; version <= 13; version++ {
		space := fmt.Sprintf("%s%02d", namespaceStem, version)
		good, err := parse([]byte(message(space, transactionXML("1"), transactionXML("2"))))
		if err != nil || len(good) != 2 {
			t.Errorf("%s: %d transactions, %v", space, len(good), err)
		}
	}
	plain := message(space08, transactionXML("1"))
	_, body, _ := strings.Cut(plain, "?>")
	prefixed := strings.NewReplacer("</", "</p:", "<", "<p:", " xmlns=", " xmlns:p=").Replace(body)
	for name, data := range map[string]string{
		"application header": `<Msg><AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><Fr><FIId/></Fr></AppHdr>` + body + `</Msg>`,
		"prefix":             prefixed,
		"byte order mark":    "\ufeff" + plain,
		"supplementary data": strings.Replace(plain, "</CdtTrfTxInf>", `<SplmtryData><Envlp><x xmlns="urn:x"><Dbtr><Nm>Other</Nm></Dbtr></x></Envlp></SplmtryData></CdtTrfTxInf>`, 1),
	} {
		good, err := parse([]byte(data))
		if err != nil || len(good) != 1 || good[0].Debtor.Name != "Anton Testmann" {
			t.Errorf("%s: %+v, %v", name, good, err)
		}
	}
}

func TestLimitsAreOfOneTransactionAndNotOfTheMessage(t *testing.T) {
	const n = 1000 // of some 40 parts each
	data := message(space08, slices.Repeat([]string{transactionXML("1")}, n)...)
	if good, err := parse([]byte(data)); err != nil || len(good) != n {
		t.Errorf("%d transactions of %d, %v", len(good), n, err)
	}
}

func TestParseReadsTheFieldsThatBanksReallySend(t *testing.T) {
	from := transactionXML("1")
	for _, c := range []struct {
		name, old, new string
		want           func(payments.Transaction) (got, want any)
	}{
		{"time of the header, in UTC", "", "", func(tx payments.Transaction) (any, any) { return tx.At, now }},
		{"time of acceptance", "<ChrgBr>", "<AccptncDtTm>2026-03-30T09:00:00.75-05:00</AccptncDtTm><ChrgBr>", func(tx payments.Transaction) (any, any) {
			return tx.At, time.Date(2026, 3, 30, 14, 0, 0, 0, time.UTC)
		}},
		{"UETR where TxId is missing", "<TxId>1</TxId>", "<UETR>7a562c67-ca16-48ba-b074-65581be6f011</UETR>", func(tx payments.Transaction) (any, any) {
			return tx.Ref, "7a562c67-ca16-48ba-b074-65581be6f011"
		}},
		{"EndToEndId beside its message", "<TxId>1</TxId>", "", func(tx payments.Transaction) (any, any) { return tx.Ref, "M1/E" }},
		{"no formatting characters in a reference", "<TxId>1</TxId>", "<TxId> 1\u202e\n 2 </TxId>", func(tx payments.Transaction) (any, any) { return tx.Ref, "1 2" }},
		{"clearing member", "<BICFI>DEMODEFFXXX</BICFI>", "<ClrSysMmbId><ClrSysId><Cd>GBDSC</Cd></ClrSysId><MmbId>200000</MmbId></ClrSysMmbId>", func(tx payments.Transaction) (any, any) {
			return tx.Institution, "GBDSC/200000"
		}},
		{"country of the agent", "", "", func(tx payments.Transaction) (any, any) { return tx.Debtor.Country, "DE" }},
		{"country of the IBAN", "<DbtrAgt>", "<DbtrAcct><Id><IBAN>GB82 WEST 1234 5698 7654 32</IBAN></Id></DbtrAcct><DbtrAgt>", func(tx payments.Transaction) (any, any) {
			return tx.Debtor.Country, "GB"
		}},
		{"country of residence", "<Nm>Anton Testmann</Nm>", "<CtryOfRes>SE</CtryOfRes>", func(tx payments.Transaction) (any, any) { return tx.Debtor.Country, "SE" }},
		{"country of birth is not read", "<Nm>Maria Muster</Nm>", "<Id><PrvtId><DtAndPlcOfBirth><CtryOfBirth>PH</CtryOfBirth></DtAndPlcOfBirth></PrvtId></Id>", func(tx payments.Transaction) (any, any) {
			return tx.Creditor.Country, ""
		}},
		{"scheme as issuer", "</CdtTrfTxInf>", "<CdtrAcct><Id><Othr><Id>77</Id><SchmeNm><Prtry>wallet-x</Prtry></SchmeNm></Othr></Id></CdtrAcct></CdtTrfTxInf>", func(tx payments.Transaction) (any, any) {
			return tx.Creditor.Account + " of " + tx.Creditor.Issuer, "77 of wallet-x"
		}},
		{"a purpose in words is text", "</CdtTrfTxInf>", "<Purp><Prtry>rent</Prtry></Purp></CdtTrfTxInf>", func(tx payments.Transaction) (any, any) {
			return fmt.Sprint(tx.Purpose, tx.Remittance), "[rent]"
		}},
		{"escaped text", "Maria Muster", "Mar&#105;a &lt;M&gt;", func(tx payments.Transaction) (any, any) { return tx.Creditor.Name, "Maria <M>" }},
	} {
		good, err := parse([]byte(message(space08, strings.Replace(from, c.old, c.new, 1))))
		if err != nil || len(good) != 1 {
			t.Errorf("%s: %d transactions, %v", c.name, len(good), err)
			continue
		}
		if got, want := c.want(good[0]); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}

func TestParseRefusesBadTransactionsAndKeepsTheGoodAround(t *testing.T) {
	for _, c := range []struct{ name, old, new, reason, place string }{
		{"unknown currency", `"EUR"`, `"EUX"`, "currency", "IntrBkSttlmAmt"},
		{"no currency", ` Ccy="EUR"`, ``, "currency", "IntrBkSttlmAmt"},
		{"negative amount", "50.00", "-50.00", "amount-negative", "IntrBkSttlmAmt"},
		{"no amount of money", "50.00", "0.00", "amount-zero", "IntrBkSttlmAmt"},
		{"too many decimals", "50.00", "50.001", "amount-decimals", "IntrBkSttlmAmt"},
		{"giant amount", "50.00", strings.Repeat("9", 40), "amount-too-large", "IntrBkSttlmAmt"},
		{"amount in words", "50.00", "fifty", "amount", "IntrBkSttlmAmt"},
		{"time without zone", "<ChrgBr>", "<AccptncDtTm>2026-03-30T09:00:00</AccptncDtTm><ChrgBr>", "time-zone", "AccptncDtTm"},
		{"a date is no time", "<ChrgBr>", "<AccptncDtTm>2026-03-30</AccptncDtTm><ChrgBr>", "time", "AccptncDtTm"},
		{"far future", "<ChrgBr>", "<AccptncDtTm>9999-03-30T09:00:00Z</AccptncDtTm><ChrgBr>", "time", "AccptncDtTm"},
		{"country", "<Nm>Maria Muster</Nm>", "<PstlAdr><Ctry>QQ</Ctry></PstlAdr>", "country", "Cdtr"},
		{"long name", "Maria Muster", strings.Repeat("x", payments.MaxName+1), "text-too-long", "Cdtr"},
		{"long reference", "<TxId>", "<TxId>" + strings.Repeat("x", payments.MaxName), "text-too-long", "PmtId"},
		{"no EndToEndId", "<EndToEndId>E</EndToEndId>", "", "required-field", "PmtId/EndToEndId"},
		{"no amount", `<IntrBkSttlmAmt Ccy="EUR">50.00</IntrBkSttlmAmt>`, "", "required-field", "IntrBkSttlmAmt"},
		{"no charge bearer", "<ChrgBr>SLEV</ChrgBr>", "", "required-field", "ChrgBr"},
		{"no sender", "<Dbtr><Nm>Anton Testmann</Nm></Dbtr>", "", "required-field", "Dbtr"},
		{"no recipient", "<Cdtr><Nm>Maria Muster</Nm></Cdtr>", "", "required-field", "Cdtr"},
		{"no recipient's agent", "<CdtrAgt><FinInstnId><Nm>Demo Wallet</Nm></FinInstnId></CdtrAgt>", "", "required-field", "CdtrAgt"},
		{"nameless institution", "<BICFI>DEMODEFFXXX</BICFI>", "", "required-field", "DbtrAgt"},
	} {
		bad := strings.Replace(transactionXML("bad"), c.old, c.new, 1)
		good, err := parse([]byte(message(space08, transactionXML("1"), bad, transactionXML("3"))))
		if got := reasons(t, err); !slices.Equal(got, []string{c.reason}) {
			t.Errorf("%s: reasons %v (%v), want %s", c.name, got, err, c.reason)
			continue
		}
		var at payments.Bad
		if !errors.As(err, &at) || at.Index != 2 || !strings.Contains(err.Error(), "CdtTrfTxInf[2]/") || !strings.Contains(err.Error(), c.place) {
			t.Errorf("%s: %q does not name transaction 2 and %s", c.name, err, c.place)
		}
		if len(good) != 2 || good[0].Ref != "1" || good[1].Ref != "3" {
			t.Errorf("%s: %d good ones, want the two around it", c.name, len(good))
		}
	}
}

func TestParseRefusesBadMessages(t *testing.T) {
	good := message(space08, transactionXML("1"))
	deep := strings.Repeat("<a>", pull.MaxDepth) + strings.Repeat("</a>", pull.MaxDepth)
	for _, c := range []struct {
		name, data, reason string
		read               int // transactions before the fault
	}{
		{"another character set by declaration", strings.Replace(good, "UTF-8", "ISO-8859-1", 1), "xml-charset", 0},
		{"nothing", "", "required-field", 0},
		{"no Document", "<a><b/></a>", "required-field", 0},
		{"no message", `<Document xmlns="` + space08 + `"/>`, "required-field", 0},
		{"no transactions", message(space08), "required-field", 0},
		{"wrong namespace", message(namespaceStem+"07", transactionXML("1")), "xml-namespace", 0},
		{"another message", message("urn:iso:std:iso:20022:tech:xsd:pacs.009.001.08", transactionXML("1")), "xml-namespace", 0},
		{"no namespace", message("", transactionXML("1")), "xml-namespace", 0},
		{"cut off in a transaction", good[:len(good)/2], "xml", 0},
		{"cut off after a transaction", good[:len(good)-5], "xml", 1},
		{"tags that do not match", strings.Replace(good, "</Document>", "</Dokument>", 1), "xml", 1},
		{"undefined entity", strings.Replace(good, "Maria", "&name;", 1), "xml", 0},
		{"not UTF-8", strings.Replace(good, "Maria", "\xff", 1), "xml", 0},
		{"DTD", strings.Replace(good, "<Document", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Document`, 1), "xml-dtd", 0},
		{"DTD inside", strings.Replace(good, "<Nm>", `<!DOCTYPE x><Nm>`, 1), "xml-dtd", 0},
		{"deep", strings.Replace(good, "<ChrgBr>", deep+"<ChrgBr>", 1), "xml-limit", 0},
		{"many parts", strings.Replace(good, "<ChrgBr>", strings.Repeat("<a/>", pull.MaxParts)+"<ChrgBr>", 1), "xml-limit", 0},
		{"many attributes", strings.Replace(good, "<Nm>", "<Nm"+attributes(65)+">", 1), "xml-limit", 0},
		{"long text", strings.Replace(good, "Maria", strings.Repeat("M", pull.MaxToken), 1), "xml-limit", 0},
	} {
		read, err := parse([]byte(c.data))
		if got := reasons(t, err); !slices.Equal(got, []string{c.reason}) {
			t.Errorf("%s: reasons %v (%v), want %s", c.name, got, err, c.reason)
		}
		if len(read) != c.read {
			t.Errorf("%s: %d transactions, want %d", c.name, len(read), c.read)
		}
		if err != nil && strings.Contains(err.Error(), "name;") {
			t.Errorf("%s: %q quotes the message", c.name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(message(space08, transactionXML("1"), transactionXML("2")))
	f.Add(`<a:Msg xmlns:a="x"><Document xmlns="` + space08 + `"><FIToFICstmrCdtTrf><CdtTrfTxInf/></FIToFICstmrCdtTrf></Document></a:Msg>`)
	f.Add(`<!DOCTYPE a><a/>`)
	tok, err := signal.NewTokenizer([]byte(strings.Repeat("k", signal.MinKey)))
	if err != nil {
		f.Fatal(err)
	}
	splitter, err := split.New(tok, split.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data string) {
		good, err := parse([]byte(data))
		reasons(t, err)
		for _, tx := range good {
			for _, tr := range splitter.Split(&tx) {
				encoded, err := payments.EncodeTransfer(tr)
				if err != nil {
					t.Fatal(err)
				}
				again, err := payments.DecodeTransfer(encoded)
				if err != nil {
					t.Fatalf("a transfer of a good transaction is refused: %v\n%s", err, encoded)
				}
				if !reflect.DeepEqual(again, tr) {
					t.Fatalf("got %+v, want %+v", again, tr)
				}
			}
		}
	})
}

package iso20022

import (
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
)

// bent reads a sample with one text in place of another, which must be there.
func bent(t *testing.T, name, old, new string) ([]payments.Record, error) {
	t.Helper()
	data := string(samples(t)[name])
	if !strings.Contains(data, old) {
		t.Fatalf("%s has no %q", name, old)
	}
	return Parse([]byte(strings.Replace(data, old, new, 1)))
}

func TestOrdersAreRefusedWithTheirPlace(t *testing.T) {
	for _, c := range []struct{ name, old, new, reason, place string }{
		{"no reference", "<EndToEndId>INVOICE 18</EndToEndId>", "", "required-field", "PmtInf[1]/CdtTrfTxInf[2]/"},
		{"no amount", "<InstdAmt Ccy=\"EUR\">12.5</InstdAmt>", "", "required-field", "PmtInf[2]/CdtTrfTxInf[1]/"},
		{"bad amount", ">20.00<", ">-20.00<", "amount-negative", "PmtInf[1]/CdtTrfTxInf[2]/Amt/EqvtAmt/Amt: "},
		{"bad currency", `"EUR">12.5`, `"EUX">12.5`, "currency", "PmtInf[2]/CdtTrfTxInf[1]/Amt/InstdAmt: "},
		{"no date", "<Dt>2026-04-15</Dt>", "", "required-field", "PmtInf[2]/CdtTrfTxInf[1]/"},
		{"no such date", "<Dt>2026-04-15</Dt>", "<Dt>2026-04-31</Dt>", "time", "ReqdExctnDt/Dt"},
		{"a time as date", "<Dt>2026-04-15</Dt>", "<Dt>2026-04-15T10:00:00</Dt>", "time", "ReqdExctnDt/Dt"},
		{"a time without zone", "18:30:00Z", "18:30:00", "time-zone", "ReqdExctnDt/DtTm"},
		{"an unknown agent", "<BICFI>DEMOFRPPXXX</BICFI>", "", "required-field", "PmtInf[2]/CdtTrfTxInf[1]/"},
	} {
		good, bad := bent(t, "pain001-09", c.old, c.new)
		got := reasons(t, bad)
		if len(got) == 0 || got[0] != c.reason || !strings.Contains(bad.Error(), c.place) || len(good)+len(got) != 3 {
			t.Errorf("%s: %d good ones and %v", c.name, len(good), bad)
		}
	}
	for _, old := range []string{"<CdtTrfTxInf>", "</CdtTrfTxInf>"} {
		if _, bad := bent(t, "pain001-09", old, ""); strings.Join(reasons(t, bad), " ") != "xml" {
			t.Errorf("without a %s: %v", old, bad)
		}
	}
	space := "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
	for name, inside := range map[string]string{
		"no batch": "<GrpHdr/>", "an empty batch": "<PmtInf><PmtInfId>1</PmtInfId></PmtInf>", "orders outside of a batch": "<CdtTrfTxInf/>",
	} {
		good, bad := Parse([]byte(`<Document xmlns="` + space + `"><CstmrCdtTrfInitn>` + inside + `</CstmrCdtTrfInitn></Document>`))
		if strings.Join(reasons(t, bad), " ") != "required-field" || len(good) != 0 {
			t.Errorf("%s: %v, %v", name, good, bad)
		}
	}
}

func TestAnOrderCountsWhenItWasGiven(t *testing.T) {
	given := time.Date(2026, 3, 31, 9, 0, 0, 0, time.UTC)
	for instant, want := range map[string]time.Time{
		"2026-03-31T18:30:00Z":      given.Add(9*time.Hour + 30*time.Minute),
		"2026-04-01T11:00:00+02:00": given.Add(24 * time.Hour),
		"2026-04-01T09:00:01Z":      given, // for a later day
		"2026-03-30T09:00:00Z":      given, // backdated
	} {
		good, err := bent(t, "pain001-09", "2026-03-31T18:30:00Z", instant)
		if err != nil || !good[0].Transaction.At.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", instant, good, err, want)
		}
	}
	for _, date := range []string{"2026-04-15Z", "2026-04-15+02:00"} {
		if good, err := bent(t, "pain001-09", "2026-04-15", date); err != nil || !good[2].Transaction.At.Equal(given) {
			t.Errorf("%s: %v", date, err)
		}
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		name, old, new, reason string
		withdrawn              int
	}{
		{"as it is", "", "", "", 2},
		{"accepted after all", "RJCT", "ACSC", "", 1},
		{"the group too", "PART", "RJCT", "", 3},
		{"cancelled", "RJCT", "CANC", "", 2},
		{"no status", "<TxSts>RJCT</TxSts>", "", "", 1},
		{"no time", "<CreDtTm>2026-04-01T08:00:00Z</CreDtTm>", "", "time", 0},
		{"no reference", "<OrgnlEndToEndId>GIFT</OrgnlEndToEndId>", "", "required-field", 1},
		{"a long reference", "GIFT", strings.Repeat("x", payments.MaxName+1), "text-too-long", 1},
		{"a rejected group without an id", "<OrgnlMsgId>MSG-2026-03-31-001</OrgnlMsgId>\n      <OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>\n      <GrpSts>PART</GrpSts>", "<GrpSts>RJCT</GrpSts>", "required-field", 2},
	} {
		good, bad := bent(t, "pacs002-12", c.old, c.new)
		got := reasons(t, bad)
		if len(good) != c.withdrawn || (c.reason == "") != (len(got) == 0) || len(got) > 0 && got[0] != c.reason {
			t.Errorf("%s: %d withdrawals, %v", c.name, len(good), bad)
		}
		for _, r := range good {
			if r.Withdrawal == nil || r.Transaction != nil {
				t.Errorf("%s: %+v", c.name, r)
			}
		}
	}
	if good, bad := Parse([]byte(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.12"><FIToFIPmtStsRpt><GrpHdr/></FIToFIPmtStsRpt></Document>`)); strings.Join(reasons(t, bad), "") != "required-field" {
		t.Errorf("an empty status: %v, %v", good, bad)
	}
}

func TestElementsOfOtherNamespacesAreNotOurs(t *testing.T) {
	foreign := `<x:Dbtr xmlns:x="urn:x"><Nm>Somebody Else</Nm></x:Dbtr><Dbtr xmlns="urn:x"><Nm>Somebody Else</Nm></Dbtr>`
	good, err := parse([]byte(message(space08, strings.Replace(transactionXML("1"), "<ChrgBr>", foreign+"<ChrgBr>", 1))))
	if err != nil || good[0].Debtor.Name != "Anton Testmann" {
		t.Errorf("%+v, %v", good, err)
	}
	enveloped := `<Document xmlns="urn:x"><Body>` + strings.TrimPrefix(message(space08, transactionXML("1")), `<?xml version="1.0" encoding="UTF-8"?>`) + `</Body></Document>`
	if good, err = parse([]byte(enveloped)); err != nil || len(good) != 1 {
		t.Errorf("in an envelope that is called Document: %+v, %v", good, err)
	}
}

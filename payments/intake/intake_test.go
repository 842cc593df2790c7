package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

const jsonLine = `{"institution":"DEMODEFFXXX","id":"7","at":"2026-03-31T14:00:00+02:00","amount":"50.00","currency":"EUR",` +
	`"debtor":{"name":"Anton Testmann","account":"DE89370400440532013000"},` +
	`"creditor":{"name":"Maria Muster","account":"12345","issuer":"demo-live","country":"PH"},"reference":"school uniform","purpose":"EDUC"}`

const message = `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>` +
	`<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-31T14:00:00+02:00</CreDtTm></GrpHdr>` +
	`<CdtTrfTxInf><PmtId><EndToEndId>E</EndToEndId><TxId>1</TxId></PmtId><IntrBkSttlmAmt Ccy="EUR">50.00</IntrBkSttlmAmt><ChrgBr>SLEV</ChrgBr>` +
	`<Dbtr><Nm>Anton Testmann</Nm></Dbtr><DbtrAgt><FinInstnId><BICFI>DEMODEFFXXX</BICFI></FinInstnId></DbtrAgt>` +
	`<CdtrAgt><FinInstnId><Nm>Demo Wallet</Nm></FinInstnId></CdtrAgt><Cdtr><Nm>Maria Muster</Nm></Cdtr></CdtTrfTxInf>` +
	`</FIToFICstmrCdtTrf></Document>`

// reason is that of a Rejection, or nothing.
func reason(t testing.TB, err error) string {
	t.Helper()
	var r *signal.Rejection
	if err != nil && !errors.As(err, &r) {
		t.Fatalf("%v is no Rejection", err)
	}
	if r == nil {
		return ""
	}
	return r.Reason()
}

func TestParseGoesByTheContentType(t *testing.T) {
	for _, c := range []struct{ kind, data, reason string }{
		{"application/xml", message, ""},
		{"text/xml; charset=UTF-8", message, ""},
		{"application/json", jsonLine, ""},
		{"application/json", message, "json"},
		{"application/xml", jsonLine, "required-field"},
		{"text/html", message, "content-type"},
		{"", message, "content-type"},
		{"text/xml; charset=latin1", message, "charset"},
		{"application/xml", strings.Repeat(" ", payments.MaxRecord+1), "record-too-large"},
	} {
		good, err := Parse(c.kind, []byte(c.data))
		if got := reason(t, err); got != c.reason || (len(good) == 1) != (c.reason == "") {
			t.Errorf("%s: %d records, %v, want reason %q", c.kind, len(good), err, c.reason)
		}
	}
}

// items collects the items of a file.
func items(t testing.TB, data, format string) []payments.Item {
	t.Helper()
	r, err := Open(strings.NewReader(data), format)
	if err != nil {
		t.Fatal(err)
	}
	var all []payments.Item
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
}

func TestOpenTellsTheFormat(t *testing.T) {
	for name, data := range map[string]string{
		"xml": message, "xml after a mark and blanks": "\ufeff\r\n " + message, "json": "\n" + jsonLine,
	} {
		if all := items(t, data, "auto"); len(all) != 1 || all[0].Err != nil || all[0].Transaction.Amount != 50_00 {
			t.Errorf("%s: %+v", name, all)
		}
	}
	if _, err := Open(strings.NewReader(message), "floppy"); reason(t, err) != "format" {
		t.Errorf("a format that does not exist: %v", err)
	}
}

func TestLinesAreItems(t *testing.T) {
	long := `{"reference":"` + strings.Repeat("x", payments.MaxRecord+5) + `"}`
	all := items(t, "\n"+jsonLine+"\r\n\n{}\n"+long+"\n"+strings.Replace(jsonLine, `"7"`, `"8"`, 1), "auto")
	var got []string
	for _, item := range all {
		got = append(got, fmt.Sprint(item.Number, reason(t, item.Err), len(item.Data) <= payments.MaxRecord))
	}
	want := []string{"1true", "2schematrue", "3record-too-largetrue", "4true"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if all := items(t, " \n", "auto"); len(all) != 0 {
		t.Errorf("%d items in an empty file", len(all))
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestErrorsOfTheSourceAreNoItems(t *testing.T) {
	boom := errors.New("boom")
	if _, err := Open(errReader{boom}, "auto"); !errors.Is(err, boom) {
		t.Errorf("a reader broken from the start gave %v", err)
	}
	r, err := Open(io.MultiReader(strings.NewReader(jsonLine[:20]), errReader{boom}), "auto")
	if err != nil {
		t.Fatal(err)
	}
	if item, err := r.Next(); !errors.Is(err, boom) {
		t.Errorf("a broken reader gave %+v, %v", item, err)
	}
}

// FuzzOpen reads files of any bytes, in each format: it ends, and its items come in
// order, each a record or a reason.
func FuzzOpen(f *testing.F) {
	for _, data := range []string{message, jsonLine, "\ufeff\r\n " + message, jsonLine + "\n\n{}\n" + jsonLine, "[", "<", "\n", `{"reference":"` + strings.Repeat("x", 5000)} {
		f.Add([]byte(data), byte(0))
		f.Add([]byte(data), byte(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, as byte) {
		names := append(Names(), "auto")
		r, err := Open(bytes.NewReader(data), names[int(as)%len(names)])
		if err != nil {
			t.Fatal(err) // a reader in memory has no faults
		}
		last := int64(-1)
		for n := 1; ; n++ {
			item, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil || n > len(data)+1 {
				t.Fatalf("record %d: %v", n, err)
			}
			if item.Number != n || item.Offset < last || item.Offset > int64(len(data)) || len(item.Data) > payments.MaxRecord {
				t.Fatalf("%+v", item)
			}
			if reason(t, item.Err) == "" && item.Record == (payments.Record{}) {
				t.Fatalf("record %d is nothing", n)
			}
			last = item.Offset
		}
	})
}

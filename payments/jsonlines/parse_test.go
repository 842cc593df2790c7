package jsonlines

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

func lines(t testing.TB) [][]byte {
	t.Helper()
	data, err := os.ReadFile("testdata/lines.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
}

// TestParseGolden shows what is read of every line, or why it is refused.
func TestParseGolden(t *testing.T) {
	var out strings.Builder
	for i, line := range lines(t) {
		r, err := Parse(line)
		if err != nil {
			var rejection *signal.Rejection
			if !errors.As(err, &rejection) {
				t.Errorf("line %d: %v is no Rejection", i+1, err)
			}
			fmt.Fprintf(&out, "%d refused: %v\n", i+1, err)
			continue
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%d %s\n", i+1, text)
	}
	golden.Check(t, "lines.golden", out.String())
}

func TestAGoodLineIsReadByHand(t *testing.T) {
	for i, line := range lines(t)[:3] {
		if _, ok := quickForm(line); !ok {
			t.Errorf("line %d is left to the schema", i+1)
		}
	}
}

// TestWhatIsGivenTwiceIsForTheSchema, where a later merchant is joined with an earlier one.
func TestWhatIsGivenTwiceIsForTheSchema(t *testing.T) {
	line := lines(t)[2]
	for _, twice := range []string{`"merchant":{"id":"x"},`, `"rail":"bank",`, `"debtor":{},`, `"id":"x",`} {
		if _, ok := quickForm(append([]byte("{"+twice), line[1:]...)); ok {
			t.Errorf("%s twice was read by hand", twice)
		}
	}
	if _, ok := quickForm(bytes.Replace(line, []byte(`"issuer"`), []byte(`"account":"x","issuer"`), 1)); ok {
		t.Error("an account twice was read by hand")
	}
}

// full has every field.
func full() payments.Transaction {
	at := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	end := payments.Party{
		Name: "Zoë Muster <&>", Country: "PH", Agent: "DEMOPHMMXXX", Proxy: "zoe@example.org", IBAN: "DE89370400440532013000", Account: "1",
		Issuer: "demo-live", Mobile: "+639170000001", Phone: "+6321234567", Email: "z@example.org", Address: "1 Made-up Street", Town: "Sampletown",
	}
	other := end
	other.Country, other.Name = "DE", "Anton Testmann"
	return payments.Transaction{
		Institution: "DEMODEFFXXX", Ref: "REF-1", At: at, Amount: 50_00, Currency: "EUR", Debtor: other, Creditor: end,
		Remittance: []string{"one", "two"}, Purpose: "EDUC", Rail: payments.RailCard, Funding: payments.FundedByCard,
		Merchant: payments.Merchant{MCC: "6011", ID: "M1", Name: "Demo Cash", Town: "Sampletown"}, PaidOut: at.Add(time.Hour),
		Virtual: &payments.Virtual{Asset: "BTC", TxHash: "ab", Provider: "p", Confidence: "c", Exposures: []payments.Exposure{
			{Of: signal.Sender, Category: "mixer", Direct: true, Amount: 150}, {Of: signal.Recipient, Category: "csam"},
		}},
	}
}

// TestEncodeKeepsEverything holds Encode and Parse to every field that a transaction has.
func TestEncodeKeepsEverything(t *testing.T) {
	tx := full()
	for _, v := range []reflect.Value{reflect.ValueOf(tx), reflect.ValueOf(tx.Debtor), reflect.ValueOf(tx.Creditor), reflect.ValueOf(tx.Merchant), reflect.ValueOf(*tx.Virtual)} {
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name == "References" || name == "Ordered" {
				continue // an institution that writes JSON has one reference, and no orders
			}
			if v.Field(i).IsZero() {
				t.Errorf("the test sets no %s.%s", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
	plain := tx
	plain.Virtual, plain.Remittance, plain.Debtor.Agent = nil, []string{"one"}, plain.Institution
	nothing := payments.Transaction{
		Institution: "I", Ref: "R", At: tx.At, Currency: payments.NoCurrency, Debtor: payments.Party{Agent: "I"}, Virtual: &payments.Virtual{Asset: "BTC"},
	}
	for _, want := range []payments.Record{
		{Transaction: &tx}, {Transaction: &plain}, {Transaction: &nothing},
		{Withdrawal: &payments.Withdrawal{Institution: "I", Ref: "R", At: tx.At, Reason: "AC04"}},
	} {
		line, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(line)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
		}
	}
}

func TestEncodeRefusesWhatNobodyCouldRead(t *testing.T) {
	noAmount, badRef := full(), full()
	noAmount.Amount = 0
	badRef.Ref = ""
	for name, r := range map[string]payments.Record{"nothing": {}, "no amount": {Transaction: &noAmount}, "no reference": {Transaction: &badRef}} {
		var rejection *signal.Rejection
		if line, err := Encode(r); !errors.As(err, &rejection) {
			t.Errorf("%s: %s, %v", name, line, err)
		}
	}
}

func TestRefusedLinesTellTheirReference(t *testing.T) {
	for line, want := range map[string]string{
		`{"id":"R-1","at":5}`: "R-1", `{"type":"withdrawal","withdraws":"R-2"}`: "R-2", `{"id":7,"withdraws":"R-3"}`: "R-3",
		`{"id":"a\u001bb"}`: "", `{"id":""}`: "", `{"id":"` + strings.Repeat("x", 141) + `"}`: "", "nothing": "", "[]": "", `{"id":null}`: "",
	} {
		if got := Ref([]byte(line)); got != want {
			t.Errorf("%.40s: %q, want %q", line, got, want)
		}
	}
}

func TestTheTravelRuleAloneIsRefusedWithWhatToSend(t *testing.T) {
	_, err := Parse([]byte(`{"originator": {"originatorPersons": []}, "beneficiary": {}}`))
	if err == nil || !strings.Contains(err.Error(), `"type": "virtual-asset"`) {
		t.Error(err)
	}
}

func TestALineHasALimit(t *testing.T) {
	_, err := Parse(bytes.Repeat([]byte(" "), MaxLine+1))
	var rejection *signal.Rejection
	if !errors.As(err, &rejection) || rejection.Reason() != "record-too-large" {
		t.Error(err)
	}
}

// FuzzParse holds what is read by hand against the schema, and what is read to what is
// written again.
func FuzzParse(f *testing.F) {
	for _, line := range lines(f) {
		f.Add(line)
	}
	f.Add([]byte(`{"institution":"I","id":"1","at":"2026-03-31T14:00:00Z","amount":"5","currency":"EUR","debtor":{"name":"é"},"creditor":{},"remittance":[]} `))
	f.Fuzz(func(t *testing.T, data []byte) {
		if quickly, ok := quickForm(data); ok {
			var slowly form
			if err := transactionSchema.Decode(data, &slowly); err != nil {
				t.Fatalf("the schema refuses what was read by hand: %v", err)
			}
			if !reflect.DeepEqual(quickly, slowly) {
				t.Fatalf("by hand %+v\nslowly  %+v", quickly, slowly)
			}
		}
		r, err := Parse(data)
		if err != nil {
			var rejection *signal.Rejection
			if !errors.As(err, &rejection) {
				t.Fatalf("%v is no Rejection", err)
			}
			return
		}
		line, err := Encode(r)
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", r, err)
		}
		if again, err := Parse(line); err != nil || !reflect.DeepEqual(again, r) {
			t.Fatalf("got  %+v, %v\nwant %+v", again, err, r)
		}
	})
}

// BenchmarkParse reads a line by hand, and the same line by the schema alone.
func BenchmarkParse(b *testing.B) {
	line := lines(b)[0]
	escaped := bytes.Replace(line, []byte("Anton"), []byte(`\u0041nton`), 1)
	for _, c := range []struct {
		name string
		line []byte
	}{{"by hand", line}, {"by schema", escaped}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.line)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(c.line); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

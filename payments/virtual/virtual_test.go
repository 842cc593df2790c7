package virtual

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

func lines(t testing.TB) [][]byte {
	t.Helper()
	data, err := os.ReadFile("testdata/transfers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
}

// TestParseGolden shows what is read of every record, or why it is refused.
func TestParseGolden(t *testing.T) {
	var out strings.Builder
	for i, line := range lines(t) {
		tx, err := Parse(line)
		if err != nil {
			fmt.Fprintf(&out, "%d refused: %v\n", i+1, err)
			continue
		}
		text, err := json.Marshal(tx)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%d %s\n", i+1, text)
	}
	golden.Check(t, "transfers.golden", out.String())
}

// TestAnAddressIsTheSameAccountWithTheTravelRuleAndWithout: or a customer would fall into
// two profiles.
func TestAnAddressIsTheSameAccountWithTheTravelRuleAndWithout(t *testing.T) {
	with := lines(t)[2]
	var record map[string]json.RawMessage
	if err := json.Unmarshal(with, &record); err != nil {
		t.Fatal(err)
	}
	delete(record, "travel_rule")
	record["from"] = json.RawMessage(`{"address":"Tmadeup1"}`)
	without, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Parse(with)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse(without)
	if err != nil {
		t.Fatal(err)
	}
	if a.Debtor.Account != b.Debtor.Account || a.Debtor.Issuer != b.Debtor.Issuer || a.Creditor.Account != b.Creditor.Account || a.Creditor.Issuer != b.Creditor.Issuer {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestNothingOfBirthOrNationalIdsIsKept(t *testing.T) {
	tx, err := Parse(lines(t)[2])
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v %+v", tx, tx.Virtual)
	for _, not := range []string{"1990", "Nowhere", "made-up"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is kept", not)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range lines(f) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tx, err := Parse(data)
		if err != nil {
			var rejection *signal.Rejection
			if !errors.As(err, &rejection) {
				t.Fatalf("%v is no Rejection", err)
			}
			return
		}
		if (tx.Amount == 0) != (tx.Currency == payments.NoCurrency) {
			t.Fatalf("%d %s", tx.Amount, tx.Currency)
		}
		for _, p := range []payments.Party{tx.Debtor, tx.Creditor} {
			if p.Account == "" || p.Issuer == "" || payments.CheckCountry(p.Country) != nil || payments.CheckLength(p.Name, payments.MaxName) != nil {
				t.Fatalf("%+v", p)
			}
		}
	})
}

func TestTheTravelRuleAloneNamesNoTransfer(t *testing.T) {
	var record struct {
		TravelRule json.RawMessage `json:"travel_rule"`
	}
	if err := json.Unmarshal(lines(t)[2], &record); err != nil {
		t.Fatal(err)
	}
	wrapped := fmt.Sprintf(`{"ivms101": %s}`, record.TravelRule)
	for _, text := range []string{string(record.TravelRule), wrapped, `{"Originator": {}, "originatingVASP": {}}`} {
		var rejection *signal.Rejection
		if err := CheckAlone([]byte(text)); !errors.As(err, &rejection) || rejection.Reason() != "travel-rule-alone" {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{`{}`, `[]`, `{`, `{"type": "withdrawal", "originator": {}}`, string(lines(t)[2])} {
		if err := CheckAlone([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

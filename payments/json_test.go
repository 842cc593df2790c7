package payments

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

const jsonLine = `{"institution":"DEMODEFFXXX","id":"7","at":"2026-03-31T14:00:00+02:00","amount":"50.00","currency":"EUR",` +
	`"debtor":{"name":"Anton Testmann","account":"DE89370400440532013000"},` +
	`"creditor":{"name":"Maria Muster","account":"12345","issuer":"demo-live","country":"PH"},"reference":"school uniform","purpose":"EDUC"}`

func TestParseReadsJSON(t *testing.T) {
	got, err := ParseJSON([]byte(jsonLine))
	if err != nil {
		t.Fatal(err)
	}
	want := Transaction{
		Institution: "DEMODEFFXXX", Ref: "7", At: now, Amount: 50_00, Currency: "EUR", Purpose: "EDUC", Remittance: []string{"school uniform"},
		Debtor:   Party{Name: "Anton Testmann", Country: "DE", Agent: "DEMODEFFXXX", Account: "DE89370400440532013000"},
		Creditor: Party{Name: "Maria Muster", Country: "PH", Account: "12345", Issuer: "demo-live"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseRefusesBadJSON(t *testing.T) {
	for _, c := range []struct{ name, old, new, reason, place string }{
		{"not JSON", "{", "{{", "json", "byte"},
		{"two values", "", "1 ", "json", ""},
		{"unknown field", `"id"`, `"x":1,"id"`, "schema", "x"},
		{"missing field", `"id":"7",`, ``, "schema", "id"},
		{"wrong type", `"50.00"`, `50`, "schema", "/amount"},
		{"empty reference", `"7"`, `""`, "schema", "/id"},
		{"control character", `"7"`, `"7\u001b"`, "schema", "/id"},
		{"unknown currency", "EUR", "EUX", "currency", "/currency"},
		{"negative amount", "50.00", "-1", "amount-negative", "/amount"},
		{"too many decimals", "50.00", "0.001", "amount-decimals", "/amount"},
		{"time without zone", "+02:00", "", "time-zone", "/at"},
		{"no time", "2026-03-31T14:00:00+02:00", "yesterday", "time", "/at"},
		{"country", `"PH"`, `"QQ"`, "country", "/creditor/country"},
	} {
		_, err := ParseJSON([]byte(strings.Replace(jsonLine, c.old, c.new, 1)))
		if got := reasons(t, err); !slices.Equal(got, []string{c.reason}) || !strings.Contains(err.Error(), c.place) {
			t.Errorf("%s: %v, want reason %s and the place %s", c.name, err, c.reason, c.place)
		}
	}
}

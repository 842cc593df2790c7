package payments

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// now is when the newest of the tests' payments were made.
var now = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

func tokenizer(t testing.TB) *signal.Tokenizer {
	t.Helper()
	tok, err := signal.NewTokenizer([]byte(strings.Repeat("k", signal.MinKey)))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// fullTransaction has every field that a pacs.008 carries both ways.
func fullTransaction() Transaction {
	return Transaction{
		Institution: "DEMODEFFXXX", Ref: "REF-1", At: now, Amount: 50_00, Currency: "EUR",
		Debtor: Party{
			Name: "Anton Testmann", Country: "DE", Agent: "DEMODEFFXXX", IBAN: "DE89370400440532013000",
			Mobile: "+49-1700000001",
		},
		Creditor: Party{
			Name: "Maria Muster & Co", Country: "PH", Agent: "Demo Wallet", Account: "12345", Issuer: "demo-live", Proxy: "maria@example.org",
			Phone: "+63-21234567", Email: "muster@example.org",
		},
		Remittance: []string{"school <uniform>", "second line"}, Purpose: "EDUC",
	}
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
